// What the construct makes of infra/template.yaml.
import loosely from "node:assert";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { Stage } from "aws-cdk-lib";
import { FUNCTIONS, TABLES } from "../lib/members";
import { templateTypes, TYPES_FILE } from "../tools/write-template-types";
import { defaultValue, otherProps, otherValue, PROPS, ROOT, TEMPLATE, TEMPLATE_FILE, valuesOf } from "./support";
import { synthesized, tokenwarden } from "./support";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Resource = { Type: string; Properties: Record<string, Json>; DeletionPolicy?: string; UpdateReplacePolicy?: string };

/** Everything that stands under a key, however deep. */
function under(key: string, json: Json): Json[] {
  if (typeof json !== "object" || json === null) {
    return [];
  }
  return Object.entries(json).flatMap(([name, value]) => (name === key ? [value].flat() : under(key, value)));
}

/** What a template means with these values, read here once more: every condition holds, or none does. */
function meant(json: Json, values: Record<string, Json>, all: "hold" | "fail"): Json {
  if (Array.isArray(json)) {
    return json.map((item) => meant(item, values, all)).filter(hasValue);
  }
  if (typeof json !== "object" || json === null) {
    return json;
  }
  const { Ref: ref, "Fn::Sub": sub, "Fn::If": branches } = json;
  if (typeof ref === "string") {
    return values[ref] ?? json;
  }
  if (sub !== undefined) {
    const [text, more] = [sub].flat() as [string, Record<string, Json>?];
    const known: Record<string, Json> = { ...values, ...more };
    return { "Fn::Sub": text.replace(/\$\{(\w+)\}/g, (reference, name: string) => String(known[name] ?? reference)) };
  }
  if (Array.isArray(branches)) {
    return meant(branches[all === "hold" ? 1 : 2]!, values, all);
  }
  const parts = Object.entries(json).map(([key, part]) => [key, meant(part, values, all)] as const);
  return Object.fromEntries(parts.filter(([, part]) => hasValue(part)));
}

function hasValue(part: Json): boolean {
  return JSON.stringify(part) !== '{"Ref":"AWS::NoValue"}';
}

/** The resources or outputs that are there. */
function present(elements: Readonly<Record<string, { Condition?: string }>>, all: "hold" | "fail"): Json {
  const there = Object.entries(elements).filter(([, { Condition: condition }]) => all === "hold" || condition === undefined);
  return Object.fromEntries(there.map(([logicalId, { Condition: _, ...element }]) => [logicalId, element as unknown as Json]));
}

/** Resources without what CDK puts in (the place of the code, and notes for itself), their tags in the order of their keys. */
function comparable(resources: unknown): Record<string, Resource> {
  const copies = structuredClone(resources) as Record<string, Resource & { Metadata?: Json }>;
  for (const copy of Object.values(copies)) {
    delete copy.Metadata;
    (copy.Properties?.["Tags"] as { Key: string }[] | undefined)?.sort?.((one, other) => (one.Key < other.Key ? -1 : 1));
    if (copy.Type === FUNCTIONS.type) {
      delete copy.Properties["Code"];
    }
  }
  return copies;
}

function resourcesOf(type: string): Resource[] {
  return Object.values(synthesized(tokenwarden()).findResources(type)) as Resource[];
}

test("the typed props and members are those of the template", () => {
  const written = readFileSync(TYPES_FILE, "utf8");
  assert.ok(written === templateTypes(TEMPLATE), "lib/template-types.ts is of another template: run infra/tools/cdk.sh types");
});

for (const [which, props, values, all] of [
  ["the defaults", PROPS, valuesOf(defaultValue), "fail"],
  ["values other than the defaults", otherProps(), valuesOf(otherValue), "hold"],
] as const) {
  test(`every resource and output arrives as the template declares it, with ${which} in the parameters' place`, () => {
    const arrived = synthesized(tokenwarden(props)).toJSON();
    for (const section of ["Resources", "Outputs"] as const) {
      const declared = comparable(meant(present(TEMPLATE[section]!, all), values, all));
      for (const [logicalId, part] of Object.entries(comparable(meant(arrived[section], {}, all)))) {
        loosely.deepEqual(part, declared[logicalId], logicalId); // "30" and 30 are the same to CloudFormation
      }
      assert.deepEqual(Object.keys(arrived[section] as object).sort(), Object.keys(declared).sort());
    }
    assert.deepEqual(Object.keys(arrived["Parameters"] as object), ["BootstrapVersion"], "CDK's own parameter alone is left");
    assert.ok(!/AWS::NoValue|Fn::If/.test(JSON.stringify(arrived)), "nothing is left to be decided");
  });
}

test("every parameter is used", () => {
  const text = JSON.stringify([TEMPLATE.Resources, TEMPLATE.Conditions]);
  for (const name of Object.keys(TEMPLATE.Parameters)) {
    assert.ok(text.includes(`{"Ref":"${name}"}`) || text.includes(`\${${name}}`), name);
  }
});

test("the settings that are given reach the functions, the others have the template's defaults", () => {
  const functions = synthesized(tokenwarden({ orgs: ["a", "b"], keepEvents: "all" })).findResources(FUNCTIONS.type);
  const { Variables: variables } = functions["PollAudit"]!["Properties"].Environment;
  assert.deepEqual([variables.ORGS, variables.KEEP_EVENTS, variables.EVENT_RETENTION_DAYS], ["a,b", "all", "120"]);
});

test("every function of the repository is there with its own zip as its code", () => {
  const assembly = Stage.of(tokenwarden())!.synth();
  const { Resources: resources } = assembly.getStackByName("tokenwarden").template as { Resources: Record<string, Resource> };
  const functions = Object.values(resources).filter(({ Type }) => Type === FUNCTIONS.type);
  const arrived = functions.map(({ Properties }) => {
    const { "Fn::Sub": name } = Properties["FunctionName"] as { "Fn::Sub": string };
    const { S3Bucket: bucket, S3Key: key } = Properties["Code"] as { S3Bucket: { "Fn::Sub": string }; S3Key: string };
    assert.match(bucket["Fn::Sub"], /^cdk-.*-assets-/);
    return [name, readFileSync(join(assembly.directory, `asset.${key}`), "latin1")];
  });
  const packaged = readdirSync(join(ROOT, "functions")).map((name) => [
    `\${AWS::StackName}-${name}`,
    readFileSync(join(dirname(TEMPLATE_FILE), `${name}.zip`), "latin1"),
  ]);
  assert.deepEqual(arrived.sort(), packaged.sort());
});

test("both tables outlive their stack", () => {
  const tables = resourcesOf(TABLES.type);
  assert.equal(tables.length, Object.keys(tokenwarden().tables).length);
  for (const table of tables) {
    assert.deepEqual([table.DeletionPolicy, table.UpdateReplacePolicy], ["Retain", "Retain"]);
  }
});

test("what a role may do to every resource is to send traces", () => {
  const roles = Object.values(synthesized(tokenwarden(otherProps())).findResources("AWS::IAM::Role")) as Resource[];
  const statements = roles.flatMap(({ Properties }) => under("Statement", Properties)) as { Action: Json; Resource?: Json }[];
  const everywhere = statements.filter(({ Resource }) => [Resource].flat().includes("*"));
  assert.ok(everywhere.length > 0);
  for (const { Action: actions } of everywhere) {
    assert.deepEqual([actions].flat().filter((action) => !String(action).startsWith("xray:Put")), []);
  }
});

test("no role may do everything, nor everything of a service", () => {
  const roles = resourcesOf("AWS::IAM::Role");
  const actions = roles.map(({ Properties }) => under("Action", Properties));
  assert.ok(roles.length >= Object.keys(tokenwarden().functions).length && actions.every((of) => of.length > 1));
  assert.deepEqual(actions.flat().filter((action) => String(action).includes("*")), []);
  assert.deepEqual(under("ManagedPolicyArns", roles), []);
});
