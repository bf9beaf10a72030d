"""What the checks of the template expect, in one place."""

SETTINGS_OF_ALL = {"HISTORY_TABLE", "CASES_TABLE", "LOG_LEVEL", "EVENT_RETENTION_DAYS", "REPORT_RETENTION_DAYS"}
ATLASSIAN = {"ATLASSIAN_BASE_URL", "ATLASSIAN_CALL_TIMEOUT_SECS"}
SETTINGS = {
    "ingest-audit": {"WEBHOOK_SECRET_ID", "KEEP_EVENTS", "BACKFILL_DAYS"},
    "poll-audit": ATLASSIAN | {"ORGS", "ATLASSIAN_READ_SECRET_ID", "KEEP_EVENTS", "BACKFILL_DAYS",
                               "EVENTS_STREAM_PER_MINUTE", "RATE_SHARE_PERCENT"},
    "report-tokens": ATLASSIAN | {"ORGS", "ATLASSIAN_READ_SECRET_ID", "REPORT_EVERY_HOURS"},
    "remediate-tokens": ATLASSIAN | {"ATLASSIAN_UNSCOPED_SECRET_ID", "MESSAGES_SECRET_ID", "LINKS_SECRET_ID", "PUBLIC_URL",
                                     "EVENT_BUS", "LEDGER_KEY_ID"},
    "serve-reports": {"API_TOKENS_SECRET_ID", "LINKS_SECRET_ID", "KEEP_EVENTS", "BACKFILL_DAYS"},
}
SECRETS_OF = {
    "ingest-audit": {"WebhookSecret"},
    "poll-audit": {"AtlassianReadSecret"},
    "report-tokens": {"AtlassianReadSecret"},
    "remediate-tokens": {"AtlassianUnscopedSecret", "MessagesSecret", "LinksSecret"},
    "serve-reports": {"ApiTokensSecret", "LinksSecret"},
}
# `tokenwarden init` finds the secrets by these.
PURPOSES = {
    "WebhookSecret": "webhook",
    "AtlassianReadSecret": "atlassian-read",
    "AtlassianUnscopedSecret": "atlassian-unscoped",
    "ApiTokensSecret": "api-tokens",
    "LinksSecret": "links",
    "MessagesSecret": "messages",
}
TIMEOUTS_AND_MEMORY = {"ingest-audit": (15, 256), "poll-audit": (55, 256), "report-tokens": (290, 512),
                       "remediate-tokens": (120, 256), "serve-reports": (20, 256)}
SCHEDULES = {"poll-audit": "rate(1 minute)", "report-tokens": "rate(5 minutes)", "remediate-tokens": "rate(5 minutes)"}
TABLES = ("HistoryTable", "CasesTable")
QUEUES = ("GivenUpRecords", "UndeliveredTicks")

# What each function writes in the namespace Tokenwarden; docs/logs.md says what it means.
METRICS = {
    "ingest-audit": {"EventsStored", "EventsQuarantined", "DeliveriesRefused"},
    "poll-audit": {"PollLagSeconds", "EventsStored", "EventsQuarantined", "OrgsFailed"},
    "report-tokens": {"ReportOverdueSeconds", "PartialReports", "OwnKeysExpiring", "OrgsFailed"},
    "remediate-tokens": {"MessagesUndelivered", "PendingFailed", "HeadsUnpublished", "OrgsFailed"},
    "serve-reports": set(),
}
# What AWS writes by itself and we look at (AWS Lambda, Amazon SQS and API Gateway Developer Guides, "metrics").
METRICS_OF_AWS = {
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "IteratorAge"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
    "AWS/ApiGateway": {"Count", "4xx", "5xx", "Latency"},
}
