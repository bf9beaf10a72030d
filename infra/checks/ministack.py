"""An AWS on 127.0.0.1 for as long as a `with` block lasts: ministack, with IAM switched on.

What it cannot do (1.5.33), so nothing here proves it:
- Its CloudFormation drops a table's TTL, encryption and point-in-time recovery without a word, a topic's key and a stage's
  limits too: they are checked as declared.
- Its CloudFormation refuses an alarm over a formula: these are left out of what is deployed and checked as declared.
- An alarm is evaluated when a metric is written, over all that was written lately, whatever its dimensions and its periods.
- There is no X-Ray: what a role may do there is read from its policy.
- A secret's `Ref` is its name, on AWS it is the ARN; `GetAtt Id` is the ARN in both.
- An HTTP API given as an OpenAPI `Body` gets no routes; ours are resources of their own.
- The host name of an API (ID.execute-api.…) does not resolve: `HttpApi` below calls /_aws/execute-api/ID/STAGE/… instead.
- Functions run as plain processes: no memory limit, no frozen environments, no cold start worth measuring, /tmp is shared.
- Throttling, transaction conflicts, eventual consistency and the 6 MB limit of an invocation never occur.
- It always sends events of format 2.0, whatever the integration says: the format is checked as declared.
- It holds SES's SendEmail against every identity at once: who may send from where is checked as declared.
- It does not check that an ARN in `SourceArn` is the one that calls.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.config import Config

REGION = "us-east-1"


@contextmanager
def running():
    """Starts ministack on a free port and yields an `Aws`; stops it and removes what it wrote at the end."""
    with tempfile.TemporaryDirectory(prefix="emulated-aws-") as folder:
        port = free_port()
        endpoint = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "SFTP_ENABLED": "0",  # these two would open ports of their own
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "AUTH": "true",  # a function gets credentials of its role, and what the role does not allow is refused
            "AWS_ENDPOINT_URL": endpoint,  # handed on to the functions
            "TMPDIR": folder,  # the functions get it too
            "STATE_DIR": f"{folder}/state",
        }
        log = Path(folder, "ministack.log")
        with log.open("w") as out:
            process = subprocess.Popen([sys.executable, "-m", "ministack"], env=environment, stdout=out, stderr=out)
        try:
            wait_for(lambda: process.poll() is not None or healthy(endpoint), 60, "ministack answers")
            if process.poll() is not None:
                sys.exit("ministack did not start:\n" + log.read_text()[-3000:])
            yield Aws(endpoint, Path(folder))
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Aws:
    """Clients of the emulated services, as the account's root."""

    def __init__(self, endpoint, folder):
        self.endpoint, self.folder, self.clients = endpoint, folder, {}

    def __getattr__(self, service):
        if service not in self.clients:
            self.clients[service] = as_if_over_tls(self.plain(service))
        return self.clients[service]

    def plain(self, service):
        """A client whose calls count as sent without TLS."""
        return boto3.client(service.rstrip("_"), endpoint_url=self.endpoint, region_name=REGION,
                            aws_access_key_id="test", aws_secret_access_key="test",
                            config=Config(read_timeout=90, retries={"max_attempts": 1}))

    def request(self, api_id, method, path, body=None, headers=None):
        """Calls an HTTP API: (status, body as JSON where it is JSON)."""
        request = urllib.request.Request(f"{self.endpoint}/_aws/execute-api/{api_id}/$default{path}", method=method,
                                         data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode(errors="replace")


def as_if_over_tls(client):
    """There is no TLS here: policies that want it take what this header says."""
    client.meta.events.register("before-send", lambda request, **_: request.headers.update({"X-Forwarded-Proto": "https"}))
    return client


def wait_for(condition, seconds, what):
    """Returns the first true value of `condition`; ends the program when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.2)
    sys.exit(f"waited {seconds} s in vain: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthy(endpoint):
    try:
        return urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2).status == 200
    except OSError:
        return False
