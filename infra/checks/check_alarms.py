"""The alarms: their metrics, their paragraphs in docs/runbook.md, what they cost; and the dashboard."""

import json
import re

import sam_template
from expected import METRICS, METRICS_OF_AWS

RUNBOOK = sam_template.ROOT / "docs/runbook.md"
MEASURES = sam_template.ROOT / "shared/src/model/measure.rs"
WRITTEN = {(binary, metric) for binary, metrics in METRICS.items() for metric in metrics}


def complaints(template):
    """(how many alarms there are, what is wrong)"""
    alarms = {i: r["Properties"] for i, r in template["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"}
    found = [c for i, p in alarms.items() for c in of_alarm(template, i, p)]
    return len(alarms), sorted([*found, *runbook(alarms), *costs(alarms), *dashboard(template), *measures()])


def of_alarm(template, logical_id, alarm):
    heading = alarm["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
    if not alarm["AlarmDescription"].endswith(f" See docs/runbook.md, {heading}."):
        yield f"{logical_id}: the description does not end with the name of its paragraph, {heading}"
    if alarm["AlarmActions"] != [{"Ref": "Alarms"}]:
        yield f"{logical_id}: tells nobody"
    if not 0 < seconds(alarm) <= 86_400:
        yield f"{logical_id}: CloudWatch looks back at a day at most, not at {seconds(alarm)} seconds"
    for metric in metrics(alarm):
        yield from unwritten(template, logical_id, metric["Namespace"], metric["MetricName"], metric["Dimensions"])


def seconds(alarm):
    period = max([m["MetricStat"]["Period"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm.get("Period", 0)])
    return period * alarm["EvaluationPeriods"]


def metrics(alarm):
    return [m["MetricStat"]["Metric"] for m in alarm["Metrics"] if "MetricStat" in m] if "Metrics" in alarm else [alarm]


def unwritten(template, where, namespace, metric, dimensions):
    """Complains of a metric that nobody writes."""
    for dimension in dimensions:
        of = dimension["Value"].get("Ref") or dimension["Value"]["Fn::GetAtt"][0]
        if namespace == "Tokenwarden":
            known = (binary_of(template, of), metric) in WRITTEN and dimension["Name"] == "FunctionName"
        else:
            known = metric in METRICS_OF_AWS.get(namespace, ()) and of in template["Resources"]
        if not known:
            yield f"{where}: nobody writes {namespace} {metric} of {of}"


def binary_of(template, logical_id):
    name = template["Resources"].get(logical_id, {}).get("Properties", {}).get("FunctionName", {"Fn::Sub": ""})
    return name["Fn::Sub"].removeprefix("${AWS::StackName}-")


def runbook(alarms):
    headings = re.findall(r"^## `?([a-z-]+)`?$", RUNBOOK.read_text(), re.MULTILINE) if RUNBOOK.exists() else []
    names = {a["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-") for a in alarms.values()}
    return ([f"docs/runbook.md has no paragraph on the alarm {name}" for name in names - set(headings)]
            + [f"docs/runbook.md has a paragraph on {name}, which is no alarm" for name in set(headings) - names]
            + [f"docs/runbook.md has two paragraphs on {name}" for name in set(headings) if headings.count(name) > 1])


def costs(alarms):
    """The comment in the template says what the alarms cost: by metric, not by alarm."""
    watched, written = sum(len(metrics(a)) for a in alarms.values()), len(WRITTEN)
    said = [f"{len(alarms)} alarms over {watched} metrics {watched * 0.10:.2f} USD",
            f"{written} metrics that the functions write {written * 0.30:.2f} USD"]
    text = " ".join(sam_template.TEMPLATE.read_text().replace("\n  #", "").split())
    return [f"the comment on what the alarms cost does not say: {one}" for one in said if one not in text]


def dashboard(template):
    body = json.loads(template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    rows = [row for widget in body["widgets"] for row in widget["properties"]["metrics"]]
    for namespace, metric, name, value, *_ in rows:
        yield from unwritten(template, "Dashboard", namespace, metric, [{"Name": name, "Value": {"Ref": value.strip("${}")}}])


def measures():
    """The names that the functions' code has, against those that the checks know."""
    code = set(re.findall(r'Self::\w+ => "(\w+)"', MEASURES.read_text())) - {"Seconds", "Count"}
    known = {metric for _, metric in WRITTEN}
    return [f"{MEASURES.name} and expected.py do not agree on the metric {name}" for name in code ^ known]
