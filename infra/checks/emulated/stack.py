"""The stack in the emulated AWS, and the lines that a check prints."""

import io
import json
import sys
import zipfile

import ministack
import sam_template
from expected import SETTINGS

STACK = "tokenwarden"

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
        self.aws, self.parameters, self.ids = aws, {"Orgs": "org-one,org-two"}, {}
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
        self.send(operation, template, self.parameters)
        status = ministack.wait_for(self.settled, 60, f"{operation} ends")
        check(f"{operation}: the stack settles", status, operation.split("_")[0].upper() + "_COMPLETE")
        if not status.endswith("_COMPLETE") or "ROLLBACK" in status:
            events = self.aws.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            sys.exit("\n".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in events
                               if "FAILED" in e["ResourceStatus"]))
        resources = self.aws.cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
        self.ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}

    def send(self, operation, template, parameters):
        self.aws.s3.put_object(Bucket="code", Key="template.json", Body=json.dumps(emulable(template)))  # too long to be sent itself
        getattr(self.aws.cloudformation, operation)(
            StackName=STACK, TemplateURL=f"{self.aws.endpoint}/code/template.json", Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()])

    def settled(self):
        status = self.aws.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        return None if status.endswith("IN_PROGRESS") else status

    def settings(self, binary):
        return self.function(binary)["Environment"]["Variables"]

    def function(self, binary):
        return self.aws.lambda_.get_function_configuration(FunctionName=f"{STACK}-{binary}")

    def invoke(self, binary, event):
        answer = self.aws.lambda_.invoke(FunctionName=f"{STACK}-{binary}", Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def noted(self, binary):
        """The events that the stand-in of a function got."""
        notes = self.aws.folder / "noted.jsonl"
        lines = notes.read_text().splitlines() if notes.exists() else []
        return [n["event"] for n in map(json.loads, lines) if n["function"] == f"{STACK}-{binary}"]

    def request(self, method, path, **more):
        return self.aws.request(self.ids["HttpApi"], method, path, **more)

    def mapping(self):
        """The one mapping from the stream of the cases to remediate-tokens."""
        name = f"{STACK}-remediate-tokens"
        mapping, = self.aws.lambda_.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        return mapping


def computed(template):
    """The alarms over a formula: the emulation refuses them, so they are checked as declared."""
    return {i: r["Properties"] for i, r in template["Resources"].items()
            if r["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in r["Properties"]}


def emulable(template):
    left_out = computed(template)
    return template | {"Resources": {i: r for i, r in template["Resources"].items() if i not in left_out}}
