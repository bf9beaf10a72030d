import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { FUNCTIONS, membersOf, SECRETS, TABLES, TOPICS } from "../lib/members";
import { type PackagedTemplate, readTemplate, type TemplateParameter } from "../lib/packaged";
import { bounds, isList, propName } from "../lib/parameters";

/** Where the types lie in this package. */
export const TYPES_FILE = resolve(__dirname, "../../lib/template-types.ts");

const HEAD = `// Written from infra/template.yaml by \`infra/tools/cdk.sh types\`: a change belongs there.
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { ITopic } from "aws-cdk-lib/aws-sns";
`;

/** The template's parameters and members as TypeScript. */
export function templateTypes(template: PackagedTemplate): string {
  const parameters = Object.entries(template.Parameters).map(([name, parameter]) => parameterProp(name, parameter));
  const members = (kind: typeof FUNCTIONS, type: string) =>
    membersOf(template, kind).map(([name, logicalId, { Properties }]) =>
      property(name, type, [sentence(Properties?.["Description"] ?? `${logicalId} of the template`)]),
    );
  return [
    HEAD,
    declaration("TokenwardenParameters", "The settings: the template's parameters.", parameters),
    declaration("TokenwardenFunctions", "The functions by name.", members(FUNCTIONS, "IFunction")),
    declaration("TokenwardenTables", "The tables by name.", members(TABLES, "ITable")),
    declaration("TokenwardenSecrets", "The secrets by name.", members(SECRETS, "ISecret")),
    declaration("TokenwardenTopics", "The topics by name.", members(TOPICS, "ITopic")),
  ].join("\n");
}

function declaration(name: string, doc: string, properties: string[]): string {
  return `/** ${doc} */\nexport interface ${name} {\n${properties.join("")}}\n`;
}

function parameterProp(name: string, parameter: TemplateParameter): string {
  const { Description, Default, MinValue, MaxValue } = parameter;
  const range = bounds(MinValue, MaxValue);
  const doc = [sentence(Description ?? name), ...(range ? [`A number${range}.`] : [])];
  const tag = Default === undefined ? [] : ["", `@default ${typeOf(parameter) === "number" ? Default : JSON.stringify(Default)}`];
  return property(propName(name) + (Default === undefined ? "" : "?"), typeOf(parameter), [...doc, ...tag]);
}

/** Lines of at most so many characters. */
function wrapped(text: string, most: number): string[] {
  return (text.match(new RegExp(`.{1,${most}}(?= |$)`, "g")) ?? [""]).map((line) => line.trim());
}

function sentence(description: unknown): string {
  return String(description).replace(/\.?$/, ".");
}

function typeOf(parameter: TemplateParameter): string {
  const { Type, AllowedValues } = parameter;
  if (AllowedValues) {
    const literals = AllowedValues.map((value) => (Type === "Number" ? String(value) : JSON.stringify(value)));
    return wrapped(literals.join(" | "), 100).join("\n    ");
  }
  if (isList(parameter)) {
    return "string[]";
  }
  return Type === "Number" ? "number" : "string";
}

function property(name: string, type: string, sentences: string[]): string {
  const doc = sentences.flatMap((text) => wrapped(text, 120));
  const lines = doc.length > 1 ? ["  /**", ...doc.map((line) => `   * ${line}`.trimEnd()), "   */"] : [`  /** ${doc[0]} */`];
  return [...lines, `  readonly ${name}: ${type};`, ""].join("\n");
}

if (require.main === module) {
  writeFileSync(TYPES_FILE, templateTypes(readTemplate(process.argv[2] ?? "")));
}
