"""The two tables as the template has them, in a database of this machine."""

import boto3

INDEXES = {"history": ("by_profile", "profile", "profile_at", "S"), "cases": ("pending", "pending_org", "pending_since", "N")}


def client(endpoint):
    return boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="local", aws_secret_access_key="local"
    )


def create_table(db, name, index, partition, sort, kind):
    attributes = {"pk": "S", "sk": "S", partition: "S", sort: kind}
    db.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=key_schema("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in attributes.items()],
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": key_schema(partition, sort), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
    )


def key_schema(partition, sort):
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
