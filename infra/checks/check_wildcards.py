"""The rights in the template that bear a wildcard, against the list of those that were reviewed, both ways.

A right is an action on a resource. It bears a wildcard if one stands in the action, the resource or the principal. Of a permission
to call a function, the resource is whose calls it takes.
"""

import json
from pathlib import Path

LIST = Path(__file__).with_name("wildcards.txt")
POLICIES = {
    "AWS::IAM::Role": lambda p: [one["PolicyDocument"] for one in p.get("Policies", [])] + [p["AssumeRolePolicyDocument"]],
    "AWS::KMS::Key": lambda p: [p["KeyPolicy"]],
    "AWS::SQS::QueuePolicy": lambda p: [p["PolicyDocument"]],
    "AWS::SNS::TopicPolicy": lambda p: [p["PolicyDocument"]],
    "AWS::Lambda::Permission": lambda p: [{"Statement": p | {"Resource": p.get("SourceArn", "*")}}],
}


def complaints(template):
    """(how many are reviewed, what is wrong)"""
    found = {right for i, r in template["Resources"].items() for right in rights_of(i, r)}
    listed = reviewed()
    return len(listed), sorted(
        [f"a wildcard that nobody reviewed: {' | '.join(right)}" for right in found - set(listed)]
        + [f"wildcards.txt reviews what is not in the template: {' | '.join(right)}" for right in set(listed) - found]
        + [f"wildcards.txt gives no reason: {' | '.join(right)}" for right, reason in listed.items() if not reason]
        + [f"{i}: the check of the wildcards does not read {r['Type']}" for i, r in template["Resources"].items() if unread(r)])


def reviewed():
    """{(logical id, action, resource): reason}"""
    lines = [line for line in LIST.read_text().splitlines() if line.strip() and not line.startswith("#")]
    rows = [[column.strip() for column in line.split("|", 3)] for line in lines]
    return {(where.strip(), action, resource): reason for wheres, action, resource, reason in rows for where in wheres.split(",")}


def unread(resource):
    """Whether it hands out rights in a way that is not read here."""
    properties = resource.get("Properties", {})
    return "ManagedPolicyArns" in properties or (resource["Type"] not in POLICIES and '"Effect"' in json.dumps(properties))


def rights_of(logical_id, resource):
    read = POLICIES.get(resource["Type"], lambda _: [])
    for document in read(resource["Properties"]):
        for statement in statements(document["Statement"]):
            yield from wildcards(logical_id, statement)


def statements(of):
    """Those that stand there under whatever condition."""
    for one in of if isinstance(of, list) else [of]:
        if "Fn::If" in one:
            yield from statements([branch for branch in one["Fn::If"][1:] if branch != {"Ref": "AWS::NoValue"}])
        else:
            yield one


def wildcards(logical_id, statement):
    everybody = any("*" in text for text in texts(statement.get("Principal", [])))
    actions = texts(statement.get("Action", [])) + [f"not {a}" for a in texts(statement.get("NotAction", []))]
    # A role's trust names no resource.
    resources = texts(statement.get("Resource", ["-"])) + [f"not {r}" for r in texts(statement.get("NotResource", []))]
    everything = "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement
    how = ("deny " if statement.get("Effect") == "Deny" else "") + ("everybody " if everybody else "")
    for action in actions:
        for resource in resources:
            if everybody or everything or "*" in action or "*" in resource:
                yield logical_id, how + action, resource


def texts(value):
    """Every text that a part of a policy can come to, as the template writes it."""
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    if not isinstance(value, dict):
        return [str(value)]
    (name, of), = value.items() if len(value) == 1 else [("", list(value.values()))]
    if name == "Fn::If":
        return texts(of[1:])
    if name == "Fn::Sub":
        return [of if isinstance(of, str) else of[0]]
    if name == "Fn::GetAtt":
        return [f"!GetAtt {'.'.join(of)}"]
    return [f"!{name} {of}"] if name == "Ref" else texts(of)
