import { type PolicyValidationPluginReport, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import type { Tokenwarden } from "./tokenwarden";

/** A finding of cdk-nag that is left as it is. */
export interface NagSuppression {
  readonly rule: string;
  /** Which of the rule's findings, where it makes several: what stands in brackets behind the rule. */
  readonly finding?: RegExp;
  /** Logical ids. */
  readonly resources: readonly string[];
  readonly reason: string;
}

/** Every finding of the AwsSolutions pack that is left, with its reason; a test fails when one of them is found no more. */
export const NAG_SUPPRESSIONS: readonly NagSuppression[] = [
  {
    rule: "AwsSolutions-DDB3",
    resources: ["HistoryTable"],
    reason: "It expires, and what is in it can be fetched from Atlassian or computed again; what cannot is in the cases table.",
  },
  {
    rule: "AwsSolutions-SMG4",
    resources: ["WebhookSecret", "AtlassianReadSecret", "AtlassianUnscopedSecret", "ApiTokensSecret", "MessagesSecret"],
    reason:
      "Their values are issued by Atlassian, by chats or by the operator, so nothing on AWS can make new ones. What others " +
      "present to Tokenwarden may overlap while it is replaced (`not_after`), and Atlassian's keys warn before they expire.",
  },
  {
    rule: "AwsSolutions-SMG4",
    resources: ["LinksSecret"],
    reason: "Rotated by hand: the old value goes under `previous`, so that links in mails that were sent still open.",
  },
  {
    rule: "AwsSolutions-APIG1",
    resources: ["HttpStage"],
    reason:
      "An access log keeps people's addresses, so it is a setting (accessLogs) and off by default. The functions log what " +
      "fails, and the ledger records every change with its author.",
  },
  {
    rule: "AwsSolutions-APIG4",
    resources: ["WebhookRoute", "ReportsRoute"],
    reason: "The functions check every request themselves: a delivery's credential by org, a bearer's role, a link's signature.",
  },
  {
    rule: "AwsSolutions-SQS3",
    resources: ["GivenUpRecords", "UndeliveredTicks"],
    reason: "They are dead-letter queues themselves: of the stream's mapping, and of the schedules.",
  },
  {
    rule: "AwsSolutions-IAM5",
    finding: /^Resource::.*\/stream\/\*/,
    resources: ["RemediateTokensRole"],
    reason: "ListStreams asks for the streams of this one table, whichever they are.",
  },
  {
    rule: "AwsSolutions-IAM5",
    finding: /^Resource::\*$/,
    resources: ["IngestAuditRole", "PollAuditRole", "ReportTokensRole", "RemediateTokensRole", "ServeReportsRole"],
    reason: "X-Ray's actions know no resource. They are there with tracing alone, and a test holds that nothing else is.",
  },
];

/** A pack of cdk-nag. */
export interface Pack {
  validateScope(scope: IConstruct): PolicyValidationPluginReport;
}

/**
 * Acknowledges the listed ones among a pack's findings, each on its resource; for an app that runs cdk-nag.
 *
 * The pack is asked here because cdk-nag wants a finding's whole name, and settings are part of some.
 */
export function acknowledgeFindings(tokenwarden: Tokenwarden, pack: Pack): void {
  for (const { ruleName, violatingResources } of pack.validateScope(tokenwarden).violations) {
    for (const { constructPath = "" } of violatingResources) {
      const logicalId = constructPath.split("/").at(-1)!;
      const listed = NAG_SUPPRESSIONS.find((suppression) => covers(suppression, ruleName, logicalId));
      if (listed) {
        Validations.of(tokenwarden.template.getResource(logicalId)).acknowledge({ id: ruleName, reason: listed.reason });
      }
    }
  }
}

/** Whether a suppression is for this finding; `found` is RULE or RULE[FINDING]. */
export function covers({ rule, finding, resources }: NagSuppression, found: string, logicalId: string): boolean {
  const [, name, which] = /^([^[]*)(?:\[(.*)\])?$/s.exec(found) ?? [];
  return name === rule && resources.includes(logicalId) && (finding === undefined || finding.test(which ?? ""));
}
