import type { Node } from "constructs";
import { TokenwardenError } from "./error";
import { DEFAULT_TEMPLATE_FILE, readTemplate } from "./packaged";
import { propName } from "./parameters";
import type { TokenwardenProps } from "./tokenwarden";

/** What the app is told: the construct's props, and the name of the stack. */
export interface Settings {
  readonly stackName: string;
  readonly props: TokenwardenProps;
}

/** The variable of the environment that gives a setting: `keepEvents` is TOKENWARDEN_KEEP_EVENTS. */
export function variable(setting: string): string {
  return `TOKENWARDEN_${setting.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()}`;
}

/**
 * Reads the settings from the context (`-c NAME=VALUE`, or cdk.context.json), else from the environment.
 *
 * Values stay texts, as a command line gives them: the construct checks them against the template. A name in the context
 * that is no setting is an error, because a setting that is misspelt would be left at its default.
 */
export function readSettings(context: Node, environment: NodeJS.ProcessEnv): Settings {
  const given = (name: string) => context.tryGetContext(name) ?? (environment[variable(name)] || undefined);
  const templateFile = String(given("templateFile") ?? DEFAULT_TEMPLATE_FILE);
  const names = Object.keys(readTemplate(templateFile).Parameters).map(propName);
  refuseUnknown(context, [...names, "stackName", "templateFile"]);
  refuseNoOrg(given("orgs"));
  const parameters = Object.fromEntries(names.map((name) => [name, given(name)]));
  const props = { ...parameters, templateFile } as unknown as TokenwardenProps;
  return { stackName: String(given("stackName") ?? "tokenwarden"), props };
}

/** CDK's own names in the context bear one of `@`, `:` and `-`. */
function refuseUnknown(context: Node, known: string[]): void {
  const words = Object.keys(context.getAllContext() as object).filter((name) => /^[A-Za-z]+$/.test(name));
  const unknown = words.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new TokenwardenError(`no such setting: ${unknown.join(", ")}. There are ${known.join(", ")}.`);
  }
}

function refuseNoOrg(orgs: unknown): void {
  if (orgs === undefined) {
    throw new TokenwardenError(
      "no org is given: whose credentials are to be governed? An org's id is in admin.atlassian.com/o/ORG_ID. Give it as\n" +
        `  ${variable("orgs")}=ORG_ID[,ORG_ID…]                in the environment,\n` +
        "  -c orgs=ORG_ID[,ORG_ID…]                     on the command line of cdk, or\n" +
        '  {"orgs": ["ORG_ID"]}                         in infra/cdk/cdk.context.json, which keeps it for the next time.',
    );
  }
}
