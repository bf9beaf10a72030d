"""What each function's role allows (laws 11 and 12)."""

import json

from expected import SECRETS_OF

from emulated.stack import check

READ_AND_KEEP = "get put update batch_get batch_write transact_put"
ALLOWED = {
    # On AWS the registry of orgs alone: the emulator does not know the condition on the leading key.
    "ingest-audit": {"history": READ_AND_KEEP, "cases": "get"},
    "poll-audit": {"history": READ_AND_KEEP, "cases": "query"},
    "report-tokens": {"history": "get query query_index put delete batch_get batch_write transact_put",
                      "cases": "get query put update delete batch_write transact_put"},
    "remediate-tokens": {"history": "get query", "cases": "get query put update batch_get transact_put query_index"},
    "serve-reports": {"history": "get query query_index put update delete batch_get batch_write transact_put",
                      "cases": "get query put delete batch_get transact_put"},
}
ALLOWED_BESIDES = {"remediate-tokens": {"event", "sign", "key"}}


def check_rights(stack, cases_table=None, without=()):
    """Each function's role, tried by a program that has nothing else; `without` are tables that nobody may touch."""
    calls = {s: ["secretsmanager", "get_secret_value", {"SecretId": stack.ids[s]}] for s in sorted(set().union(*SECRETS_OF.values()))}
    key = {"KeyId": stack.ids["LedgerKey"]}
    digest = {"Message": "0" * 32, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    calls |= {"sign": ["kms", "sign", key | digest], "key": ["kms", "get_public_key", key], "key policy": ["kms", "get_key_policy", key]}
    calls |= calls_of(stack.ids["HistoryTable"], "history", "by_profile", ("profile", "profile_at"))
    calls |= calls_of(cases_table or stack.ids["CasesTable"], "cases", "pending", ("pending_org", "pending_since"))
    for table in without:
        calls |= calls_of(table, f"on {table}", "pending", ("pending_org", "pending_since"))
    event = {"EventBusName": stack.ids["EventBus"], "Source": "tokenwarden", "DetailType": "notice", "Detail": "{}"}
    calls |= {"event": ["events", "put_events", {"Entries": [event]}]}
    calls |= {"alarm": ["sns", "publish", {"TopicArn": stack.ids["Alarms"], "Message": "x"}]}
    calls |= {f"read {queue}": ["sqs", "receive_message", {"QueueUrl": stack.ids[queue]}] for queue in ("GivenUpRecords", "UndeliveredTicks")}
    for binary, tables in ALLOWED.items():
        its = {f"{name} {table}" for table, names in tables.items() for name in names.split()}
        its |= SECRETS_OF[binary] | ALLOWED_BESIDES.get(binary, set())
        answers = dict(zip(calls, stack.invoke(binary, {"try": list(calls.values())})))
        check(f"{binary} may do no more and no less", {c for c, a in answers.items() if a == "allowed"}, its)
        refused = {c: a for c, a in answers.items() if a not in ("allowed", "AccessDeniedException", "AccessDenied", "AuthorizationError")}
        check(f"{binary} is refused by IAM and by nothing else", refused, {})


def check_mail(template):
    """The right to send mail, as declared."""
    statements = {i: s for i, r in template["Resources"].items() if r["Type"] == "AWS::IAM::Role"
                  for p in r["Properties"]["Policies"] for s in p["PolicyDocument"]["Statement"]
                  if "ses:" in json.dumps(s.get("Action", ""))}
    identity = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailIdentity}"
    check("remediate-tokens alone may send mail, and only from the identity (declared)",
          {i: (s["Action"], s["Resource"]) for i, s in statements.items()},
          {"RemediateTokensRole": ("ses:SendEmail", {"Fn::Sub": identity})})


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
