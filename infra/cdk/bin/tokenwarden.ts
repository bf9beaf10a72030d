#!/usr/bin/env node
// The app: one stack with one Tokenwarden, checked by cdk-nag whenever it is synthesized.
import { App, Stack, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { acknowledgeFindings, Tokenwarden, TokenwardenError } from "../lib";
import { readSettings } from "../lib/settings";

function main(): void {
  const app = new App();
  const { stackName, props } = readSettings(app.node, process.env);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const tokenwarden = new Tokenwarden(new Stack(app, "Stack", { stackName }), "Tokenwarden", props);
  acknowledgeFindings(tokenwarden, new AwsSolutionsChecks());
}

try {
  main();
} catch (error) {
  if (!(error instanceof TokenwardenError)) {
    throw error;
  }
  console.error(`tokenwarden: ${error.message}`);
  process.exitCode = 1;
}
