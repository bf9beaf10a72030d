"""What watches: alarms, the topic, the queues, the dashboard."""

import json

import ministack
from botocore.exceptions import ClientError
from expected import METRICS, METRICS_OF_AWS, QUEUES

from emulated.stack import STACK, check, computed


def check_alarms(stack, template):
    check("the topic is encrypted with the stack's key (declared)", template["Resources"]["Alarms"]["Properties"]["KmsMasterKeyId"],
          {"Fn::GetAtt": ["AlarmsKey", "Arn"]})
    standing = {a["AlarmName"]: a for a in stack.aws.cloudwatch.describe_alarms()["MetricAlarms"]}
    formulas = computed(template)
    declared = {i: r["Properties"] for i, r in template["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"}
    plain = {i: p for i, p in declared.items() if i not in formulas}
    check("every alarm stands there", sorted(standing), sorted(name_of(p) for p in plain.values()))
    for logical_id, properties in plain.items():
        alarm = standing[name_of(properties)]
        check(f"{logical_id} watches what there is", unknown(stack, [alarm]), [])
        check(f"{logical_id} tells the topic", alarm["AlarmActions"], [stack.ids["Alarms"]])
        check(f"{logical_id} says which of its ends is news", alarm["OKActions"] in ([], [stack.ids["Alarms"]]))
    for logical_id, properties in formulas.items():
        metrics = [m["MetricStat"]["Metric"] for m in properties["Metrics"] if "MetricStat" in m]
        check(f"{logical_id} watches what there is (declared)", unknown(stack, resolved(stack, metrics)), [])
        check(f"{logical_id} tells the topic (declared)", properties["AlarmActions"], [{"Ref": "Alarms"}])


def name_of(properties):
    return properties["AlarmName"]["Fn::Sub"].replace("${AWS::StackName}", STACK)


def resolved(stack, metrics):
    return [m | {"Dimensions": [d | {"Value": stack.ids[d["Value"]["Ref"]]} for d in m["Dimensions"]]} for m in metrics]


def unknown(stack, metrics):
    """Those of the metrics that nobody writes."""
    known = {(namespace, metric, *dimension) for namespace, names in METRICS_OF_AWS.items() for metric in names
             for dimension in dimensions(stack)[namespace]}
    known |= {("Tokenwarden", metric, "FunctionName", f"{STACK}-{binary}") for binary, names in METRICS.items() for metric in names}
    asked = {(m["Namespace"], m["MetricName"], d["Name"], d["Value"]) for m in metrics for d in m["Dimensions"]}
    return sorted(asked - known)


def dimensions(stack):
    queues = [stack.ids[queue].rpartition("/")[2] for queue in QUEUES]
    functions = [f["FunctionName"] for f in stack.aws.lambda_.list_functions()["Functions"]]
    return {"AWS/Lambda": [("FunctionName", f) for f in functions], "AWS/SQS": [("QueueName", q) for q in queues],
            "AWS/ApiGateway": [("ApiId", stack.ids["HttpApi"])]}


def check_raised(stack):
    """A poll that falls behind is told to whoever listens at the topic, and so is its end."""
    queue, told = listener(stack), []

    def all_told():
        for message in stack.aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            stack.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            told.append(json.loads(json.loads(message["Body"])["Message"]))
        return len(told) == 2

    for lag in (899, 901):
        stack.aws.cloudwatch.put_metric_data(Namespace="Tokenwarden", MetricData=[
            {"MetricName": "PollLagSeconds", "Value": lag, "Dimensions": [{"Name": "FunctionName", "Value": f"{STACK}-poll-audit"}]}])
    ministack.wait_for(all_told, 20, "the alarm reaches the topic")
    check("at 899 seconds all is well, at 901 the alarm is raised", {(m["AlarmName"], m["NewStateValue"]) for m in told},
          {(f"{STACK}-poll-behind", "OK"), (f"{STACK}-poll-behind", "ALARM")})
    check("the alarm names its paragraph", told[0]["AlarmDescription"].endswith("See docs/runbook.md, poll-behind."))


def listener(stack):
    """A queue that is subscribed to the topic."""
    queue = stack.aws.sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = stack.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                                                      "Action": "sqs:SendMessage", "Resource": arn}]}
    stack.aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    stack.aws.sns.subscribe(TopicArn=stack.ids["Alarms"], Protocol="sqs", Endpoint=arn)
    return queue


def check_topic(stack, mailed):
    attributes = stack.aws.sns.get_topic_attributes(TopicArn=stack.ids["Alarms"])["Attributes"]
    policy = json.loads(stack.aws.kms.get_key_policy(KeyId=stack.ids["AlarmsKey"], PolicyName="default")["Policy"])
    of_alarms = [s["Action"] for s in policy["Statement"] if s["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
    check("CloudWatch may use that key", of_alarms, [["kms:Decrypt", "kms:GenerateDataKey*"]])
    allowed = [s for s in json.loads(attributes["Policy"])["Statement"] if s["Effect"] == "Allow"]
    check("alarms of this stack may tell the topic, and nobody else", [(s["Principal"], s["Condition"]) for s in allowed],
          [({"Service": "cloudwatch.amazonaws.com"},
            {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{ministack.REGION}:000000000000:alarm:{STACK}-*"}})])
    found = stack.aws.sns.list_subscriptions_by_topic(TopicArn=stack.ids["Alarms"])["Subscriptions"]
    check("the mail address is subscribed", [s["Endpoint"] for s in found if s["Protocol"] == "email"], mailed)


def check_queues(stack):
    for queue in QUEUES:
        check(f"{queue} is closed to whoever comes without TLS", refused_plain(stack, queue))
    attributes = {q: stack.aws.sqs.get_queue_attributes(QueueUrl=stack.ids[q], AttributeNames=["All"])["Attributes"] for q in QUEUES}
    for queue, its in attributes.items():
        check(f"{queue} keeps for 14 days", its["MessageRetentionPeriod"], "1209600")
        check(f"{queue} is encrypted", its["SqsManagedSseEnabled"], "true")
    rules = {rule["Name"]: rule["Arn"] for rule in stack.aws.events.list_rules()["Rules"]}
    targets = [t for name in rules for t in stack.aws.events.list_targets_by_rule(Rule=name)["Targets"]]
    check("a tick that reaches nobody goes to the queue", {t["DeadLetterConfig"]["Arn"] for t in targets},
          {attributes["UndeliveredTicks"]["QueueArn"]})
    check("an old tick is not delivered", sorted(t["RetryPolicy"]["MaximumEventAgeInSeconds"] for t in targets), [60, 240, 240])
    allowed = [s for s in json.loads(attributes["UndeliveredTicks"]["Policy"])["Statement"] if s["Effect"] == "Allow"]
    check("these schedules may write there, and nobody else",
          [(s["Principal"], s["Action"], sorted(s["Condition"]["ArnEquals"]["aws:SourceArn"])) for s in allowed],
          [({"Service": "events.amazonaws.com"}, "sqs:SendMessage", sorted(rules.values()))])


def refused_plain(stack, queue):
    try:
        stack.aws.plain("sqs").receive_message(QueueUrl=stack.ids[queue])
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDenied" or error
    return "allowed"


def check_dashboard(stack):
    body = json.loads(stack.aws.cloudwatch.get_dashboard(DashboardName=stack.ids["Dashboard"])["DashboardBody"])
    rows = [row for widget in body["widgets"] for row in widget["properties"]["metrics"]]
    metrics = [{"Namespace": n, "MetricName": m, "Dimensions": [{"Name": d, "Value": v}]} for n, m, d, v, *_ in rows]
    check("the dashboard shows what there is", unknown(stack, metrics), [])
    check("the dashboard is one of the free ones", len(rows) <= 50)
    check("the dashboard is of this region", {w["properties"]["region"] for w in body["widgets"]}, {ministack.REGION})
