// The app as the CDK CLI runs it: context and environment in, a cloud assembly or one clear error out.
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { temporaryFolder, TEMPLATE, TEMPLATE_FILE } from "./support";

const APP = join(__dirname, "../bin/tokenwarden.js");

/** One run of the app. */
class Run {
  private readonly folder = temporaryFolder();
  private readonly outcome: SpawnSyncReturns<string>;

  constructor(context: Record<string, unknown>, environment: Record<string, string> = {}) {
    const { PATH } = process.env;
    const settings = { CDK_OUTDIR: this.folder, CDK_CONTEXT_JSON: JSON.stringify({ templateFile: TEMPLATE_FILE, ...context }) };
    const env = { PATH, CDK_VALIDATION: "false", ...settings, ...environment };
    this.outcome = spawnSync(process.execPath, [APP], { encoding: "utf8", env });
  }

  /** The stack that was made: its name, and its template as text. */
  made(): { stackName: string; template: string } {
    assert.equal(this.outcome.status, 0, this.outcome.stderr);
    const { artifacts } = JSON.parse(readFileSync(join(this.folder, "manifest.json"), "utf8"));
    const { properties } = artifacts["Stack"];
    return { stackName: properties.stackName, template: readFileSync(join(this.folder, properties.templateFile), "utf8") };
  }

  /** What was said when nothing was made. */
  refused(): string {
    assert.equal(this.outcome.status, 1, this.outcome.stderr);
    return this.outcome.stderr;
  }
}

/** The value of a variable of a function's environment. */
function variable(template: string, name: string): string | undefined {
  return new RegExp(`"${name}": "([^"]*)"`).exec(template)?.[1];
}

test("it makes the stack `tokenwarden` for the orgs of the context", () => {
  const { stackName, template } = new Run({ orgs: "org-1,org-2" }).made();
  assert.equal(stackName, "tokenwarden");
  assert.equal(variable(template, "ORGS"), "org-1,org-2");
});

test("settings are read from cdk.context.json's lists and numbers too, and the stack has another name when told", () => {
  const { stackName, template } = new Run({ orgs: ["org-1", "org-2"], backfillDays: 7, stackName: "acme" }).made();
  assert.equal(stackName, "acme");
  assert.deepEqual([variable(template, "ORGS"), variable(template, "BACKFILL_DAYS")], ["org-1,org-2", "7"]);
});

test("settings are read from the environment, and the context has the last word", () => {
  const environment = { TOKENWARDEN_ORGS: "org-3", TOKENWARDEN_KEEP_EVENTS: "all", TOKENWARDEN_BACKFILL_DAYS: "" };
  const { template } = new Run({ orgs: "org-4" }, environment).made();
  const variables = ["ORGS", "KEEP_EVENTS", "BACKFILL_DAYS"].map((name) => variable(template, name));
  assert.deepEqual(variables, ["org-4", "all", String(TEMPLATE.Parameters["BackfillDays"]?.Default)]);
});

test("without an org it says how to give one, and nothing else", () => {
  const said = new Run({}).refused();
  assert.match(said, /^tokenwarden: no org is given.*admin\.atlassian\.com\/o\/ORG_ID/);
  for (const way of ["TOKENWARDEN_ORGS=ORG_ID", "-c orgs=ORG_ID", '{"orgs": ["ORG_ID"]}']) {
    assert.ok(said.includes(way), way);
  }
  assert.ok(!said.includes("    at "), "no stack trace");
});

test("a setting that does not exist is named, with those that do", () => {
  const said = new Run({ orgs: "org-1", keepEvent: "all" }).refused();
  assert.match(said, /^tokenwarden: no such setting: keepEvent\. There are orgs, /);
});

test("without a package it says how to make one", () => {
  const said = new Run({ orgs: "org-1", templateFile: "/nowhere.json" }).refused();
  assert.match(said, /^tokenwarden: no template at .*make package/);
});

test("a finding of cdk-nag that is not listed stops it", () => {
  const folder = temporaryFolder();
  for (const name of readdirSync(dirname(TEMPLATE_FILE)).filter((file) => file.endsWith(".zip"))) {
    copyFileSync(join(dirname(TEMPLATE_FILE), name), join(folder, name));
  }
  const templateFile = join(folder, "template.json");
  const Unlisted = { Type: "AWS::SQS::Queue", Properties: {} };
  writeFileSync(templateFile, JSON.stringify({ ...TEMPLATE, Resources: { ...TEMPLATE.Resources, Unlisted } }));
  assert.match(new Run({ orgs: "org-1", templateFile }).refused(), /AwsSolutions-SQS3/);
});
