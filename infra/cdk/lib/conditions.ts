import { TokenwardenError } from "./error";
import type { ParameterValues } from "./parameters";

/** A text, or one function of CloudFormation. */
export type Expression = string | { readonly [name: string]: unknown };

/** A rule of a template: what has to hold of the parameters together. */
export interface TemplateRule {
  readonly RuleCondition?: Expression;
  readonly Assertions: readonly { readonly Assert: Expression; readonly AssertDescription?: string }[];
}

/** Answers what a template asks of its parameters. What is known only at deployment differs from every text. */
export class Conditions {
  constructor(
    private readonly named: Readonly<Record<string, Expression>>,
    private readonly values: ParameterValues,
  ) {}

  /** Whether an expression holds. */
  hold(expression: Expression): boolean {
    const [[name, operands] = []] = Object.entries(expression) as [string, Expression[]][];
    switch (name) {
      case "Fn::And":
        return operands!.every((operand) => this.hold(operand));
      case "Fn::Or":
        return operands!.some((operand) => this.hold(operand));
      case "Fn::Not":
        return !this.hold(operands![0]!);
      case "Fn::Equals":
        return this.text(operands![0]!) === this.text(operands![1]!);
      case "Condition":
        return this.holdNamed(String(operands));
      default:
        throw new Error(`lib/conditions.ts does not know ${JSON.stringify(expression)} yet`);
    }
  }

  /** Whether a condition of the template holds. */
  holdNamed(name: string): boolean {
    return this.hold(this.named[name] ?? `a condition ${name}`);
  }

  private text(expression: Expression): string {
    const value = typeof expression === "string" ? expression : this.values[String(expression["Ref"])];
    if (value === undefined) {
      throw new Error(`lib/conditions.ts does not know ${JSON.stringify(expression)} yet`);
    }
    return String(value);
  }
}

/** Refuses values that break a rule of the template. */
export function checkRules(rules: Readonly<Record<string, TemplateRule>>, conditions: Conditions): void {
  const asked = Object.values(rules).filter(({ RuleCondition: when }) => when === undefined || conditions.hold(when));
  const broken = asked.flatMap(({ Assertions }) => Assertions).filter(({ Assert }) => !conditions.hold(Assert));
  if (broken.length > 0) {
    const sentences = broken.map(({ Assert, AssertDescription }) => AssertDescription ?? JSON.stringify(Assert));
    throw new TokenwardenError(sentences.join("\n"));
  }
}
