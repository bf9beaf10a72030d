// Written from infra/template.yaml by `infra/tools/cdk.sh types`: a change belongs there.
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { ITopic } from "aws-cdk-lib/aws-sns";

/** The settings: the template's parameters. */
export interface TokenwardenParameters {
  /** Ids of the Atlassian orgs to govern, separated by commas (admin.atlassian.com/o/ORG_ID). */
  readonly orgs: string[];
  /**
   * Processor of the functions; the one that the zips were built for.
   *
   * @default "x86_64"
   */
  readonly architecture?: "x86_64" | "arm64";
  /**
   * Which audit events are stored.
   *
   * @default "relevant"
   */
  readonly keepEvents?: "relevant" | "all";
  /**
   * Days that an audit event is kept; at least BackfillDays plus 14.
   * A number from 21 to 3650.
   *
   * @default 120
   */
  readonly eventRetentionDays?: number;
  /**
   * Days before the installation whose events are fetched.
   * A number from 0 to 180.
   *
   * @default 30
   */
  readonly backfillDays?: number;
  /**
   * Requests a minute that Atlassian allows an org on its event stream.
   * A number from 1 to 10000.
   *
   * @default 50
   */
  readonly eventsStreamPerMinute?: number;
  /**
   * Our share of that limit; a SIEM may read the same stream.
   * A number from 1 to 100.
   *
   * @default 50
   */
  readonly rateSharePercent?: number;
  /**
   * Hours between two reports.
   * A number from 1 to 744.
   *
   * @default 24
   */
  readonly reportEveryHours?: number;
  /**
   * Days that a report is kept.
   * A number from 2 to 3650.
   *
   * @default 400
   */
  readonly reportRetentionDays?: number;
  /**
   * Where Atlassian's API answers; plain HTTP only on the loopback, for a simulated org.
   *
   * @default "https://api.atlassian.com"
   */
  readonly atlassianBaseUrl?: string;
  /**
   * Seconds that one call to Atlassian may take.
   * A number from 1 to 60.
   *
   * @default 20
   */
  readonly atlassianCallTimeoutSecs?: number;
  /**
   * What mails may come from; none is sent without it.
   *
   * @default "not-set"
   */
  readonly mailIdentity?: string;
  /**
   * Lowest level that the functions log.
   *
   * @default "info"
   */
  readonly logLevel?: "error" | "warn" | "info" | "debug" | "trace";
  /**
   * Days that logs are kept; the values are those that CloudWatch Logs takes.
   *
   * @default 30
   */
  readonly logRetentionDays?: 1 | 3 | 5 | 7 | 14 | 30 | 60 | 90 | 120 | 150 | 180 | 365 | 400 | 545 | 731 | 1096 | 1827 | 2192 |
    2557 | 2922 | 3288 | 3653;
  /**
   * Address that alarms are mailed to; empty for none. Other takers subscribe to the topic that the outputs name.
   *
   * @default ""
   */
  readonly alarmEmail?: string;
  /**
   * Seconds that a due report may be unfinished without an alarm.
   * A number from 3600 to 604800.
   *
   * @default 10800
   */
  readonly reportOverdueSecs?: number;
  /**
   * Whether AWS X-Ray traces the functions' invocations.
   *
   * @default "off"
   */
  readonly tracing?: "off" | "xray";
  /**
   * Whether the HTTP API logs every request with the caller's address.
   *
   * @default "off"
   */
  readonly accessLogs?: "off" | "on";
  /**
   * Requests a second that the HTTP API lets through in the long run.
   * A number from 1 to 10000.
   *
   * @default 20
   */
  readonly requestsPerSecond?: number;
  /**
   * Requests that the HTTP API lets through at once.
   * A number from 1 to 5000.
   *
   * @default 40
   */
  readonly requestBurst?: number;
  /**
   * Name of a table that the cases were restored to; the functions use it instead of the stack's own.
   *
   * @default ""
   */
  readonly restoredCasesTable?: string;
  /**
   * ARN of the stream of that table.
   *
   * @default ""
   */
  readonly restoredCasesStream?: string;
}

/** The functions by name. */
export interface TokenwardenFunctions {
  /** Stores every audit event that Atlassian pushes, once. */
  readonly ingestAudit: IFunction;
  /** Reads the org's event stream from its checkpoint and stores the same events by the same flow. */
  readonly pollAudit: IFunction;
  /** Takes the inventory, joins it with usage, judges it and writes a dated report. */
  readonly reportTokens: IFunction;
  /** Advances cases; plans, asks, waits, re-checks, acts within a budget, records. */
  readonly remediateTokens: IFunction;
  /** The report API, the pages and the decisions. */
  readonly serveReports: IFunction;
}

/** The tables by name. */
export interface TokenwardenTables {
  /** HistoryTable of the template. */
  readonly history: ITable;
  /** CasesTable of the template. */
  readonly cases: ITable;
}

/** The secrets by name. */
export interface TokenwardenSecrets {
  /** What Atlassian's deliveries must bear (by org). */
  readonly webhook: ISecret;
  /** Scoped Atlassian keys that only read (by org). */
  readonly atlassianRead: ISecret;
  /** Atlassian keys without scopes (by org); they can do everything. */
  readonly atlassianUnscoped: ISecret;
  /** Who may use Tokenwarden's API and in which role (by org). */
  readonly apiTokens: ISecret;
  /** What links in mails are signed with. */
  readonly links: ISecret;
  /** Where chats, programs and Jira take messages (by org and name). */
  readonly messages: ISecret;
}

/** The topics by name. */
export interface TokenwardenTopics {
  /** Alarms of the template. */
  readonly alarms: ITopic;
}
