import { type CfnTable, Table, type ITable } from "aws-cdk-lib/aws-dynamodb";
import { type CfnFunction, Function, type IFunction } from "aws-cdk-lib/aws-lambda";
import { type CfnSecret, type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { type CfnTopic, type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import type { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import type { Construct } from "constructs";
import type { PackagedTemplate, TemplateResource } from "./packaged";
import { propName } from "./parameters";
import type { TokenwardenFunctions, TokenwardenSecrets, TokenwardenTables, TokenwardenTopics } from "./template-types";

/** The types whose resources become members of the construct, and what their logical ids end with. */
export const FUNCTIONS = { type: "AWS::Lambda::Function", suffix: "" };
export const TABLES = { type: "AWS::DynamoDB::Table", suffix: "Table" };
export const SECRETS = { type: "AWS::SecretsManager::Secret", suffix: "Secret" };
export const TOPICS = { type: "AWS::SNS::Topic", suffix: "Topic" };

/**
 * The members of one kind: name, logical id and resource, in the template's order.
 *
 * What is there only under a condition is no member.
 */
export function membersOf(template: PackagedTemplate, { type, suffix }: typeof FUNCTIONS): [string, string, TemplateResource][] {
  const resources = Object.entries(template.Resources).filter(([, { Type, Condition }]) => Type === type && !Condition);
  const stem = (id: string) => (id.endsWith(suffix) ? id.slice(0, id.length - suffix.length) : id);
  return resources.map(([id, resource]) => [propName(stem(id)), id, resource]);
}

/** Makes the members of a construct out of the resources of its template, as what other constructs take. */
export class Members {
  constructor(
    private readonly scope: Construct,
    private readonly template: PackagedTemplate,
    private readonly included: CfnInclude,
  ) {}

  functions(): TokenwardenFunctions {
    const functionOf = (id: string, { attrArn }: CfnFunction): IFunction =>
      Function.fromFunctionAttributes(this.scope, id, { functionArn: attrArn, sameEnvironment: true });
    return this.all(FUNCTIONS, functionOf) as unknown as TokenwardenFunctions;
  }

  tables(): TokenwardenTables {
    const tableOf = (id: string, table: CfnTable): ITable =>
      Table.fromTableAttributes(this.scope, id, {
        tableArn: table.attrArn,
        ...(table.streamSpecification === undefined ? {} : { tableStreamArn: table.attrStreamArn }),
        grantIndexPermissions: true,
      });
    return this.all(TABLES, tableOf) as unknown as TokenwardenTables;
  }

  secrets(): TokenwardenSecrets {
    const secretOf = (id: string, { attrId }: CfnSecret): ISecret => Secret.fromSecretCompleteArn(this.scope, id, attrId);
    return this.all(SECRETS, secretOf) as unknown as TokenwardenSecrets;
  }

  topics(): TokenwardenTopics {
    const topicOf = (id: string, { ref }: CfnTopic): ITopic => Topic.fromTopicArn(this.scope, id, ref);
    return this.all(TOPICS, topicOf) as unknown as TokenwardenTopics;
  }

  private all<R, M>(kind: typeof FUNCTIONS, member: (id: string, resource: R) => M): Record<string, M> {
    const members = membersOf(this.template, kind);
    return Object.fromEntries(members.map(([name, id]) => [name, member(id, this.included.getResource(id) as R)]));
  }
}
