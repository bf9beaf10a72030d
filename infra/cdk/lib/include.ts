import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import type { Construct } from "constructs";
import { checkRules, Conditions } from "./conditions";
import type { PackagedTemplate, TemplateElement } from "./packaged";
import type { ParameterValues } from "./parameters";

/**
 * Includes a template with values in the place of its parameters.
 *
 * With the values known, its rules are checked and its conditions decided here: CloudFormation takes no reference to a
 * resource in a condition, and a value may be one. The groups of the parameters, which its console shows, go with them.
 */
export function include(scope: Construct, template: PackagedTemplate, parameters: ParameterValues): CfnInclude {
  const conditions = new Conditions(template.Conditions ?? {}, parameters);
  checkRules(template.Rules ?? {}, conditions);
  const folder = mkdtempSync(join(tmpdir(), "tokenwarden-"));
  try {
    const templateFile = join(folder, "template.json");
    writeFileSync(templateFile, JSON.stringify(decided(template, conditions)));
    return new CfnInclude(scope, "Template", { templateFile, parameters });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The template without its rules, groups and conditions, and without what the conditions exclude. */
function decided(template: PackagedTemplate, conditions: Conditions): object {
  const { Rules: _rules, Metadata: _groups, Conditions: _conditions, ...rest } = template;
  const resources = present(template.Resources, conditions);
  const waiting = Object.entries(resources).map(([id, { DependsOn: others = [], ...resource }]) => {
    const left = [others].flat().filter((other) => other in resources);
    return [id, left.length > 0 ? { ...resource, DependsOn: left } : resource];
  });
  const outputs = present(template.Outputs ?? {}, conditions);
  return chosen({ ...rest, Resources: Object.fromEntries(waiting), Outputs: outputs }, conditions) as object;
}

function present<E extends TemplateElement>(elements: Readonly<Record<string, E>>, conditions: Conditions): Record<string, E> {
  const left = Object.entries(elements).filter(([, { Condition: name }]) => name === undefined || conditions.holdNamed(name));
  return Object.fromEntries(left.map(([id, { Condition: _, ...element }]) => [id, element as unknown as E]));
}

/** A part of a template with one branch of every `Fn::If` in the place of both, and without what then has no value. */
function chosen(part: unknown, conditions: Conditions): unknown {
  if (Array.isArray(part)) {
    return part.map((item) => chosen(item, conditions)).filter(hasValue);
  }
  if (typeof part !== "object" || part === null) {
    return part;
  }
  const { "Fn::If": branches } = part as { "Fn::If"?: [string, unknown, unknown] };
  if (branches) {
    return chosen(conditions.holdNamed(branches[0]) ? branches[1] : branches[2], conditions);
  }
  const chosenParts = Object.entries(part).map(([key, value]) => [key, chosen(value, conditions)] as const);
  return Object.fromEntries(chosenParts.filter(([, value]) => hasValue(value)));
}

function hasValue(part: unknown): boolean {
  return (part as { Ref?: unknown } | null)?.Ref !== "AWS::NoValue";
}
