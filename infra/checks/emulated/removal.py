"""What `make destroy` deletes, what it keeps, and that it touches nothing else."""

import json
import os
import subprocess
import sys

import ministack
import sam_template
from expected import TABLES

from emulated.changes import RESTORED
from emulated.stack import STACK, check

SCRIPT = sam_template.ROOT / "infra/tools/destroy.sh"


def destroy(stack, **settings):
    """Runs the script as an operator would: (exit code, what it printed)."""
    environment = {k: v for k, v in os.environ.items() if k not in ("STACK", "DATA", "CONFIRM", "AWS_PROFILE")}
    environment |= {"PYTHON": sys.executable, "AWS_ENDPOINT_URL": stack.aws.endpoint, "AWS_REGION": ministack.REGION,
                    "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "STACK": STACK} | settings
    run = subprocess.run([SCRIPT], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return run.returncode, run.stdout + run.stderr


def check_destroy(stack):
    """The stack alone, then the tables; tables of others stay."""
    own = sorted(stack.ids[t] for t in TABLES)
    foreign = own[0] + "2"
    stack.aws.dynamodb.create_table(TableName=foreign, BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "project", "Value": "tokenwarden"}],
                                    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                                    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
    stack.aws.logs.create_log_group(logGroupName=f"/aws/lambda/{STACK}-poll-audit-2")
    check_unconfirmed(stack)
    code, said = destroy(stack)
    check("the stack is deleted", said if code else standing(stack), [])
    check("every kept table is told with its cost", [t for t in own if f"kept: table {t}, " not in said or "USD a month" not in said], [])
    check("the table that was restored is told", f"kept: table {RESTORED}, to which the cases were restored" in said)
    check("what is no data of the stack is gone", leftovers(stack), [])
    check("all tables are kept", tables(stack), sorted([*own, foreign, RESTORED]))
    check_in_use(stack)
    stack.aws.logs.create_log_group(logGroupName=f"/aws/lambda/{STACK}-poll-audit")  # somebody let it come again
    code, said = destroy(stack, DATA="delete", CONFIRM=STACK)
    check("afterwards its tables can still be deleted, and no others", said if code else tables(stack), sorted([foreign, RESTORED]))
    check("each is told", [t for t in own if f"deleted: table {t}" not in said], [])
    groups = [g["logGroupName"] for g in stack.aws.logs.describe_log_groups()["logGroups"]]
    check("its logs are deleted, and no others", groups, [f"/aws/lambda/{STACK}-poll-audit-2"])


def check_in_use(stack):
    """A table that others took over is theirs: another stack's function reads its stream, or the tag is gone."""
    history, cases = (stack.aws.dynamodb.describe_table(TableName=stack.ids[t])["Table"] for t in TABLES)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = stack.aws.iam.create_role(RoleName="of-others", AssumeRolePolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [trust]}))["Role"]["Arn"]
    stack.aws.lambda_.create_function(FunctionName="of-others", Runtime="provided.al2023", Handler="bootstrap", Role=role,
                                      Code={"S3Bucket": "code", "S3Key": "stand-in/poll-audit.zip"})
    reader = stack.aws.lambda_.create_event_source_mapping(FunctionName="of-others", EventSourceArn=cases["LatestStreamArn"],
                                                           StartingPosition="LATEST")
    stack.aws.dynamodb.untag_resource(ResourceArn=history["TableArn"], TagKeys=["project"])
    code, said = destroy(stack, DATA="delete", CONFIRM=STACK)
    check("what others took over is kept", (code, [t["TableName"] in tables(stack) for t in (history, cases)]), (0, [True, True]))
    check("and why is told", f"kept: table {cases['TableName']}, because" in said)
    stack.aws.lambda_.delete_event_source_mapping(UUID=reader["UUID"])
    stack.aws.dynamodb.tag_resource(ResourceArn=history["TableArn"], Tags=[{"Key": "project", "Value": "tokenwarden"}])


def check_unconfirmed(stack):
    before = (sorted(stack.ids.values()), tables(stack))
    for what, settings in {"a wrong name": {"CONFIRM": "another"}, "nobody's answer": {}}.items():
        code, said = destroy(stack, DATA="delete", **settings)
        check(f"{what} deletes nothing", (code, "nothing was deleted" in said), (1, True))
        check(f"before {what} the tables were named", [stack.ids[t] for t in TABLES if f"  {stack.ids[t]}\n" not in said], [])
    code, said = destroy(stack, DATA="all", CONFIRM=STACK)
    check("an unknown DATA deletes nothing", (code, said), (1, "DATA is `delete` or not set, not `all`\n"))
    check_foreign(stack)
    resources = stack.aws.cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    check("everything still stands", (sorted(r["PhysicalResourceId"] for r in resources), tables(stack)), before)


def check_foreign(stack):
    """A stack of somebody else's that only bears the name that was typed."""
    queue = '{"Description": "of others", "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    stack.aws.cloudformation.create_stack(StackName="of-others", TemplateBody=queue)
    code, said = destroy(stack, STACK="of-others", DATA="delete", CONFIRM="of-others")
    check("a stack of others is refused", (code, "is no stack of Tokenwarden; nothing was deleted" in said), (1, True))
    stack.aws.cloudformation.delete_stack(StackName="of-others")


def check_destroy_at_once(stack):
    """The stack with its data, in one go; the emulation ends with nothing of ours."""
    code, said = destroy(stack, DATA="delete", CONFIRM=STACK)
    check("the stack is deleted with its data", said if code else (standing(stack), tables(stack), leftovers(stack)), ([], [], []))


def standing(stack):
    stacks = stack.aws.cloudformation.list_stacks()["StackSummaries"]
    return [s["StackStatus"] for s in stacks if s["StackName"] == STACK and s["StackStatus"] != "DELETE_COMPLETE"]


def leftovers(stack):
    """Functions, schedules, alarms and logs of the stack."""
    functions = [f["FunctionName"] for f in stack.aws.lambda_.list_functions()["Functions"]]
    rules = [r["Name"] for r in stack.aws.events.list_rules()["Rules"]]
    alarms = [a["AlarmName"] for a in stack.aws.cloudwatch.describe_alarms()["MetricAlarms"]]
    groups = [g["logGroupName"] for g in stack.aws.logs.describe_log_groups()["logGroups"]]
    return [name for name in functions + rules + alarms + groups if not name.endswith("-2")]


def tables(stack):
    return sorted(stack.aws.dynamodb.list_tables()["TableNames"])
