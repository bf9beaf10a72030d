"""What the template makes of events: routes, stream, schedules. The functions are stand-ins."""

import ministack

from emulated.stack import STACK, check


def check_routes(stack):
    status, seen = stack.request("POST", "/webhooks/org-one/audit", body=b'{"a":1}', headers={"content-type": "application/json"})
    wanted = {"function": f"{STACK}-ingest-audit", "version": "2.0", "path": "/webhooks/org-one/audit", "body": '{"a":1}'}
    check("a webhook reaches ingest-audit", (status, seen), (200, wanted))
    for method, path in [("GET", "/"), ("GET", "/v1/orgs"), ("POST", "/v1/orgs/org-one/reports"), ("GET", "/webhooks/org-one/audit")]:
        _, seen = stack.request(method, path)
        check(f"{method} {path} reaches serve-reports", (seen["function"], seen["path"]), (f"{STACK}-serve-reports", path))


def check_stream(stack):
    """Only findings and decisions from which something follows wake remediate-tokens."""
    table = stack.ids["CasesTable"]
    put(stack, table, "handled", "finding")
    for entity in ["case", "ledger", "finding", "action", "decision"]:
        put(stack, table, entity, entity, pending_org={"S": "org-one"}, pending_since={"N": "1"})
    ministack.wait_for(lambda: "decision" in woken_by(stack), 30, "the decision reaches remediate-tokens")
    check("pending findings and decisions alone wake remediate-tokens", woken_by(stack), ["finding", "decision"])


def put(stack, table, name, entity, **pending):
    stack.aws.dynamodb.put_item(TableName=table, Item={
        "pk": {"S": "O#org-one"}, "sk": {"S": name}, "entity": {"S": entity}, **pending})


def woken_by(stack, attribute="entity"):
    records = [r for e in stack.noted("remediate-tokens") for r in e.get("Records", [])]
    return [r["dynamodb"].get("NewImage", {}).get(attribute, {}).get("S") for r in records]


def check_schedule(stack):
    def ticks():
        return [e for e in stack.noted("poll-audit") if e.get("detail-type") == "Scheduled Event"]

    ministack.wait_for(ticks, 90, "the minute's tick reaches poll-audit")
    check("a tick says that it is one", ticks()[0].get("source"), "aws.events")
