"""Arithmetic of the costs, against examples computed by hand: python3 -m unittest, in this folder."""

import unittest

import model
import page
import sizes
from assumptions import VALUES

PRICES = page.load("prices.json")["prices"]
NOTHING = dict.fromkeys(model.USED, 0)
NO_REPORT = {"first": {}, "next": {}, "idle": {}, "added": {"items": 0, "bytes": 0}}


def units(**changed):
    """Units of work that uses nothing, but for what is changed."""
    reports = {
        f"report_{name}": NO_REPORT | {"credentials": credentials, "accounts": accounts}
        for name, credentials, accounts in (("small", 100, 50), ("many_tokens", 500, 90), ("many_accounts", 100, 150))
    }
    names = ("delivery_token", "delivery_counted", "poll_idle", "remediation_idle", "page_home")
    bytes_of = {name: {"bytes": 0} for name in ("history/event", "cases/finding", "cases/action", "cases/ledger_entry")}
    return (
        dict.fromkeys(names, NOTHING)
        | reports
        | {
            "poll_known": NOTHING | {"events_read": 100},
            "poll_new": NOTHING | {"events_stored": 50},
            "remediation_plans": NOTHING | {"findings": 10},
            "item_bytes": bytes_of,
        }
        | changed
    )


class Costs(unittest.TestCase):
    def test_what_is_there_costs_without_any_use(self):
        # 25 x 0.10 + 14 x 0.30; 6 x 0.40 and 30.4 x 96 x 8 calls at 0.05 for 10,000.
        found = model.month(units(), PRICES, 0)
        self.assertAlmostEqual(found["Metrics and alarms"], 7.10)
        self.assertAlmostEqual(found["Secrets"], 2.40 + 23_347.2 * 0.000005)
        self.assertEqual(found["DynamoDB requests"], 0)

    def test_deliveries_of_a_thousand_users(self):
        # 1,000 users, 0.5 kept events a day, 30.4 days: 15,200 deliveries, each 6 writes and 2 reads.
        delivered = NOTHING | {"invocations": 1, "write_units": 6, "read_units": 2}
        found = model.month(units(delivery_token=delivered), PRICES, 1000, VALUES | {"KEPT_EVENTS_PER_USER_DAY": 0.5})
        self.assertAlmostEqual(found["DynamoDB requests"], 91_200 * 0.625e-6 + 30_400 * 0.125e-6)
        self.assertAlmostEqual(found["HTTP API"], 15_200 * 1e-6)

    def test_without_the_webhook_the_poll_stores(self):
        # 15,200 kept events as above; 50 stored ones took 100 writes.
        new = NOTHING | {"events_read": 100, "events_stored": 50, "write_units": 100}
        delivered = NOTHING | {"invocations": 1, "write_units": 6}
        values = VALUES | {"KEPT_EVENTS_PER_USER_DAY": 0.5, "WEBHOOK": 0}
        found = model.work(units(poll_new=new, delivery_token=delivered), 1000, values)
        self.assertAlmostEqual(found["poll-audit"]["write_units"], 30_400)
        self.assertEqual(found["ingest-audit"]["invocations"], 0)

    def test_time_on_lambda(self):
        # 256 MB is a quarter of a GB and 256/1769 of a processor: 10 ms x 1.5 x 6.91 = 103.652 ms, and two calls of 8 ms.
        used = NOTHING | {"cpu_ms": 10, "database_calls": 2}
        found = model.gb_seconds("poll-audit", used, VALUES | {"CPU_FACTOR": 1.5, "DATABASE_CALL_MS": 8})
        self.assertAlmostEqual(found, 0.119652 * 0.25, places=5)

    def test_a_fit_through_three_sizes(self):
        values = lambda c, a: {"credentials": c, "accounts": a, "values": {"x": 7 + 3 * c + 2 * a}}  # noqa: E731
        found = model.plane([values(100, 50), values(500, 90), values(100, 150)], "x")
        for part, wanted in zip(found, (7, 3, 2)):
            self.assertAlmostEqual(part, wanted)

    def test_storage_of_events(self):
        # 1,000 users x 0.5 events x 120 days x 2,000 bytes.
        sizes_ = units()["item_bytes"] | {"history/event": {"bytes": 2000}}
        values = VALUES | {"KEPT_EVENTS_PER_USER_DAY": 0.5, "EVENT_RETENTION_DAYS": 120}
        history, cases = model.storage_gb(units(item_bytes=sizes_), 1000, values)
        self.assertAlmostEqual(history, 0.12)
        self.assertEqual(cases, 0)


class Units(unittest.TestCase):
    def test_the_size_of_an_item(self):
        # 2 + 3; 1 + 2 (three digits); 1 + (3 + (1 + 1 + 1)).
        item = {"pk": {"S": "abc"}, "n": {"N": "123"}, "m": {"M": {"b": {"BOOL": True}}}}
        self.assertEqual(sizes.item_bytes(item), 5 + 4 + 7)

    def test_a_transaction_counts_twice_and_with_its_index(self):
        pending = {
            "pk": {"S": "p"},
            "sk": {"S": "s"},
            "pending_org": {"S": "o"},
            "pending_since": {"N": "1"},
            "x": {"S": "x" * 1500},
        }
        put = {"Put": {"TableName": "t", "Item": pending}}
        done = {"Update": {"TableName": "t", "UpdateExpression": "REMOVE pending_org, pending_since"}}
        self.assertEqual(sizes.transaction_units([put], [{}]), 2 * (2 + 1))
        self.assertEqual(sizes.transaction_units([put], [pending]), 2 * 2)
        self.assertEqual(sizes.transaction_units([done], [pending]), 2 * (2 + 1))

    def test_reads_that_find_nothing(self):
        asked = {"RequestItems": {"t": {"Keys": [1, 2, 3], "ConsistentRead": True}}}
        self.assertEqual(sizes.missing_units("BatchGetItem", asked, {"Responses": {"t": [1]}}), 2)
        self.assertEqual(sizes.missing_units("Query", {}, {"ScannedCount": 0}), 0.5)


class Page(unittest.TestCase):
    def test_it_is_what_the_files_give(self):
        self.assertEqual(page.PAGE.read_text(), page.page(page.load("units.json"), page.load("prices.json")))


if __name__ == "__main__":
    unittest.main()
