"""Whether the units that the proxy records are those that AWS's rules give."""

import uuid

import rig
from tables import INDEXES, client, create_table


def check_rules(database):
    """AWS's rules, each tried through the proxy: what it recorded, what the rule wants, what the database itself said."""
    usage, name = rig.Usage(), "rules-" + uuid.uuid4().hex[:8]
    item = lambda sk, size, **more: {"pk": {"S": "p"}, "sk": {"S": sk}, "x": {"S": "x" * size}} | more  # noqa: E731
    key = lambda sk: {"pk": {"S": "p"}, "sk": {"S": sk}}  # noqa: E731
    entry = {"profile": {"S": "q"}, "profile_at": {"S": "1"}}
    with rig.serving(rig.database_proxy(database, usage)) as address:
        db, rules = client(address), {}
        create_table(db, name, *INDEXES["history"])

        def rule(what, wanted, operation, **asked):
            usage.take()
            answer = getattr(db, operation)(**asked, ReturnConsumedCapacity="TOTAL")
            used = usage.take()
            said = sum(c["CapacityUnits"] for c in listed(answer["ConsumedCapacity"]))
            rules[what] = {"wanted": wanted, "recorded": used["read_units"] + used["write_units"], "database_said": said}

        put = lambda *items: [{"Put": {"TableName": name, "Item": i}} for i in items]  # noqa: E731
        query = {"KeyConditionExpression": "pk = :p", "TableName": name}
        rule("write of 0.5 KB", 1, "put_item", TableName=name, Item=item("a", 500))
        rule("write of 1.5 KB", 2, "put_item", TableName=name, Item=item("b", 1500))
        rule("write of 0.5 KB with an index entry", 2, "put_item", TableName=name, Item=item("d", 500, **entry))
        rule("write of 5 KB", 5, "put_item", TableName=name, Item=item("c", 5000))
        rule("transaction of one 0.5 KB", 2, "transact_write_items", TransactItems=put(item("e", 500)))
        rule("transaction of three 0.5 KB", 6, "transact_write_items", TransactItems=put(*(item(sk, 500) for sk in "fgh")))
        rule("transaction of 0.5 KB with an index entry", 4, "transact_write_items", TransactItems=put(item("i", 500, **entry)))
        rule("read of 5 KB, eventual", 1, "get_item", TableName=name, Key=key("c"))
        rule("read of 5 KB, consistent", 2, "get_item", TableName=name, Key=key("c"), ConsistentRead=True)
        rule(
            "batch of two reads that find nothing, consistent",
            2,
            "batch_get_item",
            RequestItems={name: {"Keys": [key("x"), key("y")], "ConsistentRead": True}},
        )
        rule("query of 11 KB, eventual", 1.5, "query", **query, ExpressionAttributeValues={":p": {"S": "p"}})
        rule("query that finds nothing, eventual", 0.5, "query", **query, ExpressionAttributeValues={":p": {"S": "none"}})
    return rules


def listed(value):
    return value if isinstance(value, list) else [value]
