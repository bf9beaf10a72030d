import { mkdirSync, mkdtempSync } from "node:fs";
import { join, resolve } from "node:path";
import { App, Lazy, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Tokenwarden, type TokenwardenProps } from "../lib";
import { type PackagedTemplate, readTemplate, type TemplateParameter } from "../lib/packaged";
import { propName } from "../lib/parameters";

// CDK's own validation takes seconds for each stack; `infra/tools/cdk.sh` synthesizes once with it.
process.env["CDK_VALIDATION"] = "false";

/** The repository. */
export const ROOT = resolve(__dirname, "../../../..");

const PACKAGE = join(ROOT, "target/infra/cdk");

/** What `infra/tools/cdk.sh` writes before the tests: the template as it is now, and a zip for each function. */
export const TEMPLATE_FILE = join(PACKAGE, "template.json");

/** The template as it is now. */
export const TEMPLATE: PackagedTemplate = readTemplate(TEMPLATE_FILE);

/** Props that differ from the defaults only where they must. */
export const PROPS: TokenwardenProps = { orgs: ["org-1", "org-2"], templateFile: TEMPLATE_FILE };

/** A value for each parameter. */
export function valuesOf(value: (name: string, parameter: TemplateParameter) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(TEMPLATE.Parameters).map(([name, parameter]) => [name, value(name, parameter)]));
}

/** The value that a parameter has with `PROPS`. */
export function defaultValue(_name: string, { Default }: TemplateParameter): string {
  return Default === undefined ? PROPS.orgs.join(",") : String(Default);
}

/** A value that is not the default: one of the template's choices, a number within its bounds, or a text that is made up. */
export function otherValue(name: string, { Type, AllowedValues, Default, MinValue, MaxValue }: TemplateParameter): string {
  if (AllowedValues) {
    return String(AllowedValues.find((value) => value !== Default));
  }
  return Type === "Number" ? String(Default === MaxValue ? MinValue : MaxValue) : `text-of-${name}`;
}

/** The other values as props; a text that is made up would not pass the template's pattern, so it is resolved later. */
export function otherProps(): Partial<TokenwardenProps> {
  const asProp = (value: string) => (value.startsWith("text-of-") ? Lazy.string({ produce: () => value }) : value);
  const props = Object.entries(valuesOf(otherValue)).map(([name, value]) => [propName(name), asProp(value)]);
  return Object.fromEntries(props) as Partial<TokenwardenProps>;
}

/** An empty folder, which the next run of `infra/tools/cdk.sh` removes. */
export function temporaryFolder(): string {
  mkdirSync(join(PACKAGE, "tests"), { recursive: true });
  return mkdtempSync(join(PACKAGE, "tests/"));
}

/** The stack of an app of its own. */
export function emptyStack(stackName = "tokenwarden"): Stack {
  return new Stack(new App({ outdir: temporaryFolder() }), "Stack", { stackName });
}

/** A Tokenwarden alone in its stack. */
export function tokenwarden(props: Partial<TokenwardenProps> = {}): Tokenwarden {
  return new Tokenwarden(emptyStack(), "Tokenwarden", { ...PROPS, ...props });
}

/** What CDK makes of the stack around a Tokenwarden. */
export function synthesized(construct: Tokenwarden): Template {
  return Template.fromStack(Stack.of(construct));
}
