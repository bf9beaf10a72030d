"""Deletes the stack and says what is kept and what that costs; see destroy.sh.

What belongs to the stack is what CloudFormation's own record of it says, and bears its tag besides. The record outlives the stack
by 90 days, so the tables can still be deleted after the stack was.
"""

import os
import re
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

CONFIG = Path(__file__).resolve().parents[2] / "samconfig.toml"
DESCRIPTION = "Tokenwarden governs "  # how the description of the template begins
TAG = {"Key": "project", "Value": "tokenwarden"}
STORED_GB_USD, RECOVERY_GB_USD = 0.25, 0.20  # a month; DynamoDB's prices in us-east-1


def main():
    name, data = os.environ.get("STACK") or configured("stack_name"), os.environ.get("DATA", "")
    if not name:
        sys.exit("which stack? STACK=NAME, or a samconfig.toml as `make deploy-sam` writes it")
    if data not in ("", "delete"):
        sys.exit(f"DATA is `delete` or not set, not `{data}`")
    aws = Aws(os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or configured("region"))
    stacks = aws.stacks(name)
    tables = sorted({table for stack in stacks for table in aws.tables(stack["StackId"])})
    if data:
        confirm(name, aws.region, tables)
    for stack in stacks:
        if stack["StackStatus"] != "DELETE_COMPLETE":
            aws.delete_stack(name, stack)
            say_restored(stack, tables)
    if data:
        delete_data(aws, stacks, tables)
    else:
        print("\n".join([kept(aws, table) for table in tables] or ["no table is kept"]))


def delete_data(aws, stacks, tables):
    for table in tables:
        aws.delete_table(table)
    for group in sorted({group for stack in stacks for group in aws.log_groups(stack["StackId"])}):
        aws.logs.delete_log_group(logGroupName=group)
        print(f"deleted: log group {group}")


def configured(key):
    """What samconfig.toml says, if there is one."""
    text = CONFIG.read_text() if CONFIG.exists() else ""
    found = re.search(rf'^{key} *= *"([^"]+)"', text, re.MULTILINE)
    return found and found.group(1)


def confirm(name, region, tables):
    """Ends the program unless somebody typed the stack's name."""
    print(f"This deletes the stack {name} in {region}, its logs, and with the cases, the ledger, events and reports its tables:")
    print("\n".join(f"  {table}" for table in tables) or "  none is there")
    typed = os.environ.get("CONFIRM")
    if typed is None:
        print("Type the stack's name to go on: ", end="", flush=True)
        typed = sys.stdin.readline().strip()
    if typed != name:
        sys.exit("not confirmed: nothing was deleted")


def say_restored(stack, tables):
    used = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}.get("CasesTableName")
    if used and used not in tables:
        print(f"kept: table {used}, to which the cases were restored; it was never the stack's. Delete it by hand.")


def kept(aws, name):
    table = aws.table(name)
    gigabytes = (table["TableSizeBytes"] + sum(i.get("IndexSizeBytes", 0) for i in table.get("GlobalSecondaryIndexes", []))) / 1e9
    recovery = aws.recovers(name)
    cost = gigabytes * (STORED_GB_USD + (RECOVERY_GB_USD if recovery else 0))
    return (f"kept: table {name}, {gigabytes:.3f} GB, {table['ItemCount']} items"
            f"{', protected from deletion' if table.get('DeletionProtectionEnabled') else ''}"
            f"{', with point-in-time recovery' if recovery else ''}: about {cost:.2f} USD a month")


class Aws:
    """The caller's account, as far as it concerns a stack."""

    def __init__(self, region):
        self.session = boto3.Session(region_name=region)
        self.region = self.session.region_name
        if not self.region:
            sys.exit("which region? set AWS_REGION")

    def __getattr__(self, service):
        client = self.session.client(service.rstrip("_"))
        setattr(self, service, client)
        return client

    def stacks(self, name):
        """The stack of that name; if there is none, those that there were."""
        try:
            return self.cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
        pages = self.cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
        gone = [s for page in pages for s in page["StackSummaries"] if s["StackName"] == name]
        ours = [s for s in gone if s.get("TemplateDescription", DESCRIPTION).startswith(DESCRIPTION)]
        print(f"there is no stack {name} in {self.region}" + (", it was deleted before" if ours else ""))
        return ours

    def delete_stack(self, name, stack):
        if not stack.get("Description", "").startswith(DESCRIPTION):
            sys.exit(f"{name} is no stack of Tokenwarden; nothing was deleted")
        if stack.get("EnableTerminationProtection"):
            sys.exit(f"{name} is protected: aws cloudformation update-termination-protection --no-enable-termination-protection "
                     f"--stack-name {name}")
        print(f"deleting the stack {name} in {self.region}", flush=True)
        self.cloudformation.delete_stack(StackName=name)
        try:
            self.cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack["StackId"], WaiterConfig={"Delay": 5})
        except WaiterError:
            failed = [e for e in self.events(stack["StackId"]) if e["ResourceStatus"] == "DELETE_FAILED"]
            sys.exit("\n".join([f"the stack {name} could not be deleted:"]
                               + [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in failed]))
        print(f"deleted: the stack {name}")

    def events(self, stack_id):
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        return [event for page in pages for event in page["StackEvents"]]

    def made(self, stack_id, resource_type):
        """The names of what the stack made of a type."""
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id)
        standing = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return {made["PhysicalResourceId"] for made in standing + self.events(stack_id)
                if made["ResourceType"] == resource_type and made.get("PhysicalResourceId")}

    def tables(self, stack_id):
        """Those of its tables that are there."""
        return {name for name in self.made(stack_id, "AWS::DynamoDB::Table") if self.table(name) and self.is_tagged(name)}

    def table(self, name):
        try:
            return self.dynamodb.describe_table(TableName=name)["Table"]
        except self.dynamodb.exceptions.ResourceNotFoundException:
            return None

    def is_tagged(self, name):
        return TAG in self.dynamodb.list_tags_of_resource(ResourceArn=self.table(name)["TableArn"])["Tags"]

    def recovers(self, name):
        backups = self.dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        return backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"

    def delete_table(self, name):
        if reader := self.reader(self.table(name)):
            return print(f"kept: table {name}, because {reader} reads its stream")
        if self.table(name).get("DeletionProtectionEnabled"):
            self.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            self.dynamodb.get_waiter("table_exists").wait(TableName=name)
        backup = "; AWS keeps a backup of it for 35 days" if self.recovers(name) else ""
        self.dynamodb.delete_table(TableName=name)
        self.dynamodb.get_waiter("table_not_exists").wait(TableName=name)
        return print(f"deleted: table {name}{backup}")

    def reader(self, table):
        """The function that another stack lets read the table, if there is one."""
        if not table.get("LatestStreamArn"):
            return None
        found = self.lambda_.list_event_source_mappings(EventSourceArn=table["LatestStreamArn"])["EventSourceMappings"]
        return next((m["FunctionArn"] for m in found if m["State"] != "Deleting"), None)

    def log_groups(self, stack_id):
        """Those of its log groups that are there, or there again."""
        names = self.made(stack_id, "AWS::Logs::LogGroup")
        return {g["logGroupName"] for name in names
                for g in self.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] if g["logGroupName"] == name}


if __name__ == "__main__":
    try:
        main()
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS: {error}")
