"""Measures what each thing that Tokenwarden does uses of AWS's services, and writes units.json.

    measure.py --binaries FOLDER --sim PROGRAM --dynamodb FOLDER [--out FILE]

`--binaries` holds the functions, as FOLDER/NAME or FOLDER/NAME/bootstrap; `--sim` is the program atlassian-sim;
`--dynamodb` is what infra/tools/dynamodb-local.sh prints. Needs boto3, as infra/checks/ministack.py does.
The database is AWS's DynamoDB Local; before anything is measured, its units are compared with AWS's rules.
"""

import argparse
import json
import subprocess
import urllib.request
import uuid
from collections import Counter, defaultdict
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path

import rig
from rules import check_rules
from sizes import item_bytes
from tables import INDEXES, client, create_table

HERE = Path(__file__).parent
TICK = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
SMALL, MANY_TOKENS, MANY_ACCOUNTS = (200, 100), (200, 500), (1000, 100)  # users, tokens
REPEATS = 20


class World:
    """One simulated org, fresh tables, the functions that were asked for."""

    def __init__(self, stack, arguments, database, users, tokens):
        self.stack, self.arguments, self.functions = stack, arguments, {}
        self.prefix = uuid.uuid4().hex[:8]
        self.db = client(database)
        self.tables = {name: f"{self.prefix}-{name}" for name in rig.TABLES}
        for name in rig.TABLES:
            create_table(self.db, self.tables[name], *INDEXES[name])
        port = rig.free_port()
        sim = [
            arguments.sim,
            "--listen",
            f"127.0.0.1:{port}",
            "--users",
            str(users),
            "--tokens",
            str(tokens),
            "--max-events",
            "2000",
        ]
        stack.enter_context(rig.program(sim, lambda: rig.listens(port)))
        self.atlassian, self.database = f"http://127.0.0.1:{port}", database

    def function(self, name):
        if name not in self.functions:
            self.functions[name] = self.start(name)
        return self.functions[name]

    def start(self, name):
        usage, serve = rig.Usage(), lambda handler: self.stack.enter_context(rig.serving(handler))
        settings = {
            "HISTORY_TABLE": self.tables["history"],
            "CASES_TABLE": self.tables["cases"],
            "ORGS": rig.ORG,
            "EVENT_BUS": "bus",
            "WEBHOOK_SECRET_ID": "webhook",
            "ATLASSIAN_READ_SECRET_ID": "atlassian-read",
            "LINKS_SECRET_ID": "links",
            "ATLASSIAN_UNSCOPED_SECRET_ID": "atlassian-unscoped",
            "MESSAGES_SECRET_ID": "messages",
            "API_TOKENS_SECRET_ID": "api-tokens",
            "EVENTS_STREAM_PER_MINUTE": "10000",
            "ATLASSIAN_BASE_URL": serve(rig.atlassian_proxy(self.atlassian, usage)),
            "AWS_ENDPOINT_URL_DYNAMODB": serve(rig.database_proxy(self.database, usage)),
            "AWS_ENDPOINT_URL": serve(rig.other_services(usage)),
        }
        function = rig.Function(program_of(self.arguments.binaries, name), settings, usage)
        self.stack.callback(function.end)
        return function

    def invoke(self, name, event=TICK):
        return self.function(name).invoke(event)

    def items(self, table, entity=None):
        pages = self.db.get_paginator("scan").paginate(TableName=self.tables[table])
        found = (item for page in pages for item in page["Items"])
        return [item for item in found if entity in (None, item.get("entity", {}).get("S"))]

    def request(self, method, path, body=None):
        headers = {"authorization": "Bearer ann-token", "content-type": "application/json"}
        answer, used = self.invoke("serve-reports", request(method, path, headers, body))
        assert answer["statusCode"] < 300, f"{method} {path}: {answer}"
        return answer, used


def program_of(folder, name):
    plain = Path(folder, name)
    return plain / "bootstrap" if plain.is_dir() else plain


def request(method, path, headers, body=None):
    path, _, query = path.partition("?")
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "measure"}
    context = {
        "accountId": "0",
        "apiId": "api",
        "domainName": "api",
        "domainPrefix": "api",
        "requestId": "1",
        "routeKey": "$default",
        "stage": "$default",
        "time": "22/Nov/2026:12:00:00 +0000",
        "timeEpoch": 1,
        "http": http,
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": False,
    } | ({"body": body} if body else {})


def mean(uses):
    total = sum(uses, Counter())
    return {name: round(count / len(uses), 3) for name, count in sorted(total.items())}


def until(world, name, done, most=60):
    """Invokes until an answer says that it is done: all that it used."""
    used = Counter()
    for _ in range(most):
        answer, one = world.invoke(name)
        used += one
        if done(answer):
            return used
    raise RuntimeError(f"{name} came to no end: {answer}")


def samples(world):
    """Events of the simulated org that bear a token: of the size that events have."""
    asked = urllib.request.Request(
        f"{world.atlassian}/admin/v1/orgs/{rig.ORG}/events-stream?limit=500", headers={"authorization": "Bearer sim-read-key"}
    )
    with urllib.request.urlopen(asked) as answer:
        events = json.loads(answer.read())["data"]
    return [event for event in events if "auth" in event["attributes"]["actor"]]


def delivery(number, event):
    """A delivery of the event as if it were new; of one that is only counted where there is none."""
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    plain = {"type": "events", "attributes": {"action": "page_viewed", "actor": {"id": f"557058:{number}"}}}
    body = json.loads(json.dumps(event or plain))
    body["id"] = f"delivered-{number}" if event else f"counted-{number}"
    body["attributes"]["time"] = at
    headers = {"authorization": "expected", "content-type": "application/json"}
    return request("POST", f"/webhooks/{rig.ORG}/audit", headers, json.dumps(body))


def measure_deliveries(world, units):
    events = samples(world)
    before = len(world.items("history", "event"))
    for name, choose in [("delivery_token", lambda number: events[number % len(events)]), ("delivery_counted", lambda _: None)]:
        world.invoke("ingest-audit", delivery(0, choose(0)))
        uses = []
        for number in range(1, REPEATS + 1):
            sent = delivery(number, choose(number))
            answer, used = world.invoke("ingest-audit", sent)
            assert answer["statusCode"] == 202, answer
            uses.append(used)
            if name == "delivery_token":
                last = sent
        units[name] = mean(uses)
    stored = len(world.items("history", "event")) - before
    assert stored == REPEATS + 1, f"{stored} events were stored"
    units["delivery_repeated"] = mean([world.invoke("ingest-audit", last)[1] for _ in range(REPEATS)])


def caught_up(answer):
    return [org.get("state") for org in answer["orgs"]] == ["caught_up"]


def measure_poll(world, units):
    """The first reading stores; then the checkpoint is forgotten, and the same pages hold what is known."""
    for name in ("poll_new", "poll_known"):
        before = len(world.items("history", "event"))
        used = until(world, "poll-audit", lambda answer: caught_up(answer) and world_read_all(answer))
        stored = len(world.items("history", "event")) - before
        units[name] = dict(sorted(used.items())) | {"events_stored": stored}
        for item in world.items("history", "poll") if name == "poll_new" else []:
            world.db.delete_item(TableName=world.tables["history"], Key={k: item[k] for k in ("pk", "sk")})
    units["poll_idle"] = mean([world.invoke("poll-audit")[1] for _ in range(REPEATS)])


def world_read_all(answer):
    return all(org.get("pages", 0) == 0 or org.get("state") == "caught_up" for org in answer["orgs"])


def ended(answer):
    return answer[rig.ORG].get("outcome") == "nothing_due"


def measure_reports(world):
    """The first report, and the next one a day later, each with the ticks until nothing is due any more."""
    until(world, "poll-audit", caught_up)
    first = until(world, "report-tokens", ended)
    (schedule,) = world.items("history", "schedule")
    yesterday = (datetime.now(timezone.utc) - timedelta(days=1, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = schedule["body"]["M"] | {"last_started_at": {"S": yesterday}}
    world.db.put_item(TableName=world.tables["history"], Item=schedule | {"body": {"M": body}})
    rows = rows_of(world)
    following = until(world, "report-tokens", ended)
    idle = mean([world.invoke("report-tokens")[1] for _ in range(REPEATS)])
    first_rows, next_rows = rows, rows_of(world)
    added = {name: next_rows[name] - first_rows[name] for name in next_rows}
    return {
        "first": dict(sorted(first.items())),
        "next": dict(sorted(following.items())),
        "idle": idle,
        "added": added,
        "credentials": len(world.items("history", "row")) // 2,
        "accounts": len(world.items("history", "owner_row")) // 2,
        "findings": len(world.items("cases", "finding")),
    }


def rows_of(world):
    items = world.items("history")
    kept = [item for item in items if item["entity"]["S"] in ("row", "owner_row", "report", "run_finding", "totals")]
    return {"items": len(kept), "bytes": sum(map(item_bytes, kept))}


def measure_remediation(world, units):
    before = Counter(item["entity"]["S"] for item in world.items("cases"))
    used = until(world, "remediate-tokens", lambda answer: not any(o.get("handled") for o in answer["orgs"].values()))
    after = Counter(item["entity"]["S"] for item in world.items("cases"))
    made = {entity: count for entity, count in (after - before).items()}
    units["remediation_plans"] = dict(sorted(used.items())) | {"made": made, "findings": before["finding"]}
    units["remediation_idle"] = mean([world.invoke("remediate-tokens")[1] for _ in range(REPEATS)])


def measure_requests(world, units):
    base = f"/v1/orgs/{rig.ORG}"
    for name, path in [
        ("page_home", "/"),
        ("page_actions", f"/orgs/{rig.ORG}/actions"),
        ("api_report", f"{base}/reports/latest"),
        ("api_credentials", f"{base}/reports/latest/credentials?limit=100"),
        ("api_ledger", f"{base}/ledger"),
    ]:
        world.request("GET", path)
        units[name] = mean([world.request("GET", path)[1] for _ in range(REPEATS)])


def sizes(world):
    found = defaultdict(list)
    for table in rig.TABLES:
        for item in world.items(table):
            indexed = INDEXES[table][1] in item
            found[f"{table}/{item['entity']['S']}"].append(item_bytes(item) + 100 + (300 if indexed else 0))
    return {name: {"count": len(all_), "bytes": round(sum(all_) / len(all_))} for name, all_ in sorted(found.items())}


def measure(arguments, database):
    units = {"rules": check_rules(database)}
    wrong = {rule: found for rule, found in units["rules"].items() if found["recorded"] != found["wanted"]}
    if wrong:
        raise SystemExit(f"units that are not as AWS's rules: {wrong}")
    print("the recorded units follow AWS's rules", flush=True)
    for name, (users, tokens) in {"small": SMALL, "many_tokens": MANY_TOKENS, "many_accounts": MANY_ACCOUNTS}.items():
        with ExitStack() as stack:
            world = World(stack, arguments, database, users, tokens)
            if name == "small":
                measure_poll(world, units)
            units[f"report_{name}"] = measure_reports(world) | {"users": users, "tokens": tokens}
            if name == "small":
                measure_remediation(world, units)
                measure_requests(world, units)
                measure_deliveries(world, units)
                units["item_bytes"] = sizes(world)
        print(f"measured {name}", flush=True)
    return units


def take_cpu(units, release):
    """Puts the processor times of another build in, at whatever depth they stand."""
    for name, value in units.items():
        if isinstance(value, dict):
            take_cpu(value, release[name])
        elif name == "cpu_ms":
            units[name] = release[name]


def commit_of(built):
    found = subprocess.run(
        ["git", "rev-list", "-1", f"--before={built.isoformat()}", "HEAD"], cwd=HERE, capture_output=True, text=True
    )
    return found.stdout.strip()[:12]


def main():
    arguments = argparse.ArgumentParser()
    for option in ("--binaries", "--sim", "--dynamodb"):
        arguments.add_argument(option, required=True)
    arguments.add_argument("--build", default="release", help="how the functions were built; it is written beside the units")
    arguments.add_argument(
        "--cpu-from", type=Path, help="units of a release build: their processor times are taken, and told apart"
    )
    arguments.add_argument("--out", default=HERE / "units.json", type=Path)
    arguments = arguments.parse_args()
    port = rig.free_port()
    java = [
        "java",
        "-Djava.library.path=./DynamoDBLocal_lib",
        "-jar",
        "DynamoDBLocal.jar",
        "-inMemory",
        "-disableTelemetry",
        "-port",
        str(port),
    ]
    built = datetime.fromtimestamp(program_of(arguments.binaries, "report-tokens").stat().st_mtime, timezone.utc)
    with rig.program(java, lambda: rig.listens(port), cwd=arguments.dynamodb):
        units = measure(arguments, f"http://127.0.0.1:{port}")
    head = {
        "measured_on": datetime.now(timezone.utc).date().isoformat(),
        "build": arguments.build,
        "built_at": built.isoformat(timespec="minutes"),
        "commit": commit_of(built),
    }
    if arguments.cpu_from:
        release = json.loads(arguments.cpu_from.read_text())
        head["cpu_build"] = {name: release[name] for name in ("build", "built_at", "commit")}
        take_cpu(units, release)
    arguments.out.write_text(json.dumps(head | units, indent=1) + "\n")


if __name__ == "__main__":
    main()
