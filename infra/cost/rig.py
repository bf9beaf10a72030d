"""What a function needs on this machine, all of it on 127.0.0.1, and what it uses of it, counted.

A function is the program that runs on Lambda. It finds: Lambda's Runtime API, a DynamoDB behind a proxy that asks every request
for its consumed capacity, a Secrets Manager and an event bus that only count, and a simulated org behind a proxy that counts.
"""

import http.client
import json
import os
import queue
import socket
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from sizes import missing_units, transaction_units

TABLES = ("history", "cases")
ORG = "00000000-0000-4000-8000-000000000001"
WITHOUT_CAPACITY = {"ListTables", "CreateTable", "DescribeTable"}


class Usage:
    """What was used since it was made: capacity units and calls by name, bytes of log, milliseconds."""

    def __init__(self):
        self.counts, self.lock = Counter(), threading.Lock()

    def add(self, **counts):
        with self.lock:
            self.counts.update(counts)

    def take(self):
        with self.lock:
            taken, self.counts = self.counts, Counter()
        return taken


class Handler(BaseHTTPRequestHandler):
    """Keeps connections, and sends an answer in one piece: else each waits 40 ms for an acknowledgement."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def reply(self, status, body=b"", headers=()):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


@contextmanager
def serving(handler):
    """Serves `handler`'s class on a free port and yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def proxy(target, before, after):
    """A handler that hands requests on: `before(handler, body)` may change a body, `after(handler, status, body)` counts."""
    there, local = urlsplit(target), threading.local()

    class Proxy(Handler):
        def hand_on(self):
            body = before(self, self.body())
            dropped = ("content-length", "host", "connection")
            headers = {k: v for k, v in self.headers.items() if k.lower() not in dropped}
            if not hasattr(local, "connection"):
                local.connection = http.client.HTTPConnection(there.hostname, there.port, timeout=300)
                local.connection.connect()
                local.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            local.connection.request(self.command, self.path, body=body, headers=headers)
            answer = local.connection.getresponse()
            text = answer.read()
            after(self, answer.status, text)
            dropped = ("content-length", "transfer-encoding", "connection", "date", "server")
            self.reply(answer.status, text, [(k, v) for k, v in answer.getheaders() if k.lower() not in dropped])

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = hand_on

    return Proxy


def database_proxy(target, usage):
    def before(handler, body):
        handler.operation = handler.headers["x-amz-target"].rpartition(".")[2]
        if handler.operation in WITHOUT_CAPACITY:
            return body
        handler.asked = json.loads(body)
        if handler.operation == "TransactWriteItems":
            handler.asked["stored"] = [stored(target, handler, write) for write in handler.asked["TransactItems"]]
        return json.dumps(json.loads(body) | {"ReturnConsumedCapacity": "TOTAL"}).encode()

    def after(handler, status, body):
        operation = handler.operation
        if operation in WITHOUT_CAPACITY:
            return
        units = capacity(operation, handler.asked, json.loads(body)) if status == 200 else {}
        refused = {} if status == 200 else {"database_refusals": 1}
        detail = {f"{operation}_{unit}": count for unit, count in units.items()}
        usage.add(database_calls=1, **{f"{operation}_calls": 1}, **units, **detail, **refused)

    return proxy(target, before, after)


def stored(target, handler, write):
    """The item that a transaction is about to write, as it is now; this reading is ours and is not counted."""
    (what,) = write.values()
    key = what.get("Key") or {name: what["Item"][name] for name in ("pk", "sk")}
    headers = {name: handler.headers[name] for name in ("authorization", "x-amz-date", "content-type")}
    request = urllib.request.Request(
        target,
        json.dumps({"TableName": what["TableName"], "Key": key, "ConsistentRead": True}).encode(),
        headers | {"x-amz-target": "DynamoDB_20120810.GetItem"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read()).get("Item", {})


def capacity(operation, asked, answer):
    """The consumed units of an answer, as reads or as writes."""
    if operation == "TransactWriteItems":
        return {"write_units": transaction_units(asked["TransactItems"], asked["stored"])}
    consumed = answer.get("ConsumedCapacity", [])
    units = sum(one["CapacityUnits"] for one in (consumed if isinstance(consumed, list) else [consumed]))
    if operation not in ("GetItem", "BatchGetItem", "Query", "Scan"):
        return {"write_units": units}
    return {"read_units": units + missing_units(operation, asked, answer)}


def atlassian_proxy(target, usage):
    def after(handler, _, body):
        read = len(json.loads(body)["data"]) if "/events-stream" in handler.path and body[:1] == b"{" else 0
        usage.add(atlassian_calls=1, **({"events_read": read} if read else {}))

    return proxy(target, lambda _, body: body, after)


def other_services(usage):
    """Secrets Manager, the event bus: answers what fits the simulated org, and counts."""

    class Services(Handler):
        def do_POST(self):
            operation = self.headers["x-amz-target"].rpartition(".")[2]
            asked = json.loads(self.body())
            usage.add(**{f"{operation}_calls": 1})
            if operation == "GetSecretValue":
                answer = {"Name": asked["SecretId"], "SecretString": json.dumps(SECRETS[asked["SecretId"]])}
            else:
                answer = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in asked["Entries"]]}
            self.reply(200, json.dumps(answer).encode(), [("content-type", "application/x-amz-json-1.1")])

    return Services


OWN = ["sim-read-key-id", "sim-admin-key-id"]
SECRETS = {
    "webhook": {ORG: {"accepted": [{"value": "expected"}]}},
    "atlassian-read": {ORG: {"key": "sim-read-key", "own_key_ids": OWN}},
    "atlassian-unscoped": {ORG: {"key": "sim-admin-key", "own_key_ids": OWN}},
    "messages": {ORG: {}},
    "links": {"key": "a key that signs the links of a simulated org"},
    "api-tokens": {"tokens": [{"subject": "ann", "value": "ann-token", "roles": ["reader", "approver", "admin"], "orgs": ["*"]}]},
}


class Function:
    """A function that runs; `invoke` gives its answer and what that used."""

    def __init__(self, program, settings, usage):
        self.usage, self.events, self.answers, self.stopped = usage, queue.Queue(), queue.Queue(), False
        self.runtime = serving(runtime_api(self))
        environment = {
            "AWS_LAMBDA_RUNTIME_API": self.runtime.__enter__().removeprefix("http://"),
            "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": program.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }
        self.process = subprocess.Popen(
            [program], env=environment | settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.tail = b""
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            self.tail = (self.tail + chunk)[-4000:]
            self.usage.add(log_bytes=len(chunk))

    def cpu_ms(self):
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    def invoke(self, event):
        self.usage.take()
        begun, cpu = time.monotonic(), self.cpu_ms()
        self.events.put(event)
        kind, answer = self.answers.get(timeout=300)
        self.usage.add(milliseconds=(time.monotonic() - begun) * 1000, cpu_ms=self.cpu_ms() - cpu, invocations=1)
        time.sleep(0.02)  # the last lines of the log are in the pipe
        used = self.usage.take()
        if kind == "error":
            raise RuntimeError(f"{answer}\n{self.tail.decode(errors='replace')}")
        return answer, used

    def end(self):
        self.stopped = True
        self.process.kill()
        self.process.wait()
        self.runtime.__exit__(None, None, None)


def runtime_api(function):
    class Runtime(Handler):
        def do_GET(self):
            event = function.events.get()
            deadline = str(int((time.time() + 290) * 1000))
            self.reply(
                200,
                json.dumps(event).encode(),
                [
                    ("content-type", "application/json"),
                    ("lambda-runtime-aws-request-id", "1"),
                    ("lambda-runtime-deadline-ms", deadline),
                    ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:local"),
                ],
            )

        def do_POST(self):
            body = self.body()
            self.reply(202)
            function.answers.put((self.path.rpartition("/")[2], json.loads(body or b"null")))

    return Runtime


@contextmanager
def program(command, ready, **more):
    """Runs a program until the block ends, by its own id."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    try:
        deadline = time.monotonic() + 60
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start")
            time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
