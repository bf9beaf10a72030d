"""What is assumed, because it differs from org to org or cannot be measured on one machine.

Each line: name, value, unit, reason.
"""

USERS = (100, 1_200, 20_000, 150_000)

ASSUMPTIONS = [
    (
        "TOKENS_PER_USER",
        0.125,
        "credentials a user",
        "an org of 1,200 users with 150 credentials, as the simulated org has by default",
    ),
    ("ACCOUNTS_PER_USER", 0.1, "accounts in a report a user", "a report lists who owns a credential; about one user in ten does"),
    (
        "KEPT_EVENTS_PER_USER_DAY",
        0.5,
        "events a user and day",
        "events that bear a token or concern credentials, policies or rights; a busy integration can move it tenfold",
    ),
    (
        "COUNTED_EVENTS_PER_USER_DAY",
        5,
        "events a user and day",
        "all other audit events: sign-ins, views, changes; they are counted and not kept",
    ),
    ("WEBHOOK", 1, "1 or 0", "1: Atlassian's webhook brings the events too, and all of them; 0: the poll alone does"),
    ("EVENTS_PER_DELIVERY", 1, "events", "the dearest case: Atlassian sends each event by itself"),
    (
        "EVENTS_PER_PAGE",
        500,
        "events",
        "what the poll asks for, where the log has so many; an idle tick asks for one page all the same",
    ),
    (
        "FIXED_REQUESTS_PER_DAY",
        20,
        "pages and API requests a day",
        "a few people who look, and a program that fetches the report",
    ),
    (
        "REQUESTS_PER_USER_DAY",
        0.01,
        "pages and API requests a user and day",
        "owners who follow a link; one user in a hundred on a day",
    ),
    (
        "REQUEST_GROWTH",
        10,
        "times, at most",
        "a request reads more in a larger org, but no request reads more than five pages of the database",
    ),
    (
        "NEW_FINDINGS_PER_TOKEN_MONTH",
        0.2,
        "new findings a credential and month",
        "credentials grow old and new ones come; each becomes a case",
    ),
    (
        "EFFECTS_PER_FINDING",
        4,
        "times the work of a plan",
        "asking, re-checking, acting and recording; the plan alone was measured",
    ),
    ("EVENT_RETENTION_DAYS", 120, "days", "the default of the template"),
    ("REPORT_RETENTION_DAYS", 400, "days", "the default of the template"),
    ("REPORT_EVERY_HOURS", 24, "hours", "the default of the template"),
    ("LOG_RETENTION_DAYS", 30, "days", "the default of the template"),
    ("DATABASE_CALL_MS", 8, "ms", "a DynamoDB call from Lambda within a region; every call counts as waited for by itself"),
    ("ATLASSIAN_CALL_MS", 500, "ms", "a call to Atlassian over the internet"),
    ("CPU_FACTOR", 1.5, "times the processor time measured", "Lambda's processor is not this machine's"),
    (
        "LAMBDA_LOG_BYTES",
        450,
        "bytes an invocation",
        "Lambda's own START, END and REPORT lines; what the functions log was measured",
    ),
    ("SECRET_MINUTES", 15, "minutes", "how long a secret is kept before it is read again (shared/src/secrets/cache.rs)"),
    (
        "ENVIRONMENTS",
        8,
        "environments",
        "Lambda environments that hold secrets of their own at a time: one a schedule, a few for the HTTP API",
    ),
    ("DAYS", 30.4, "days a month", "365 / 12"),
]
VALUES = {name: value for name, value, _, _ in ASSUMPTIONS}

# What infra/template.yaml has; the alarms and metrics as it counts them above its alarms.
TEMPLATE = {"secrets": 6, "keys": 2, "alarm_metrics": 26, "custom_metrics": 15}
MEMORY_MB = {"ingest-audit": 256, "poll-audit": 256, "report-tokens": 512, "remediate-tokens": 256, "serve-reports": 256}
TICK_MINUTES = {"poll-audit": 1, "report-tokens": 5, "remediate-tokens": 5}
FULL_PROCESSOR_MB = 1769  # so much memory comes with one whole processor (AWS Lambda Developer Guide: memory)
