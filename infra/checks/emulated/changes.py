"""Updates of the stack: settings, tracing, logs, who is told, and a restored table."""

import json

import ministack
from botocore.exceptions import ClientError
from expected import SETTINGS

from emulated.behaviour import put, woken_by
from emulated.resources import retention, the_stage
from emulated.rights import check_rights
from emulated.stack import STACK, check
from emulated.watch import check_topic

RESTORED = "cases-restored"


def check_update(stack, template):
    stack.aws.secretsmanager.put_secret_value(SecretId=stack.ids["WebhookSecret"], SecretString='{"org-one":"filled in"}')
    before = dict(stack.ids)
    check("no function may trace", traced(stack), {})
    stack.write("update_stack", template, KeepEvents="all", Orgs="org-three", Tracing="xray", LogRetentionDays="90",
                AccessLogs="on", AlarmEmail="", ReportOverdueSecs="7200")
    check("an update changes the settings", (stack.settings("ingest-audit")["KEEP_EVENTS"], stack.settings("poll-audit")["ORGS"]),
          ("all", "org-three"))
    check_switched_on(stack)
    stack.write("update_stack", template, Tracing="off", AccessLogs="off", AlarmEmail="ops@example.com")
    check("tracing ends with its parameter", (modes(stack), traced(stack)), ({"PassThrough"}, {}))
    check("access logs end with their parameter", the_stage(stack).get("AccessLogSettings"), None)
    check_topic(stack, ["ops@example.com"])
    # The only resource that such an update makes anew is the subscription.
    check("an update keeps everything else", [i for i in before if before[i] != stack.ids.get(i) and i != "AlarmsMail"], [])
    secret = stack.aws.secretsmanager.get_secret_value(SecretId=stack.ids["WebhookSecret"])["SecretString"]
    check("an update leaves the operator's secret alone", secret, '{"org-one":"filled in"}')


def check_switched_on(stack):
    xray = [["xray:PutTraceSegments", "xray:PutTelemetryRecords"]]
    check("tracing is switched on", modes(stack), {"Active"})
    check("every function may trace", traced(stack), {binary: xray for binary in SETTINGS})
    check("logs are kept for 90 days", {days for binary in SETTINGS for days in retention(stack, binary)}, {90})
    group = stack.aws.logs.describe_log_groups(logGroupNamePrefix="/aws/vendedlogs/")["logGroups"]
    check("the access log is kept for 90 days", [(g["logGroupName"], g["retentionInDays"]) for g in group],
          [(f"/aws/vendedlogs/{STACK}-http-api", 90)])
    stage = the_stage(stack)
    check("the stage logs there", group[0]["arn"].startswith(stage["AccessLogSettings"]["DestinationArn"].removesuffix(":*")))
    line = json.loads(stage["AccessLogSettings"]["Format"])
    check("a line holds no path, which may bear a link's signature", {"$context.path", "$context.routeKey"} & set(line.values()),
          {"$context.routeKey"})
    alarm, = stack.aws.cloudwatch.describe_alarms(AlarmNames=[f"{STACK}-report-missing"])["MetricAlarms"]
    check("the alarm of a missing report has its threshold", alarm["Threshold"], 7200.0)
    check_topic(stack, [])


def modes(stack):
    return {stack.function(binary)["TracingConfig"]["Mode"] for binary in SETTINGS}


def traced(stack):
    """What each role may do at X-Ray."""
    found = {}
    for binary in SETTINGS:
        role = stack.function(binary)["Role"].rpartition("/")[2]
        policy = stack.aws.iam.get_role_policy(RoleName=role, PolicyName=binary)["PolicyDocument"]
        actions = [s["Action"] for s in policy["Statement"] if "xray:" in json.dumps(s["Action"])]
        found |= {binary: actions} if actions else {}
    return found


def check_restore(stack, template):
    """docs/restore.md, step by step."""
    own, dynamodb = stack.ids["CasesTable"], stack.aws.dynamodb
    put(stack, own, "decided before", "decision")
    dynamodb.restore_table_to_point_in_time(SourceTableName=own, TargetTableName=RESTORED, UseLatestRestorableTime=True)
    restored = dynamodb.describe_table(TableName=RESTORED)["Table"]
    check("a restore brings items and index", (restored["ItemCount"] > 0, [i["IndexName"] for i in restored["GlobalSecondaryIndexes"]]),
          (True, ["pending"]))
    backups = dynamodb.describe_continuous_backups(TableName=RESTORED)["ContinuousBackupsDescription"]
    check("a restore brings no stream, no protection, no recovery, no tags",
          ("LatestStreamArn" in restored, restored["DeletionProtectionEnabled"],
           backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
           dynamodb.list_tags_of_resource(ResourceArn=restored["TableArn"])["Tags"]), (False, False, "DISABLED", []))
    check_only_both(stack, template)
    check_switched_over(stack, template, own)
    check_woken(stack, own)


def check_switched_over(stack, template, own):
    dynamodb = stack.aws.dynamodb
    dynamodb.update_table(TableName=RESTORED, DeletionProtectionEnabled=True,
                          StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    stream = dynamodb.describe_table(TableName=RESTORED)["Table"]["LatestStreamArn"]
    stack.write("update_stack", template, RestoredCasesTable=RESTORED, RestoredCasesStream=stream)
    check("every function uses the restored table", {stack.settings(binary)["CASES_TABLE"] for binary in SETTINGS}, {RESTORED})
    check("the mapping reads its stream", stack.mapping()["EventSourceArn"], stream)
    outputs = {o["OutputKey"]: o["OutputValue"] for o in
               stack.aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]}
    check("the outputs name it", outputs["CasesTableName"], RESTORED)
    check("the stack's own table stays", stack.ids["CasesTable"], own)
    check_rights(stack, cases_table=RESTORED, without=[own])


def check_woken(stack, own):
    put(stack, RESTORED, "decided after", "decision", pending_org={"S": "org-one"}, pending_since={"N": "1"})
    ministack.wait_for(lambda: "decided after" in woken_by(stack, "sk"), 30, "the restored table's stream reaches remediate-tokens")
    put(stack, own, "too late", "decision", pending_org={"S": "org-one"}, pending_since={"N": "1"})
    put(stack, RESTORED, "last", "decision", pending_org={"S": "org-one"}, pending_since={"N": "1"})
    ministack.wait_for(lambda: "last" in woken_by(stack, "sk"), 30, "the restored table's stream reaches remediate-tokens again")
    check("the old table wakes nobody", "too late" in woken_by(stack, "sk"), False)


def check_only_both(stack, template):
    """The table without its stream is refused before anything is changed."""
    try:
        stack.send("update_stack", template, stack.parameters | {"RestoredCasesTable": RESTORED})
        refusal = "none"
    except ClientError as error:
        refusal = error.response["Error"]["Message"]
    check("a restored table without its stream is refused", "are given together or not at all" in refusal or refusal)
