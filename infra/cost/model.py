"""From units, prices and assumptions to a month's cost of an org: arithmetic alone."""

from assumptions import FULL_PROCESSOR_MB, MEMORY_MB, TEMPLATE, TICK_MINUTES, VALUES

ROWS = ("Lambda", "DynamoDB requests", "DynamoDB storage", "HTTP API", "Logs", "Metrics and alarms", "Secrets", "Keys and events")
USED = ("invocations", "cpu_ms", "database_calls", "atlassian_calls", "read_units", "write_units", "log_bytes")
GB = 1e9


def plane(points, name):
    """Fixed, per credential and per account, through three measured (credentials, accounts, units); none is below 0."""
    (c1, a1, y1), (c2, a2, y2), (c3, a3, y3) = [(p["credentials"], p["accounts"], p["values"].get(name, 0)) for p in points]
    determinant = (c2 - c1) * (a3 - a1) - (c3 - c1) * (a2 - a1)
    each = ((y2 - y1) * (a3 - a1) - (y3 - y1) * (a2 - a1)) / determinant
    account = ((c2 - c1) * (y3 - y1) - (c3 - c1) * (y2 - y1)) / determinant
    return max(0, y1 - each * c1 - account * a1), max(0, each), max(0, account)


def report_plane(units, which):
    reports = [units[f"report_{size}"] for size in ("small", "many_tokens", "many_accounts")]
    points = [r | {"values": r[which]} for r in reports]
    names = ("items", "bytes") if which == "added" else USED
    return {name: plane(points, name) for name in names}


def times(used, count):
    return {name: used.get(name, 0) * count for name in USED}


def plus(*uses):
    return {name: sum(used.get(name, 0) for used in uses) for name in USED}


def work(units, users, a=VALUES):
    """What each function uses in a month, by its name."""
    days, kept, counted = a["DAYS"], users * a["KEPT_EVENTS_PER_USER_DAY"], users * a["COUNTED_EVENTS_PER_USER_DAY"]
    ticks = {name: days * 1440 / minutes for name, minutes in TICK_MINUTES.items()}
    requests = days * (a["FIXED_REQUESTS_PER_DAY"] + users * a["REQUESTS_PER_USER_DAY"])
    deliveries = days * a["WEBHOOK"] / a["EVENTS_PER_DELIVERY"]
    findings = users * a["TOKENS_PER_USER"] * a["NEW_FINDINGS_PER_TOKEN_MONTH"]
    return {
        "ingest-audit": plus(
            times(units["delivery_token"], kept * deliveries), times(units["delivery_counted"], counted * deliveries)
        ),
        "poll-audit": plus(
            times(units["poll_idle"], ticks["poll-audit"]), polled(units, days * kept, days * (kept + counted), a)
        ),
        "report-tokens": plus(
            times(units["report_small"]["idle"], ticks["report-tokens"]),
            times(one_report(units, users, a), days * 24 / a["REPORT_EVERY_HOURS"]),
        ),
        "remediate-tokens": plus(
            times(units["remediation_idle"], ticks["remediate-tokens"]),
            times(one_finding(units), findings * a["EFFECTS_PER_FINDING"]),
        ),
        "serve-reports": times(one_request(units, users, a), requests),
    }


def polled(units, kept, read, a=VALUES):
    """What the poll uses beside its idle ticks: with the webhook what it keeps is there already, else it stores it."""
    used, by_kept = (units["poll_known"], ["read_units"]) if a["WEBHOOK"] else (units["poll_new"], list(USED))
    stored = units["poll_new"]["events_stored"]
    each = {name: used.get(name, 0) * (kept / stored if name in by_kept else read / used["events_read"]) for name in USED}
    return each | {"invocations": 0, "log_bytes": 0, "atlassian_calls": read / a["EVENTS_PER_PAGE"]}


def one_report(units, users, a=VALUES):
    credentials, accounts = users * a["TOKENS_PER_USER"], users * a["ACCOUNTS_PER_USER"]
    return {
        name: fixed + each * credentials + account * accounts
        for name, (fixed, each, account) in report_plane(units, "next").items()
    }


def one_finding(units):
    return times(units["remediation_plans"], 1 / units["remediation_plans"]["findings"]) | {"invocations": 1}


def requests_measured(units):
    return [used for name, used in units.items() if name.startswith(("page_", "api_"))]


def one_request(units, users, a=VALUES):
    measured = requests_measured(units)
    mean = times(plus(*measured), 1 / len(measured))
    growth = users * a["TOKENS_PER_USER"] / units["report_small"]["credentials"]
    growth = min(max(1, growth), a["REQUEST_GROWTH"])
    return mean | {name: mean[name] * growth for name in ("read_units", "cpu_ms")}


def gb_seconds(function, used, a=VALUES):
    """Processor time, stretched by the share of a processor that comes with the memory, and waiting."""
    stretch = a["CPU_FACTOR"] * FULL_PROCESSOR_MB / MEMORY_MB[function]
    waiting = used["database_calls"] * a["DATABASE_CALL_MS"] + used["atlassian_calls"] * a["ATLASSIAN_CALL_MS"]
    return (used["cpu_ms"] * stretch + waiting) / 1000 * MEMORY_MB[function] / 1024


def storage_gb(units, users, a=VALUES):
    """(history, cases) once the retention is full; the cases after a year, since they do not expire."""
    size = {name: item["bytes"] for name, item in units["item_bytes"].items()}
    credentials, accounts = users * a["TOKENS_PER_USER"], users * a["ACCOUNTS_PER_USER"]
    added = {
        name: fixed + each * credentials + account * accounts
        for name, (fixed, each, account) in report_plane(units, "added").items()
    }
    reports = a["REPORT_RETENTION_DAYS"] * 24 / a["REPORT_EVERY_HOURS"] * (added["bytes"] + 100 * added["items"])
    events = users * a["KEPT_EVENTS_PER_USER_DAY"] * a["EVENT_RETENTION_DAYS"] * size["history/event"]
    a_case = size["cases/finding"] + size["cases/action"] + a["EFFECTS_PER_FINDING"] * size["cases/ledger_entry"]
    cases = credentials * a["NEW_FINDINGS_PER_TOKEN_MONTH"] * 12 * a_case
    return (events + reports) / GB, cases / GB


def month(units, prices, users, a=VALUES):
    """A month's cost in USD, by row."""
    usd = lambda name, count: prices[name]["usd"] * count / prices[name]["per"]  # noqa: E731
    used = work(units, users, a)
    total = plus(*used.values())
    history, cases = storage_gb(units, users, a)
    logs = (total["log_bytes"] + total["invocations"] * a["LAMBDA_LOG_BYTES"]) / GB
    secret_calls = a["DAYS"] * 1440 / a["SECRET_MINUTES"] * a["ENVIRONMENTS"]
    return {
        "Lambda": usd("lambda_request", total["invocations"])
        + usd("lambda_gb_second_x86", sum(gb_seconds(name, one, a) for name, one in used.items())),
        "DynamoDB requests": usd("dynamodb_read", total["read_units"]) + usd("dynamodb_write", total["write_units"]),
        "DynamoDB storage": usd("dynamodb_storage", history + cases) + usd("dynamodb_recovery", cases),
        "HTTP API": usd("http_api_request", used["ingest-audit"]["invocations"] + used["serve-reports"]["invocations"]),
        "Logs": usd("logs_ingested", logs) + usd("logs_stored", logs * a["LOG_RETENTION_DAYS"] / a["DAYS"]),
        "Metrics and alarms": usd("alarm_metric", TEMPLATE["alarm_metrics"]) + usd("custom_metric", TEMPLATE["custom_metrics"]),
        "Secrets": usd("secret", TEMPLATE["secrets"]) + usd("secret_call", secret_calls),
        "Keys and events": usd("key", TEMPLATE["keys"])
        + usd("key_request_asymmetric", 2 * a["DAYS"])
        + usd("event", 2 * a["DAYS"]),
    }
