"""Tags on what takes them; parameters that say what they are for, within bounds, in a group; logs that end."""

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

REGION = "us-east-1"
PROJECT = ("project", "tokenwarden")


def complaints(template):
    return sorted([*untagged(template["Resources"]), *parameters(template), *unowned(template["Resources"])])


def untagged(resources):
    for logical_id, resource in resources.items():
        if takes_tags(resource["Type"]) and PROJECT not in tags(resource.get("Properties", {}).get("Tags", [])):
            yield f"{logical_id}: {resource['Type']} takes tags and has no tag `project`"


def takes_tags(resource_type):
    """What AWS's own schema of the type says."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource_type).schema
    return "Tags" in schema["properties"]


def tags(of):
    return set(of.items()) if isinstance(of, dict) else {(tag["Key"], tag["Value"]) for tag in of if isinstance(tag["Value"], str)}


def parameters(template):
    groups = [name for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"] for name in group["Parameters"]]
    for name, parameter in template["Parameters"].items():
        if groups.count(name) != 1:
            yield f"parameter {name}: is in {groups.count(name)} groups"
        if not parameter.get("Description"):
            yield f"parameter {name}: has no description"
        if not bounded(parameter):
            yield f"parameter {name}: takes any value"


def bounded(parameter):
    return "AllowedValues" in parameter or "AllowedPattern" in parameter or {"MinValue", "MaxValue"} <= set(parameter)


def unowned(resources):
    """Logs of a function go to a group of the stack: one that Lambda makes by itself is kept for ever."""
    for logical_id, resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Function":
            group = resource["Properties"].get("LoggingConfig", {}).get("LogGroup", {}).get("Ref")
            if "RetentionInDays" not in resources.get(group, {}).get("Properties", {}):
                yield f"{logical_id}: its log is kept for ever"
