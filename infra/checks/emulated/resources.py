"""What stands there: tables, functions, secrets, what starts the functions."""

import json

from expected import PURPOSES, SCHEDULES, SETTINGS, SETTINGS_OF_ALL, TABLES, TIMEOUTS_AND_MEMORY

from emulated.stack import STACK, check, computed


def check_resources(stack, template):
    unconditional = {i for i, r in template["Resources"].items() if "Condition" not in r}
    check("every resource of the template exists", sorted(unconditional - set(stack.ids) - set(computed(template))), [])


def check_tables(stack, template):
    tables = {t: stack.aws.dynamodb.describe_table(TableName=stack.ids[t])["Table"] for t in TABLES}
    declared = {t: template["Resources"][t]["Properties"] for t in TABLES}  # what the emulation leaves out
    for name, table in tables.items():
        check(f"{name} is keyed by pk and sk", keys(table), ["HASH pk S", "RANGE sk S"])
        check(f"{name} is billed by request", table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
        check(f"{name} is encrypted (declared)", declared[name]["SSESpecification"]["SSEEnabled"])
        kept = [template["Resources"][name].get(policy) for policy in ("DeletionPolicy", "UpdateReplacePolicy")]
        check(f"{name} outlives the stack (declared)", kept, ["Retain", "Retain"])
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
    check("CasesTable never expires (declared)", "TimeToLiveSpecification" in declared["CasesTable"], False)


def keys(table, of=None):
    types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    return [f"{k['KeyType']} {k['AttributeName']} {types[k['AttributeName']]}" for k in (of or table)["KeySchema"]]


def indexes(table):
    return {i["IndexName"]: (keys(table, i), i["Projection"]["ProjectionType"]) for i in table.get("GlobalSecondaryIndexes", [])}


def check_functions(stack):
    for binary, names in SETTINGS.items():
        function = stack.function(binary)
        settings = function["Environment"]["Variables"]
        check(f"{binary} has its settings and no others", set(settings), names | SETTINGS_OF_ALL)
        check(f"{binary} has its time and memory", (function["Timeout"], function["MemorySize"]), TIMEOUTS_AND_MEMORY[binary])
        check(f"{binary} runs on provided.al2023", function["Runtime"], "provided.al2023")
        check(f"{binary} is not traced", function["TracingConfig"]["Mode"], "PassThrough")
        check(f"{binary} keeps its log for 30 days", retention(stack, binary), [30])
        check(f"{binary} has the tables by name", (settings["HISTORY_TABLE"], settings["CASES_TABLE"]),
              tuple(stack.ids[t] for t in TABLES))
    check("poll-audit knows the orgs", stack.settings("poll-audit")["ORGS"], "org-one,org-two")


def retention(stack, binary):
    group = stack.function(binary)["LoggingConfig"]["LogGroup"]
    return [g.get("retentionInDays") for g in stack.aws.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]]


def check_secrets(stack):
    """A secret is found by the stack and its purpose, without knowing its generated name."""
    for secret, purpose in PURPOSES.items():
        filters = [{"Key": "tag-key", "Values": ["tokenwarden:purpose"]}, {"Key": "tag-value", "Values": [purpose]}]
        found = stack.aws.secretsmanager.list_secrets(Filters=filters)["SecretList"]
        tags = [{t["Key"]: t["Value"] for t in one["Tags"]} for one in found]
        check(f"{secret} is found by its purpose", [one["Name"] for one in found], [stack.ids[secret]])
        check(f"{secret} says to which stack it belongs", [(t["tokenwarden:stack"], t["project"]) for t in tags],
              [(STACK, "tokenwarden")])


def check_starters(stack, template):
    schedules = {}
    for rule in stack.aws.events.list_rules()["Rules"]:
        for target in stack.aws.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
            binary = target["Arn"].rpartition(f"{STACK}-")[2]
            schedules[binary] = rule["ScheduleExpression"]
            check(f"the schedule of {binary} may start it", sources(stack, binary, "events"), [rule["Arn"]])
    check("the schedules start their functions", schedules, SCHEDULES)
    routes = {r["RouteKey"] for r in stack.aws.apigatewayv2.get_routes(ApiId=stack.ids["HttpApi"])["Items"]}
    check("the HTTP API has its routes", routes, {"POST /webhooks/{proxy+}", "$default"})
    integrations = stack.aws.apigatewayv2.get_integrations(ApiId=stack.ids["HttpApi"])["Items"]
    check("the HTTP API sends format 2.0", [i["PayloadFormatVersion"] for i in integrations], ["2.0", "2.0"])
    check("each route may call its own function and no other", (callers(stack, "ingest-audit"), callers(stack, "serve-reports")),
          (["/*/*/webhooks/{proxy+}"], ["/*/$default"]))
    check("the HTTP API is limited (declared)", template["Resources"]["HttpStage"]["Properties"]["DefaultRouteSettings"],
          {"ThrottlingRateLimit": {"Ref": "RequestsPerSecond"}, "ThrottlingBurstLimit": {"Ref": "RequestBurst"}})
    check("the HTTP API logs no caller", the_stage(stack).get("AccessLogSettings"), None)
    mapping = stack.mapping()
    check("the stream mapping reports single failures", mapping.get("FunctionResponseTypes"), ["ReportBatchItemFailures"])
    check("the stream mapping gives up at last", (mapping.get("MaximumRetryAttempts"), mapping.get("BisectBatchOnFunctionError")),
          (5, True))
    check("what was given up goes to the queue", ":tokenwarden-GivenUpRecords" in json.dumps(mapping.get("DestinationConfig", "")))


def the_stage(stack):
    stage, = stack.aws.apigatewayv2.get_stages(ApiId=stack.ids["HttpApi"])["Items"]
    return stage


def callers(stack, binary):
    """The routes of the HTTP API that may call a function."""
    return [source.partition(stack.ids["HttpApi"])[2] for source in sources(stack, binary, "apigateway")]


def sources(stack, binary, service):
    """Whose calls of an AWS service a function takes."""
    policy = json.loads(stack.aws.lambda_.get_policy(FunctionName=f"{STACK}-{binary}")["Policy"])
    return [s["Condition"]["ArnLike"]["AWS:SourceArn"] for s in policy["Statement"]
            if s["Principal"] == {"Service": f"{service}.amazonaws.com"}]
