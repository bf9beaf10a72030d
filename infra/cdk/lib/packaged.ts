import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Expression, TemplateRule } from "./conditions";
import { TokenwardenError } from "./error";

/** What `make package` writes: CloudFormation made of infra/template.yaml; each function's zip lies in the same folder. */
export const DEFAULT_TEMPLATE_FILE = resolve(__dirname, "../../../../target/lambda/template.json");

/** A parameter as the template declares it. */
export interface TemplateParameter {
  readonly Type: string;
  readonly Description?: string;
  readonly Default?: string | number;
  readonly AllowedValues?: readonly (string | number)[];
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
  readonly MinValue?: number;
  readonly MaxValue?: number;
  readonly MinLength?: number;
  readonly MaxLength?: number;
}

/** A part of the template that is there under a condition, or always. */
export interface TemplateElement {
  readonly Condition?: string;
}

/** A resource as the template declares it. */
export interface TemplateResource extends TemplateElement {
  readonly Type: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** The part of a template that this package reads itself. */
export interface PackagedTemplate {
  readonly Parameters: Readonly<Record<string, TemplateParameter>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, TemplateElement>>;
  readonly Conditions?: Readonly<Record<string, Expression>>;
  readonly Rules?: Readonly<Record<string, TemplateRule>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** A template and, by each function's logical id, the zip with its code. */
export interface Packaged {
  readonly templateFile: string;
  readonly template: PackagedTemplate;
  readonly zips: ReadonlyMap<string, string>;
}

/** Reads a packaged template; what is missing is an error that says how to get it. */
export function readPackaged(templateFile: string): Packaged {
  const template = readTemplate(templateFile);
  const zips = zipsOf(template, dirname(templateFile));
  const missing = [...zips.values()].filter((zip) => !existsSync(zip));
  if (missing.length > 0) {
    throw new TokenwardenError(`not packaged: ${missing.join(", ")} (run \`make package\`)`);
  }
  return { templateFile, template, zips };
}

/** Reads a template alone, without asking for its zips. */
export function readTemplate(templateFile: string): PackagedTemplate {
  if (!existsSync(templateFile)) {
    throw new TokenwardenError(`no template at ${templateFile} (\`make package\` writes it; another place: templateFile)`);
  }
  const text = readFileSync(templateFile, "utf8");
  try {
    return JSON.parse(text) as PackagedTemplate;
  } catch {
    throw new TokenwardenError(`${templateFile} is not the template that \`make package\` writes: it is not JSON`);
  }
}

/** The functions' logical ids and zips: each function's code is named FUNCTION.zip in the template. */
function zipsOf(template: PackagedTemplate, folder: string): Map<string, string> {
  const functions = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::Lambda::Function");
  return new Map(functions.map(([logicalId, { Properties }]) => [logicalId, join(folder, zipName(logicalId, Properties))]));
}

function zipName(logicalId: string, properties: TemplateResource["Properties"]): string {
  const key = (properties?.["Code"] as { S3Key?: unknown } | undefined)?.S3Key;
  if (typeof key !== "string" || !/^[a-z-]+\.zip$/.test(key)) {
    throw new TokenwardenError(`${logicalId}'s code in the template is not FUNCTION.zip but ${JSON.stringify(key)}`);
  }
  return key;
}
