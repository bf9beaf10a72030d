// The construct in somebody else's stack.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { CfnOutput, Duration, Stack, Stage } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { AttributeType, StreamViewType, Table } from "aws-cdk-lib/aws-dynamodb";
import { Rule } from "aws-cdk-lib/aws-events";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Tokenwarden } from "../lib";
import { TYPES_FILE } from "../tools/write-template-types";
import { emptyStack, PROPS, synthesized, tokenwarden } from "./support";

/** The properties that an interface of lib/template-types.ts promises. */
function promised(name: string): string[] {
  const declaration = new RegExp(`interface ${name} {(.*?)^}`, "ms").exec(readFileSync(TYPES_FILE, "utf8"))?.[1] ?? "";
  return [...declaration.matchAll(/^  readonly (\w+):/gm)].map(([, property]) => String(property));
}

test("every member that the types promise is there, and no other", () => {
  const { functions, tables, secrets, topics } = tokenwarden();
  assert.ok(promised("TokenwardenFunctions").includes("ingestAudit"));
  assert.deepEqual(Object.keys(functions), promised("TokenwardenFunctions"));
  assert.deepEqual(Object.keys(tables), promised("TokenwardenTables"));
  assert.deepEqual(Object.keys(secrets), promised("TokenwardenSecrets"));
  assert.deepEqual(Object.keys(topics), promised("TokenwardenTopics"));
});

test("what a member grants names the resource of the template", () => {
  const construct = tokenwarden();
  const reader = new Role(Stack.of(construct), "Reader", { assumedBy: new AccountRootPrincipal() });
  construct.tables.cases.grantReadData(reader);
  construct.tables.cases.grantStreamRead(reader);
  construct.secrets.webhook.grantWrite(reader);
  construct.functions.reportTokens.grantInvoke(reader);
  const policies = JSON.stringify(synthesized(construct).findResources("AWS::IAM::Policy"));
  for (const attribute of ["CasesTable.Arn", "CasesTable.StreamArn", "WebhookSecret.Id", "ReportTokens.Arn"]) {
    assert.ok(policies.includes(JSON.stringify({ "Fn::GetAtt": attribute.split(".") })), attribute);
  }
});

test("rules, alarms and subscriptions can be added", () => {
  const construct = tokenwarden();
  const stack = Stack.of(construct);
  new Rule(stack, "Messages", { eventBus: construct.eventBus, eventPattern: { account: ["111111111111"] } });
  const errors = construct.functions.pollAudit.metricErrors({ period: Duration.minutes(5) });
  new Alarm(stack, "Errors", { metric: errors, threshold: 7, evaluationPeriods: 1 });
  for (const topic of Object.values(construct.topics)) {
    topic.addSubscription(new EmailSubscription("security@example.com"));
  }
  const template = synthesized(construct);
  const added = (type: string, properties: object) => JSON.stringify(template.findResources(type, { Properties: properties }));
  assert.match(added("AWS::Events::Rule", { EventPattern: { account: ["111111111111"] } }), /"EventBus","Arn"/);
  assert.match(added("AWS::CloudWatch::Alarm", { Threshold: 7 }), /"PollAudit","Arn"/);
  assert.match(added("AWS::SNS::Subscription", { Endpoint: "security@example.com" }), /"TopicArn":{"Ref":"\w+"}/);
});

test("another stack of the app can use the address of the API", () => {
  const construct = tokenwarden();
  const other = new Stack(Stage.of(construct)!, "Other");
  new CfnOutput(other, "Reports", { value: construct.apiUrl });
  const { Value: value } = Template.fromStack(other).toJSON()["Outputs"]["Reports"];
  assert.match(value["Fn::ImportValue"], /HttpApi.*ApiEndpoint/);
});

test("what is known only at deployment counts as given", () => {
  const stack = emptyStack();
  const restored = new Table(stack, "Restored", {
    partitionKey: { name: "pk", type: AttributeType.STRING },
    stream: StreamViewType.NEW_IMAGE,
  });
  const construct = new Tokenwarden(stack, "Tokenwarden", {
    ...PROPS,
    restoredCasesTable: restored.tableName,
    restoredCasesStream: restored.tableStreamArn!,
  });
  const mappings = JSON.stringify(synthesized(construct).findResources("AWS::Lambda::EventSourceMapping"));
  assert.ok(mappings.includes(JSON.stringify(stack.resolve(restored.tableStreamArn))));
});
