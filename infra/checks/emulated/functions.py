"""The functions' own code, from a delivery to a planned action, each with the rights of its role."""

import base64
import hashlib
import json
import shutil
import subprocess
import urllib.request
from datetime import datetime
from pathlib import Path

import ministack

from emulated import first_run
from emulated.stack import check

# What the simulated org gives its first org (see its documentation).
ORG = "00000000-0000-4000-8000-000000000001"
ANN = {"subject": "ann", "value": "ann-token", "roles": ["reader", "approver", "admin"], "orgs": ["*"]}
TOKEN_USE = {"id": "event-one", "type": "events", "attributes": {
    "time": "2026-11-20T10:00:00Z", "action": "page_viewed",
    "actor": {"id": "557058:ann", "auth": {"authType": "api-token", "tokenId": "t-1", "tokenLabel": "nightly"}}}}


def try_functions(stack, folder, atlassian):
    template = stack.upload("real", lambda binary: stripped(Path(folder, binary), stack.aws.folder))
    stack.write("create_stack", template, AtlassianBaseUrl=atlassian, Orgs=ORG, EventRetentionDays="3650")
    check("serve-reports answers", stack.request("GET", "/healthz")[0], 200)
    operator = first_run.Operator(stack, str(Path(folder, "tokenwarden")), atlassian, ORG)
    first_run.check_init(operator)
    operator.change("WebhookSecret", lambda secret: secret[ORG]["accepted"].append({"value": "expected"}))
    operator.change("ApiTokensSecret", lambda secret: secret["tokens"].append(ANN))
    operator.change("MessagesSecret", lambda secret: secret.update({ORG: {}}))
    try_intake(stack)
    try_report(stack, atlassian)
    try_decision(stack)
    first_run.check_rotate(operator, lambda credential: delivered(stack, credential))
    first_run.check_doctor(operator)


def try_intake(stack):
    for credential, status in [("wrong", 401), ("expected", 202), ("expected", 202)]:
        check(f"ingest-audit answers {status} to the credential '{credential}'", delivered(stack, credential), status)
    found = stack.aws.dynamodb.scan(TableName=stack.ids["HistoryTable"], FilterExpression="begins_with(pk, :events)",
                                    ExpressionAttributeValues={":events": {"S": f"E#{ORG}#20261120#"}})["Items"]
    stored = [item for item in found if "#event-one#" in item["sk"]["S"]]
    check("the event that was delivered twice is in the table once", len(stored), 1)
    at = datetime.fromisoformat(TOKEN_USE["attributes"]["time"]).timestamp()
    check("it expires by the setting", [int(item["expires_at"]["N"]) for item in stored], [at + 3650 * 86_400])


def delivered(stack, credential):
    """The status of the answer to a delivery with this credential."""
    headers = {"authorization": credential, "content-type": "application/json"}
    return stack.request("POST", f"/webhooks/{ORG}/audit", body=json.dumps(TOKEN_USE).encode(), headers=headers)[0]


def try_report(stack, atlassian):
    def caught_up():  # its own schedule may be at work on the same cursor
        polled = stack.invoke("poll-audit", {"source": "aws.events"})
        return [org.get("state", org) for org in polled.get("orgs", [polled])] == ["caught_up"]

    check("poll-audit reads the org's log to its end", ministack.wait_for(caught_up, 60, "the poll catches up"))
    taken = stack.invoke("report-tokens", {"source": "aws.events"})
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
        answer = stack.invoke("remediate-tokens", {"source": "aws.events"})
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
