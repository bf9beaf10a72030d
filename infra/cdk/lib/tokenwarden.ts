import { basename } from "node:path";
import { Stack, Token } from "aws-cdk-lib";
import { EventBus, type IEventBus } from "aws-cdk-lib/aws-events";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { Construct } from "constructs";
import { TokenwardenError } from "./error";
import { include } from "./include";
import { Members } from "./members";
import { DEFAULT_TEMPLATE_FILE, type Packaged, readPackaged } from "./packaged";
import { parameterValues, type PropValue } from "./parameters";
import type {
  TokenwardenFunctions,
  TokenwardenParameters,
  TokenwardenSecrets,
  TokenwardenTables,
  TokenwardenTopics,
} from "./template-types";

/** The longest name that Lambda gives a function. */
const LONGEST_FUNCTION_NAME = 64;

/** What a Tokenwarden is made of; only `orgs` has to be given. */
export interface TokenwardenProps extends TokenwardenParameters {
  /**
   * The template that `make package` wrote; the functions' zips lie in the same folder.
   *
   * @default target/lambda/template.json of the repository
   */
  readonly templateFile?: string;
}

/**
 * Tokenwarden in a stack: every resource and output of infra/template.yaml, with the packaged functions.
 *
 * A stack holds one at most, and none that is nested: functions, log groups, the event bus and the key's alias are named
 * after the stack. The logical ids are those of a deployment by SAM.
 */
export class Tokenwarden extends Construct {
  /** Address of the report API and the pages; webhooks go to `/webhooks/ORG_ID/audit` below it. */
  readonly apiUrl: string;
  /** The functions. */
  readonly functions: TokenwardenFunctions;
  /** The tables; they stay when the stack is deleted. */
  readonly tables: TokenwardenTables;
  /** The secrets, which the operator fills after the first deployment. */
  readonly secrets: TokenwardenSecrets;
  /** The topics: what is to be told to people. */
  readonly topics: TokenwardenTopics;
  /** Where messages for programs go: whoever wants them adds rules to it. */
  readonly eventBus: IEventBus;
  /** The included template: what has no member here is found in it by its logical id. */
  readonly template: CfnInclude;

  constructor(scope: Construct, id: string, props: TokenwardenProps) {
    super(scope, id);
    const packaged = readPackaged(props.templateFile ?? DEFAULT_TEMPLATE_FILE);
    const { template } = packaged;
    refuseSecond(this);
    refuseLongNames(Stack.of(this), packaged);
    const parameters = parameterValues(template.Parameters, props as unknown as Record<string, PropValue | undefined>);
    this.template = include(this, template, parameters);
    putCode(this, packaged);

    const members = new Members(this, template, this.template);
    this.functions = members.functions();
    this.tables = members.tables();
    this.secrets = members.secrets();
    this.topics = members.topics();
    this.eventBus = EventBus.fromEventBusArn(this, "EventBus", this.template.getResource("EventBus").getAtt("Arn").toString());
    this.apiUrl = this.template.getOutput("ApiUrl").value as string;
  }
}

function refuseSecond(tokenwarden: Tokenwarden): void {
  const stack = Stack.of(tokenwarden);
  const others = stack.node.findAll().filter((other) => other instanceof Tokenwarden && Stack.of(other) === stack);
  if (others.length > 1) {
    const paths = others.map((other) => other.node.path).join(" and ");
    throw new TokenwardenError(`${paths} are in one stack, and their names would clash: give each a stack of its own`);
  }
}

/** A name that is too long would fail in the middle of a deployment, with tables that stay behind. */
function refuseLongNames(stack: Stack, { zips }: Packaged): void {
  if (stack.nested) {
    throw new TokenwardenError("Tokenwarden cannot be in a nested stack: its functions' names would be too long for Lambda");
  }
  const longest = Math.max(...[...zips.values()].map((zip) => `-${basename(zip, ".zip")}`.length));
  const room = LONGEST_FUNCTION_NAME - longest;
  if (!Token.isUnresolved(stack.stackName) && stack.stackName.length > room) {
    throw new TokenwardenError(`functions are named after the stack: ${stack.stackName} has more than ${room} characters`);
  }
}

/** Puts each function's zip where the template has an address that stands for it. */
function putCode(tokenwarden: Tokenwarden, { zips }: Packaged): void {
  for (const [logicalId, path] of zips) {
    const resource = tokenwarden.template.node.tryFindChild(logicalId);
    if (resource instanceof CfnFunction) {
      const asset = new Asset(tokenwarden, `${logicalId}Code`, { path });
      resource.code = { s3Bucket: asset.s3BucketName, s3Key: asset.s3ObjectKey };
    }
  }
}
