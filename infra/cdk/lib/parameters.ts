import { Token, Tokenization } from "aws-cdk-lib";
import { TokenwardenError } from "./error";
import type { TemplateParameter } from "./packaged";

/** A value that a prop may have. */
export type PropValue = string | number | boolean | readonly string[];

/** The value of each parameter, by the parameter's name. */
export type ParameterValues = Readonly<Record<string, string | readonly string[]>>;

/** The prop of a parameter or a resource: its name with a small first letter. */
export function propName(logicalId: string): string {
  return logicalId.charAt(0).toLowerCase() + logicalId.slice(1);
}

/** Whether a parameter's prop is a list: a list for CloudFormation, or a text that is separated by commas. */
export function isList(parameter: TemplateParameter): boolean {
  return parameter.Type === "CommaDelimitedList" || (parameter.AllowedPattern ?? "").includes("(,");
}

/**
 * The value of every parameter: the prop's, else the template's default.
 *
 * The values take the place of the parameters, so what CloudFormation would check is checked here, except for what is
 * known only at deployment.
 */
export function parameterValues(
  parameters: Readonly<Record<string, TemplateParameter>>,
  props: Readonly<Record<string, PropValue | undefined>>,
): ParameterValues {
  const given = Object.entries(parameters).map(([name, parameter]) => {
    const value = props[propName(name)] ?? parameter.Default;
    return { name, parameter, value: value === undefined ? undefined : asText(value) };
  });
  const complaints = given.flatMap(({ name, parameter, value }) => complaint(propName(name), parameter, value) ?? []);
  if (complaints.length > 0) {
    throw new TokenwardenError(complaints.join("\n"));
  }
  return Object.fromEntries(given.map(({ name, parameter, value = "" }) => [name, asDeclared(parameter, value)]));
}

function asText(value: PropValue): string {
  if (Array.isArray(value)) {
    return value.join(",");
  }
  return typeof value === "number" ? Tokenization.stringifyNumber(value) : String(value);
}

function asDeclared(parameter: TemplateParameter, value: string): string | string[] {
  return parameter.Type === "CommaDelimitedList" ? value.split(",") : value;
}

/** What is wrong with a value, if anything is. */
function complaint(prop: string, parameter: TemplateParameter, value: string | undefined): string | undefined {
  if (value === undefined) {
    return `${prop} is missing: ${parameter.Description ?? "the template has no default for it"}`;
  }
  const wanted = Token.isUnresolved(value) ? undefined : (notAllowed(parameter, value) ?? outOfBounds(parameter, value));
  return wanted && `${prop} is ${JSON.stringify(value)}, and has to be ${wanted}`;
}

function notAllowed(parameter: TemplateParameter, value: string): string | undefined {
  const { AllowedValues: values, AllowedPattern: pattern } = parameter;
  if (values && !values.map(String).includes(value)) {
    return `one of ${values.join(", ")}`;
  }
  if (pattern && !new RegExp(`^(?:${pattern})$`).test(value)) {
    return parameter.ConstraintDescription ?? `of the form ${pattern}`;
  }
  return undefined;
}

function outOfBounds(parameter: TemplateParameter, value: string): string | undefined {
  const { MinValue, MaxValue, MinLength, MaxLength } = parameter;
  if (parameter.Type === "Number") {
    const isNumber = /^-?[0-9]+(\.[0-9]+)?$/.test(value);
    return isNumber && within(Number(value), MinValue, MaxValue) ? undefined : `a number${bounds(MinValue, MaxValue)}`;
  }
  return within(value.length, MinLength, MaxLength) ? undefined : `a text${bounds(MinLength, MaxLength)} characters long`;
}

function within(value: number, min = -Infinity, max = Infinity): boolean {
  return min <= value && value <= max;
}

/** The bounds in words, with a space before them. */
export function bounds(min?: number, max?: number): string {
  return (min === undefined ? "" : ` from ${min}`) + (max === undefined ? "" : ` to ${max}`);
}
