"""Writes docs/cost.md from units.json, prices.json and assumptions.py; `--check` exits 1 where the page is not what they give."""

import json
import sys
from pathlib import Path

from assumptions import ASSUMPTIONS, MEMORY_MB, TEMPLATE, USERS, VALUES
from model import ROWS, gb_seconds, month, report_plane, requests_measured, storage_gb, work

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "cost.md"
MEASURED = [
    ("a delivery of one event that bears a token", "delivery_token"),
    ("the same once more", "delivery_repeated"),
    ("a delivery of one event that is only counted", "delivery_counted"),
    ("poll, an idle tick", "poll_idle"),
    ("report, an idle tick", "report_small/idle"),
    ("remediation, an idle tick", "remediation_idle"),
    ("the page of the latest report", "page_home"),
    ("the page of the actions", "page_actions"),
    ("API: the latest report", "api_report"),
    ("API: 100 credentials", "api_credentials"),
    ("API: the ledger", "api_ledger"),
]
COLUMNS = (
    ("read_units", 1),
    ("write_units", 1),
    ("database_calls", 1),
    ("atlassian_calls", 0),
    ("cpu_ms", 1),
    ("milliseconds", 0),
)


def load(name):
    return json.loads((HERE / name).read_text())


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def at(units, path):
    for name in path.split("/"):
        units = units[name]
    return units


def number(value, digits):
    return f"{value:,.{digits}f}"


def signed(value):
    return f"{value:+,.2f}" if abs(value) >= 0.005 else "0.00"


def unit_table(units):
    rows = [[what, *(number(at(units, path).get(name, 0), digits) for name, digits in COLUMNS)] for what, path in MEASURED]
    return table(["What", "reads", "writes", "database calls", "Atlassian calls", "processor ms", "ms"], rows)


def bulk_table(units):
    new, known, plans = units["poll_new"], units["poll_known"], units["remediation_plans"]
    names = [name for name, _ in COLUMNS]
    row = lambda what, used, count: [what, str(count), *(number(used.get(name, 0) / count, 2) for name in names)]  # noqa: E731
    return table(
        ["What, for each", "how many", "reads", "writes", "database calls", "Atlassian calls", "processor ms", "ms"],
        [
            row("event of the log, read for the first time", new, new["events_read"]),
            row("event of the log that was stored before", known, known["events_read"]),
            row("finding that becomes a plan", plans, plans["findings"]),
        ],
    )


def report_table(units):
    rows = []
    for which, what in (("first", "first report"), ("next", "every later report")):
        for name, label in (
            ("read_units", "reads"),
            ("write_units", "writes"),
            ("database_calls", "database calls"),
            ("cpu_ms", "processor ms"),
        ):
            rows.append([f"{what}, {label}", *(number(part, 2) for part in report_plane(units, which)[name])])
    rows += [
        [f"{name} that it adds", *(number(part, 1) for part in parts)] for name, parts in report_plane(units, "added").items()
    ]
    return table(["Report", "fixed", "a credential", "an account"], rows)


def cost_table(units, prices, values=VALUES):
    months = [month(units, prices, users, values) for users in USERS]
    rows = [[row, *(number(one[row], 2) for one in months)] for row in ROWS]
    total = ["**Sum**", *(f"**{number(sum(one.values()), 2)}**" for one in months)]
    return table(["USD a month", *(f"{users:,} users" for users in USERS)], [*rows, total])


def total(units, prices, users, **changed):
    return sum(month(units, prices, users, VALUES | changed).values())


def sums(units, prices):
    """The sums in words: what a reader wants first."""
    found = [f"{number(total(units, prices, users), 0)} USD at {users:,} users" for users in USERS]
    return ", ".join(found[:-1]) + " and " + found[-1]


def fixed(units, prices):
    """What an org without users costs: (all of it, what is paid for having things, what the idle ticks use)."""
    nobody = month(units, prices, 0)
    having = sum(nobody[row] for row in ("Metrics and alarms", "Secrets", "Keys and events"))
    return sum(nobody.values()), having, sum(nobody.values()) - having


def settings_table(units, prices):
    alarms = prices["alarm_metric"]["usd"] * TEMPLATE["alarm_metrics"]
    changes = [
        ("KEPT_EVENTS_PER_USER_DAY", 5, "no setting, an assumption: ten times as many events that are kept"),
        ("WEBHOOK", 0, "no webhook at Atlassian; the poll alone brings the events, up to some minutes later"),
        ("REPORT_EVERY_HOURS", 168, "`ReportEveryHours` 168: a report a week"),
        ("REPORT_RETENTION_DAYS", 90, "`ReportRetentionDays` 90"),
        ("EVENT_RETENTION_DAYS", 44, "`EventRetentionDays` 44, the least that `BackfillDays` 30 allows"),
        ("LOG_RETENTION_DAYS", 7, "`LogRetentionDays` 7"),
    ]
    rows = [
        [why, *(signed(total(units, prices, users, **{name: value}) - total(units, prices, users)) for users in USERS)]
        for name, value, why in changes
    ]
    rows.append(["no alarms; it takes a change of the template", *[f"-{alarms:,.2f}"] * len(USERS)])
    arm = prices | {"lambda_gb_second_x86": prices["lambda_gb_second_arm"]}
    rows.append(
        [
            "`Architecture` arm64, were its processor as fast",
            *(signed(total(units, arm, users) - total(units, prices, users)) for users in USERS),
        ]
    )
    return table(["Change", *(f"{users:,} users" for users in USERS)], rows)


def usage_table(units):
    rows = []
    for users in USERS:
        used = work(units, users)
        sums = {name: sum(one[name] for one in used.values()) for name in ("invocations", "read_units", "write_units")}
        seconds = sum(gb_seconds(name, one) for name, one in used.items())
        rows.append(
            [
                f"{users:,}",
                *(number(sums[name] / 1e6, 2) for name in sums),
                number(seconds, 0),
                number(sum(storage_gb(units, users)), 2),
            ]
        )
    return table(["Users", "million invocations", "million reads", "million writes", "GB-seconds", "GB stored"], rows)


def page(units, prices):
    everything, having, ticking = fixed(units, prices["prices"])
    usd = prices["prices"]
    deviating = [rule for rule, found in units["rules"].items() if found["database_said"] != found["wanted"]]
    cpu = units.get("cpu_build")
    return TEXT.format(
        sums=sums(units, usd),
        costs=cost_table(units, usd),
        known=prices["known_as_of"],
        region=prices["region"],
        everything=number(everything, 2),
        having=number(having, 2),
        ticking=number(ticking, 2),
        secrets=TEMPLATE["secrets"],
        keys=TEMPLATE["keys"],
        alarm_metrics=TEMPLATE["alarm_metrics"],
        custom_metrics=TEMPLATE["custom_metrics"],
        usage=usage_table(units),
        settings=settings_table(units, usd),
        units=unit_table(units),
        bulk=bulk_table(units),
        reports=report_table(units),
        assumptions=table(
            ["Name", "Value", "Unit", "Why"], [[f"`{n}`", f"{v:,}", u, why] for n, v, u, why in ASSUMPTIONS]
        ).replace("---:", "---"),
        measured_on=units["measured_on"],
        commit=units["commit"],
        build=units["build"],
        cpu=f"Processor time is that of another ({cpu['build']}; `{cpu['commit']}`).\n" if cpu else "",
        rules=len(units["rules"]),
        deviating="\n".join(f"- {rule}" for rule in deviating),
        requests=len(requests_measured(units)),
        event_bytes=units["item_bytes"]["history/event"]["bytes"],
        memory=MEMORY_MB["report-tokens"],
        other_memory=MEMORY_MB["poll-audit"],
        prices=table(
            ["Price", "USD", "per", "Source"],
            [[p["unit"], f"{p['usd']:.10f}".rstrip("0").rstrip("."), f"{p['per']:,}", p["source"]] for p in usd.values()],
        ).replace("---:", "---"),
    )


TEXT = (HERE / "page.md.in").read_text()


def main():
    text = page(load("units.json"), load("prices.json"))
    if "--check" not in sys.argv:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.exit("docs/cost.md is not what infra/cost gives; run infra/cost/page.py")


if __name__ == "__main__":
    main()
