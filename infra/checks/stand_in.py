"""Stands in for a function, so that the template can be tried without any function's code.

It notes every event in noted.jsonl, answers requests with what it saw, and tries AWS calls with its role's rights
when asked to: {"try": [[service, operation, {parameter: value}], …]} is answered with "allowed" or the error's code.
"""

import json
import os
import urllib.request

import boto3
from botocore.exceptions import ClientError

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
NAME = os.environ["AWS_LAMBDA_FUNCTION_NAME"]


def answer(event):
    if "try" in event:
        return [attempt(*call) for call in event["try"]]
    with open(os.environ["TMPDIR"] + "/noted.jsonl", "a") as notes:
        notes.write(json.dumps({"function": NAME, "event": event}) + "\n")
    if "Records" in event:
        return {"batchItemFailures": []}
    seen = {"function": NAME, "version": event.get("version"), "path": event.get("rawPath"), "body": event.get("body")}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(seen)}


def attempt(service, operation, parameters):
    client = boto3.client(service)
    # As if over TLS: otherwise nobody may do anything with a queue or a topic, whatever his role allows.
    client.meta.events.register("before-send", lambda request, **_: request.headers.update({"X-Forwarded-Proto": "https"}))
    try:
        getattr(client, operation)(**parameters)
        return "allowed"
    except ClientError as error:
        return error.response["Error"]["Code"]


while True:
    with urllib.request.urlopen(f"{API}/next", timeout=None) as invocation:
        request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.loads(invocation.read())
    reply = json.dumps(answer(event)).encode()
    urllib.request.urlopen(urllib.request.Request(f"{API}/{request_id}/response", data=reply, method="POST")).read()
