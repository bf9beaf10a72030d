"""Sizes and units as DynamoDB counts them (Amazon DynamoDB Developer Guide: item sizes, read and write consumption).

DynamoDB Local leaves some out: of a transaction's items that are alike it counts one, and reads that find nothing count as 0.
What stands here is used instead.
"""

from math import ceil

INDEX_KEYS = (("profile", "profile_at"), ("pending_org", "pending_since"))  # no table has both


def transaction_units(writes, stored):
    """What a transaction of `writes` consumes where `stored` are the items as they were: twice what each write would alone."""
    return 2 * sum(write_units(write, old) for write, old in zip(writes, stored))


def write_units(write, old):
    ((kind, what),) = write.items()
    new = what["Item"] if kind == "Put" else old
    if kind == "Update" and "REMOVE pending_org" in what["UpdateExpression"]:
        new = {name: value for name, value in old.items() if not name.startswith("pending_")}
    if kind == "Delete":
        new = {}
    return max(1, ceil(max(item_bytes(old), item_bytes(new)) / 1024)) + index_units(old, new)


def index_units(old, new):
    """An entry of an index that holds keys alone: written when it comes, goes, or, for two writes, changes its keys."""
    before, after = index_entry(old), index_entry(new)
    return 0 if before == after else bool(before) + bool(after)


def index_entry(item):
    return [[item[name] for name in names] for names in INDEX_KEYS if all(name in item for name in names)]


def missing_units(operation, asked, answer):
    """Reads that find nothing consume the least that a read can: 1 unit, or half where it need not be consistent."""
    if operation == "Query" and answer["ScannedCount"] == 0:
        return 1 if asked.get("ConsistentRead") else 0.5
    if operation != "BatchGetItem":
        return 0
    left = lambda table: len(answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", []))  # noqa: E731
    return sum(
        (len(wanted["Keys"]) - len(answer["Responses"].get(table, [])) - left(table))
        * (1 if wanted.get("ConsistentRead") else 0.5)
        for table, wanted in asked["RequestItems"].items()
    )


def item_bytes(item):
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value):
    ((kind, content),) = value.items()
    if kind in ("S", "B"):
        return len(content.encode() if isinstance(content, str) else content)
    if kind == "N":
        return (len(content.strip("-").replace(".", "").strip("0")) + 1) // 2 + 1
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + value_bytes(one) for one in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + value_bytes(one) for name, one in content.items())
    return sum(value_bytes({kind[0]: one}) for one in content)  # a set
