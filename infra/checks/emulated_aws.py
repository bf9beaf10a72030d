"""Deploys infra/template.yaml into an emulated AWS from nothing, tries it, updates it and deletes it.

    emulated_aws.py                    with stand-ins as code: everything that the template alone decides
    emulated_aws.py --binaries FOLDER --atlassian URL
                                       with the real functions, the programs FOLDER/ingest-audit and so on, and a
                                       simulated org at that address

Prints a line for each check and exits 1 when one fails. What the emulation cannot show: see ministack.py.
"""

import argparse
import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from datetime import datetime
from pathlib import Path

import ministack
import sam_template

STACK = "tokenwarden"
SETTINGS_OF_ALL = {"HISTORY_TABLE", "CASES_TABLE", "LOG_LEVEL", "EVENT_RETENTION_DAYS", "REPORT_RETENTION_DAYS"}
ATLASSIAN = {"ATLASSIAN_BASE_URL", "ATLASSIAN_CALL_TIMEOUT_SECS"}
SETTINGS = {
    "ingest-audit": {"WEBHOOK_SECRET_ID", "KEEP_EVENTS", "BACKFILL_DAYS"},
    "poll-audit": ATLASSIAN | {"ORGS", "ATLASSIAN_READ_SECRET_ID", "KEEP_EVENTS", "BACKFILL_DAYS",
                               "EVENTS_STREAM_PER_MINUTE", "RATE_SHARE_PERCENT"},
    "report-tokens": ATLASSIAN | {"ORGS", "ATLASSIAN_READ_SECRET_ID", "REPORT_EVERY_HOURS"},
    "remediate-tokens": ATLASSIAN | {"ATLASSIAN_UNSCOPED_SECRET_ID", "MESSAGES_SECRET_ID", "LINKS_SECRET_ID", "PUBLIC_URL",
                                     "EVENT_BUS", "LEDGER_KEY_ID"},
    "serve-reports": {"API_TOKENS_SECRET_ID", "LINKS_SECRET_ID", "KEEP_EVENTS", "BACKFILL_DAYS"},
}
SECRETS_OF = {
    "ingest-audit": {"WebhookSecret"},
    "poll-audit": {"AtlassianReadSecret"},
    "report-tokens": {"AtlassianReadSecret"},
    "remediate-tokens": {"AtlassianUnscopedSecret", "MessagesSecret", "LinksSecret"},
    "serve-reports": {"ApiTokensSecret", "LinksSecret"},
}
TIMEOUTS_AND_MEMORY = {"ingest-audit": (15, 256), "poll-audit": (55, 256), "report-tokens": (290, 512),
                       "remediate-tokens": (120, 256), "serve-reports": (20, 256)}
SCHEDULES = {"poll-audit": "rate(1 minute)", "report-tokens": "rate(5 minutes)", "remediate-tokens": "rate(5 minutes)"}
# What the simulated org gives its first org (see its documentation).
ORG = "00000000-0000-4000-8000-000000000001"
OWN_KEYS = ["sim-admin-key-id", "sim-read-key-id", "sim-tokens-key-id", "sim-events-key-id"]
SECRETS = {
    "WebhookSecret": {ORG: {"accepted": [{"value": "expected"}]}},
    "AtlassianReadSecret": {ORG: {"key": "sim-read-key", "own_key_ids": OWN_KEYS}},
    "AtlassianUnscopedSecret": {ORG: {"key": "sim-admin-key", "own_key_ids": OWN_KEYS}},
    "MessagesSecret": {ORG: {}},
    "LinksSecret": {"key": "a key of the emulated AWS that signs nothing of worth"},
    "ApiTokensSecret": {"tokens": [{"subject": "ann", "value": "ann-token", "roles": ["reader", "approver", "admin"], "orgs": ["*"]}]},
}
TOKEN_USE = {"id": "event-one", "type": "events", "attributes": {
    "time": "2026-11-20T10:00:00Z", "action": "page_viewed",
    "actor": {"id": "557058:ann", "auth": {"authType": "api-token", "tokenId": "t-1", "tokenLabel": "nightly"}}}}
TABLES = ("HistoryTable", "CasesTable")

failures = []


def check(what, found, wanted=True):
    """One line: what holds, or what was found instead."""
    holds = found == wanted
    print(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f": {found!r}, wanted {wanted!r}"), flush=True)
    if not holds:
        failures.append(what)


class Stack:
    """The deployed stack and what stands in it."""

    def __init__(self, aws):
        self.aws, self.parameters = aws, {"Orgs": "org-one,org-two"}
        aws.s3.create_bucket(Bucket="code")

    def upload(self, edition, code):
        """Stores `code(binary)` as each function's bootstrap; returns the template that points there."""
        for binary in SETTINGS:
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
                entry = zipfile.ZipInfo("bootstrap")
                entry.external_attr = 0o755 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, code(binary))
            self.aws.s3.put_object(Bucket="code", Key=f"{edition}/{binary}.zip", Body=packed.getvalue())
        return sam_template.translated(lambda binary: f"s3://code/{edition}/{binary}.zip")

    def write(self, operation, template, **parameters):
        """Creates or updates the stack and waits for the end."""
        self.parameters |= parameters
        getattr(self.aws.cloudformation, operation)(
            StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()])
        status = ministack.wait_for(self.settled, 60, f"{operation} ends")
        check(f"{operation}: the stack settles", status, operation.split("_")[0].upper() + "_COMPLETE")
        if not status.endswith("_COMPLETE") or "ROLLBACK" in status:
            events = self.aws.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            sys.exit("\n".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in events
                               if "FAILED" in e["ResourceStatus"]))
        resources = self.aws.cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
        self.ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}

    def settled(self):
        status = self.aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        return None if status.endswith("IN_PROGRESS") else status

    def settings(self, binary):
        return self.aws.lambda_.get_function_configuration(FunctionName=f"{STACK}-{binary}")["Environment"]["Variables"]

    def noted(self, binary):
        """The events that the stand-in of a function got."""
        notes = self.aws.folder / "noted.jsonl"
        lines = notes.read_text().splitlines() if notes.exists() else []
        return [n["event"] for n in map(json.loads, lines) if n["function"] == f"{STACK}-{binary}"]

    def request(self, method, path, **more):
        return self.aws.request(self.ids["HttpApi"], method, path, **more)


# ---- what stands there ----

def check_resources(stack, template):
    check("every resource of the template exists", sorted(set(template["Resources"]) - set(stack.ids)), [])


def check_tables(stack, template):
    tables = {t: stack.aws.dynamodb.describe_table(TableName=stack.ids[t])["Table"] for t in TABLES}
    declared = {t: template["Resources"][t]["Properties"] for t in TABLES}  # what the emulation leaves out
    for name, table in tables.items():
        check(f"{name} is keyed by pk and sk", keys(table), ["HASH pk S", "RANGE sk S"])
        check(f"{name} is billed by request", table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
        check(f"{name} is encrypted (declared)", declared[name]["SSESpecification"]["SSEEnabled"])
    check("HistoryTable has its index", indexes(tables["HistoryTable"]),
          {"by_profile": (["HASH profile S", "RANGE profile_at S"], "KEYS_ONLY")})
    check("HistoryTable expires (declared)", declared["HistoryTable"]["TimeToLiveSpecification"],
          {"AttributeName": "expires_at", "Enabled": True})
    check("HistoryTable has no stream", tables["HistoryTable"].get("StreamSpecification"), None)
    check("CasesTable has its index", indexes(tables["CasesTable"]),
          {"pending": (["HASH pending_org S", "RANGE pending_since N"], "KEYS_ONLY")})
    check("CasesTable streams new images", tables["CasesTable"]["StreamSpecification"]["StreamViewType"], "NEW_IMAGE")
    check("CasesTable is protected from deletion", tables["CasesTable"].get("DeletionProtectionEnabled"))
    check("CasesTable can be restored (declared)",
          declared["CasesTable"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"])


def keys(table, of=None):
    types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    return [f"{k['KeyType']} {k['AttributeName']} {types[k['AttributeName']]}" for k in (of or table)["KeySchema"]]


def indexes(table):
    return {i["IndexName"]: (keys(table, i), i["Projection"]["ProjectionType"]) for i in table.get("GlobalSecondaryIndexes", [])}


def check_functions(stack):
    for binary, names in SETTINGS.items():
        function = stack.aws.lambda_.get_function_configuration(FunctionName=f"{STACK}-{binary}")
        settings = function["Environment"]["Variables"]
        check(f"{binary} has its settings and no others", set(settings), names | SETTINGS_OF_ALL)
        check(f"{binary} has its time and memory", (function["Timeout"], function["MemorySize"]), TIMEOUTS_AND_MEMORY[binary])
        check(f"{binary} runs on provided.al2023", function["Runtime"], "provided.al2023")
        group = stack.aws.logs.describe_log_groups(logGroupNamePrefix=function["LoggingConfig"]["LogGroup"])["logGroups"]
        check(f"{binary} keeps its log for 30 days", [g.get("retentionInDays") for g in group], [30])
        check(f"{binary} has the tables by name", (settings["HISTORY_TABLE"], settings["CASES_TABLE"]),
              tuple(stack.ids[t] for t in TABLES))
    check("poll-audit knows the orgs", stack.settings("poll-audit")["ORGS"], "org-one,org-two")


def check_starters(stack):
    rules = stack.aws.events.list_rules()["Rules"]
    schedules = {}
    for rule in rules:
        for target in stack.aws.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
            schedules[target["Arn"].rpartition(f"{STACK}-")[2]] = rule["ScheduleExpression"]
    check("the schedules start their functions", schedules, SCHEDULES)
    routes = {r["RouteKey"] for r in stack.aws.apigatewayv2.get_routes(ApiId=stack.ids["HttpApi"])["Items"]}
    check("the HTTP API has its routes", routes, {"POST /webhooks/{proxy+}", "$default"})
    integrations = stack.aws.apigatewayv2.get_integrations(ApiId=stack.ids["HttpApi"])["Items"]
    check("the HTTP API sends format 2.0", [i["PayloadFormatVersion"] for i in integrations], ["2.0", "2.0"])
    check("each route may call its own function and no other", (callers(stack, "ingest-audit"), callers(stack, "serve-reports")),
          (["/*/*/webhooks/{proxy+}"], ["/*/$default"]))
    mapping, = stack.aws.lambda_.list_event_source_mappings(FunctionName=f"{STACK}-remediate-tokens")["EventSourceMappings"]
    check("the stream mapping reports single failures", mapping.get("FunctionResponseTypes"), ["ReportBatchItemFailures"])
    check("the stream mapping gives up at last", (mapping.get("MaximumRetryAttempts"), mapping.get("BisectBatchOnFunctionError")),
          (5, True))
    check("what was given up goes to the queue", ":tokenwarden-GivenUpRecords" in json.dumps(mapping.get("DestinationConfig", "")))


def callers(stack, binary):
    """The routes of the HTTP API that may call a function."""
    policy = json.loads(stack.aws.lambda_.get_policy(FunctionName=f"{STACK}-{binary}")["Policy"])
    sources = [s["Condition"]["ArnLike"]["AWS:SourceArn"] for s in policy["Statement"]
               if s["Principal"] == {"Service": "apigateway.amazonaws.com"}]
    return [source.partition(stack.ids["HttpApi"])[2] for source in sources]


# ---- what it does ----

def check_routes(stack):
    status, seen = stack.request("POST", "/webhooks/org-one/audit", body=b'{"a":1}', headers={"content-type": "application/json"})
    wanted = {"function": f"{STACK}-ingest-audit", "version": "2.0", "path": "/webhooks/org-one/audit", "body": '{"a":1}'}
    check("a webhook reaches ingest-audit", (status, seen), (200, wanted))
    for method, path in [("GET", "/"), ("GET", "/v1/orgs"), ("POST", "/v1/orgs/org-one/reports"), ("GET", "/webhooks/org-one/audit")]:
        _, seen = stack.request(method, path)
        check(f"{method} {path} reaches serve-reports", (seen["function"], seen["path"]), (f"{STACK}-serve-reports", path))


def check_rights(stack):
    """Each function's role, tried by a program that has nothing else (laws 11 and 12)."""
    calls = {s: ["secretsmanager", "get_secret_value", {"SecretId": stack.ids[s]}] for s in sorted(set().union(*SECRETS_OF.values()))}
    key = {"KeyId": stack.ids["LedgerKey"]}
    digest = {"Message": "0" * 32, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    calls |= {"sign": ["kms", "sign", key | digest], "key": ["kms", "get_public_key", key], "key policy": ["kms", "get_key_policy", key]}
    calls |= calls_of(stack.ids["HistoryTable"], "history", "by_profile", ("profile", "profile_at"))
    calls |= calls_of(stack.ids["CasesTable"], "cases", "pending", ("pending_org", "pending_since"))
    event = {"EventBusName": stack.ids["EventBus"], "Source": "tokenwarden", "DetailType": "notice", "Detail": "{}"}
    calls |= {"event": ["events", "put_events", {"Entries": [event]}]}
    allowed = {
        # On AWS the registry of orgs alone: the emulator does not know the condition on the leading key.
        "ingest-audit": rights("history", "get put update batch_get batch_write transact_put") | rights("cases", "get"),
        "poll-audit": rights("history", "get put update batch_get batch_write transact_put") | rights("cases", "query"),
        "report-tokens": rights("history", "get query query_index put delete batch_get batch_write transact_put")
        | rights("cases", "get query put update delete batch_write transact_put"),
        "remediate-tokens": rights("history", "get query") | rights("cases", "get query put update batch_get transact_put query_index")
        | {"event", "sign", "key"},
        "serve-reports": rights("history", "get query query_index put update delete batch_get batch_write transact_put")
        | rights("cases", "get query put delete batch_get transact_put"),
    }
    for binary, its in allowed.items():
        answers = dict(zip(calls, invoke(stack, binary, {"try": list(calls.values())})))
        check(f"{binary} may do no more and no less", {c for c, a in answers.items() if a == "allowed"}, its | SECRETS_OF[binary])
        check(f"{binary} is refused by IAM and by nothing else", set(answers.values()) <= {"allowed", "AccessDeniedException"})


def check_mail(template):
    """The right to send mail, as declared."""
    statements = {i: s for i, r in template["Resources"].items() if r["Type"] == "AWS::IAM::Role"
                  for p in r["Properties"]["Policies"] for s in p["PolicyDocument"]["Statement"] if "ses:" in json.dumps(s["Action"])}
    identity = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailIdentity}"
    check("remediate-tokens alone may send mail, and only from the identity (declared)",
          {i: (s["Action"], s["Resource"]) for i, s in statements.items()},
          {"RemediateTokensRole": ("ses:SendEmail", {"Fn::Sub": identity})})


def rights(table, names):
    return {f"{name} {table}" for name in names.split()}


def calls_of(table, name, index, index_keys):
    """Every way to reach a table."""
    key = {"pk": {"S": "x"}, "sk": {"S": "x"}}
    pk_is_x = {"KeyConditionExpression": "pk = :x", "ExpressionAttributeValues": {":x": {"S": "x"}}}
    calls = {
        "get": ["get_item", {"TableName": table, "Key": key}],
        "query": ["query", {"TableName": table, **pk_is_x}],
        "query_index": ["query", {"TableName": table, "IndexName": index, **pk_is_x,
                                  "KeyConditionExpression": f"{index_keys[0]} = :x"}],
        "scan": ["scan", {"TableName": table}],
        "put": ["put_item", {"TableName": table, "Item": key}],
        "update": ["update_item", {"TableName": table, "Key": key}],
        "delete": ["delete_item", {"TableName": table, "Key": key}],
        "batch_get": ["batch_get_item", {"RequestItems": {table: {"Keys": [key]}}}],
        "batch_write": ["batch_write_item", {"RequestItems": {table: [{"PutRequest": {"Item": key}}]}}],
        "transact_put": ["transact_write_items", {"TransactItems": [{"Put": {"TableName": table, "Item": key}}]}],
        "describe": ["describe_table", {"TableName": table}],
    }
    return {f"{call} {name}": ["dynamodb", *arguments] for call, arguments in calls.items()}


def invoke(stack, binary, event):
    answer = stack.aws.lambda_.invoke(FunctionName=f"{STACK}-{binary}", Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def check_stream(stack):
    """Only findings and decisions from which something follows wake remediate-tokens."""
    def put(name, entity, **pending):
        stack.aws.dynamodb.put_item(TableName=stack.ids["CasesTable"], Item={
            "pk": {"S": "O#org-one"}, "sk": {"S": name}, "entity": {"S": entity}, **pending})

    put("handled", "finding")
    for entity in ["case", "ledger", "finding", "action", "decision"]:
        put(entity, entity, pending_org={"S": "org-one"}, pending_since={"N": "1"})

    def woken_by():
        records = [r for e in stack.noted("remediate-tokens") for r in e.get("Records", [])]
        return [r["dynamodb"].get("NewImage", {}).get("entity", {}).get("S") for r in records]

    ministack.wait_for(lambda: "decision" in woken_by(), 30, "the decision reaches remediate-tokens")
    check("pending findings and decisions alone wake remediate-tokens", woken_by(), ["finding", "decision"])


def check_schedule(stack):
    def ticks():
        return [e for e in stack.noted("poll-audit") if e.get("detail-type") == "Scheduled Event"]

    ministack.wait_for(ticks, 90, "the minute's tick reaches poll-audit")
    check("a tick says that it is one", ticks()[0].get("source"), "aws.events")


# ---- update, delete ----

def check_update(stack, template):
    stack.aws.secretsmanager.put_secret_value(SecretId=stack.ids["WebhookSecret"], SecretString='{"org-one":"filled in"}')
    before = dict(stack.ids)
    stack.write("update_stack", template, KeepEvents="all", Orgs="org-three")
    check("an update changes the settings", (stack.settings("ingest-audit")["KEEP_EVENTS"], stack.settings("poll-audit")["ORGS"]),
          ("all", "org-three"))
    check("an update keeps tables and secrets", [i for i in before if before[i] != stack.ids.get(i)], [])
    secret = stack.aws.secretsmanager.get_secret_value(SecretId=stack.ids["WebhookSecret"])["SecretString"]
    check("an update leaves the operator's secret alone", secret, '{"org-one":"filled in"}')


def check_delete(stack):
    stack.aws.cloudformation.delete_stack(StackName=STACK)

    def gone():
        stacks = stack.aws.cloudformation.list_stacks()["StackSummaries"]
        return all(s["StackStatus"] == "DELETE_COMPLETE" for s in stacks if s["StackName"] == STACK)

    ministack.wait_for(gone, 60, "the stack is deleted")
    left = stack.aws.lambda_.list_functions()["Functions"] + stack.aws.events.list_rules()["Rules"]
    check("deleting the stack leaves no function and no schedule", left, [])
    tables = stack.aws.dynamodb.list_tables()["TableNames"]
    check("deleting the stack keeps both tables", sorted(tables), sorted(stack.ids[t] for t in TABLES))


# ---- the two programmes ----

def try_template(stack):
    stand_in = f"#!{sys.executable}\n" + Path(__file__).with_name("stand_in.py").read_text()
    template = stack.upload("stand-in", lambda _: stand_in)
    stack.write("create_stack", template, MailIdentity="example.com")
    check_resources(stack, template)
    check_tables(stack, template)
    check_functions(stack)
    check_starters(stack)
    check_routes(stack)
    check_rights(stack)
    check_mail(template)
    check_stream(stack)
    check_update(stack, template)
    check_schedule(stack)


def try_functions(stack, folder, atlassian):
    """The functions' own code, from a delivery to a planned action, each with the rights of its role."""
    template = stack.upload("real", lambda binary: stripped(Path(folder, binary), stack.aws.folder))
    stack.write("create_stack", template, AtlassianBaseUrl=atlassian, Orgs=ORG, EventRetentionDays="3650")
    check("serve-reports answers", stack.request("GET", "/healthz")[0], 200)
    for secret, text in SECRETS.items():
        stack.aws.secretsmanager.put_secret_value(SecretId=stack.ids[secret], SecretString=json.dumps(text))
    try_intake(stack)
    try_report(stack, atlassian)
    try_decision(stack)


def try_intake(stack):
    for credential, status in [("wrong", 401), ("expected", 202), ("expected", 202)]:
        headers = {"authorization": credential, "content-type": "application/json"}
        answer = stack.request("POST", f"/webhooks/{ORG}/audit", body=json.dumps(TOKEN_USE).encode(), headers=headers)
        check(f"ingest-audit answers {status} to the credential '{credential}'", answer[0], status)
    found = stack.aws.dynamodb.scan(TableName=stack.ids["HistoryTable"], FilterExpression="begins_with(pk, :events)",
                                    ExpressionAttributeValues={":events": {"S": f"E#{ORG}#20261120#"}})["Items"]
    stored = [item for item in found if "#event-one#" in item["sk"]["S"]]
    check("the event that was delivered twice is in the table once", len(stored), 1)
    at = datetime.fromisoformat(TOKEN_USE["attributes"]["time"]).timestamp()
    check("it expires by the setting", [int(item["expires_at"]["N"]) for item in stored], [at + 3650 * 86_400])


def try_report(stack, atlassian):
    def caught_up():  # its own schedule may be at work on the same cursor
        polled = invoke(stack, "poll-audit", {"source": "aws.events"})
        return [org.get("state", org) for org in polled.get("orgs", [polled])] == ["caught_up"]

    check("poll-audit reads the org's log to its end", ministack.wait_for(caught_up, 60, "the poll catches up"))
    taken = invoke(stack, "report-tokens", {"source": "aws.events"})
    outcome = taken.get(ORG, taken)
    # Its own schedule may have come first.
    check("report-tokens takes a report", outcome.get("outcome") in ("taken", "nothing_due") or outcome)
    with urllib.request.urlopen(f"{atlassian}/_sim/tokens") as answer:
        tokens = json.loads(answer.read())["items"]
    listed = [t for t in tokens if t["listed"]]
    check("strangers do not read reports", stack.request("GET", f"/v1/orgs/{ORG}/reports/latest")[0], 401)
    _, report = as_ann(stack, "GET", "/reports/latest")
    check("serve-reports shows the report, and it is whole", report.get("status"), "complete")
    totals = report.get("totals", report)
    seen_in_use = totals.get("by_kind", {}).get("observed_token", 0)
    check("it counts what Atlassian lists", totals.get("credentials", 0) - seen_in_use, len(listed))


def try_decision(stack):
    """A new policy is a decision; the stream hands it to remediate-tokens, which plans what the findings call for."""
    _, current = as_ann(stack, "GET", "/policy")
    policy = current["policy"] | {"limits": current["policy"]["limits"] | {"max_actions": 4}}
    version = f'"{current["version"]}-{current["digest"]}"'
    status, answer = as_ann(stack, "PUT", "/policy", body=json.dumps(policy).encode(), headers={"if-match": version})
    check("an admin puts a policy", (status, answer.get("version")), (200, 2))
    actions = ministack.wait_for(lambda: as_ann(stack, "GET", "/actions")[1]["items"], 60, "the stream reaches remediate-tokens")
    check("nothing is acted on by default", {action["state"] for action in actions}, {"withheld"})

    def swept():  # what the stream is at work on fails here, and stays pending
        answer = invoke(stack, "remediate-tokens", {"source": "aws.events"})
        return answer.get("orgs", answer).get(ORG, {}).get("failed") == 0

    check("the sweep comes to its end", ministack.wait_for(swept, 60, "the sweep handles all that is pending"))
    _, ledger = as_ann(stack, "GET", "/ledger")
    check("the ledger has both policies", [e["kind"] for e in ledger["items"]].count("policy_set"), 2)
    check_heads(stack)


def check_heads(stack):
    """The head that a sweep published, verified by KMS itself over the text that docs/ledger.md tells."""
    _, heads = as_ann(stack, "GET", "/ledger/heads")
    check("one head was published", len(heads["items"]), 1)
    head, = heads["items"]
    check("it was signed by the stack's key", head.get("key_id"), stack.settings("remediate-tokens")["LEDGER_KEY_ID"])
    text = "\n".join(["tokenwarden ledger head v1", str(head["seq"]), head["hash"], head["at"], head["key_id"], head["org"]])
    valid = stack.aws.kms.verify(KeyId=head["key_id"], Message=hashlib.sha256(text.encode()).digest(), MessageType="DIGEST",
                                 Signature=base64.b64decode(head["signature"]), SigningAlgorithm="ECDSA_SHA_256")
    check("KMS finds the signature valid", valid["SignatureValid"])
    _, pem = as_ann(stack, "GET", "/ledger/key")
    ours = stack.aws.kms.get_public_key(KeyId=head["key_id"])["PublicKey"]
    check("the API gives the key that KMS has", base64.b64decode("".join(pem.splitlines()[1:-1])), ours)


def as_ann(stack, method, path, headers=None, **more):
    headers = {"authorization": "Bearer ann-token", "content-type": "application/json"} | (headers or {})
    return stack.request(method, f"/v1/orgs/{ORG}{path}", headers=headers, **more)


def stripped(program, folder):
    """A debug build is ten times as large as what it runs; without `strip` it only takes longer."""
    copy = folder / program.name
    shutil.copy2(program, copy)
    if shutil.which("strip"):
        subprocess.run(["strip", copy], check=True)
    return copy.read_bytes()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binaries", metavar="FOLDER")
    arguments.add_argument("--atlassian", metavar="URL")
    arguments = arguments.parse_args()
    begun = time.monotonic()
    with ministack.running() as aws:
        stack = Stack(aws)
        if arguments.binaries:
            try_functions(stack, arguments.binaries, arguments.atlassian)
        else:
            try_template(stack)
        check_delete(stack)
    print(f"{len(failures)} checks failed, {time.monotonic() - begun:.0f} s")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
