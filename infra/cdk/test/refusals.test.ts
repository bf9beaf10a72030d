// What the construct refuses, and what it says then.
import assert from "node:assert/strict";
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { CfnParameter, NestedStack, Stack } from "aws-cdk-lib";
import { Tokenwarden, TokenwardenError, type TokenwardenProps } from "../lib";
import { emptyStack, PROPS, ROOT, temporaryFolder, TEMPLATE_FILE, tokenwarden } from "./support";

/** Runs something that is refused, and answers what is said. */
function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof TokenwardenError, String(error));
    return error.message;
  }
  assert.fail("it was not refused");
}

/** What is said of props, which a program without types could give. */
function said(props: Record<string, unknown>): string {
  return refused(() => tokenwarden(props as Partial<TokenwardenProps>));
}

test("a template that is not there", () => {
  assert.match(said({ templateFile: "/nowhere/t.json" }), /^no template at \/nowhere\/t\.json \(`make package` writes it/);
});

test("the template before its translation", () => {
  const templateFile = join(ROOT, "infra/template.yaml");
  assert.match(said({ templateFile }), /template\.yaml is not the template that `make package` writes/);
});

test("zips that are not there, all of them at once", () => {
  const templateFile = join(temporaryFolder(), "template.json");
  copyFileSync(TEMPLATE_FILE, templateFile);
  const message = said({ templateFile });
  for (const name of readdirSync(join(ROOT, "functions"))) {
    assert.ok(message.includes(`${name}.zip`), name);
  }
  assert.match(message, /^not packaged: .*run `make package`/);
});

test("code that is not a zip of this folder", () => {
  const templateFile = join(temporaryFolder(), "template.json");
  const code = { S3Bucket: "elsewhere", S3Key: "folder/ingest-audit.zip" };
  const template = { Parameters: {}, Resources: { IngestAudit: { Type: "AWS::Lambda::Function", Properties: { Code: code } } } };
  writeFileSync(templateFile, JSON.stringify(template));
  assert.match(said({ templateFile }), /IngestAudit's code .* is not FUNCTION\.zip but "folder\/ingest-audit\.zip"/);
});

test("no org, and an org that is none", () => {
  assert.match(said({ orgs: undefined }), /^orgs is missing: Ids of the Atlassian orgs to govern/);
  assert.match(said({ orgs: [] }), /^orgs is "", and has to be one or more org ids/);
  assert.match(said({ orgs: ["https://admin.atlassian.com/o/1"] }), /^orgs is .*, and has to be one or more org ids/);
});

test("values that the template does not allow, all of them at once", () => {
  const message = said({ keepEvents: "some", backfillDays: 181, rateSharePercent: "half", mailIdentity: "a b" });
  assert.deepEqual(message.split("\n"), [
    'keepEvents is "some", and has to be one of relevant, all',
    'backfillDays is "181", and has to be a number from 0 to 180',
    'rateSharePercent is "half", and has to be a number from 1 to 100',
    'mailIdentity is "a b", and has to be of the form ^[A-Za-z0-9.@_+-]{1,254}$',
  ]);
});

test("values that do not go together", () => {
  const message = said({ restoredCasesTable: "cases-of-tuesday" });
  assert.equal(message, "RestoredCasesTable and RestoredCasesStream are given together or not at all.");
});

test("a value that is known only at deployment is not refused", () => {
  const stack = emptyStack();
  const mailIdentity = new CfnParameter(stack, "Sender").valueAsString;
  new Tokenwarden(stack, "Tokenwarden", { ...PROPS, mailIdentity });
});

test("a second one in the same stack", () => {
  const stack = emptyStack();
  new Tokenwarden(stack, "One", PROPS);
  const message = refused(() => new Tokenwarden(stack, "Two", PROPS));
  assert.match(message, /^Stack\/One and Stack\/Two are in one stack, .* a stack of its own$/);
});

test("one in each of two stacks is not refused", () => {
  const stack = emptyStack("one");
  new Tokenwarden(stack, "Tokenwarden", PROPS);
  new Tokenwarden(new Stack(stack.node.root as never, "Other", { stackName: "two" }), "Tokenwarden", PROPS);
});

test("a stack whose name is too long for the functions' names", () => {
  const longest = Math.max(...readdirSync(join(ROOT, "functions")).map((name) => `-${name}`.length));
  const fits = "t".repeat(64 - longest);
  new Tokenwarden(emptyStack(fits), "Tokenwarden", PROPS);
  const message = refused(() => new Tokenwarden(emptyStack(`${fits}t`), "Tokenwarden", PROPS));
  assert.match(message, new RegExp(`more than ${fits.length} characters`));
});

test("a nested stack", () => {
  const nested = new NestedStack(emptyStack(), "Nested");
  assert.match(refused(() => new Tokenwarden(nested, "Tokenwarden", PROPS)), /cannot be in a nested stack/);
});
