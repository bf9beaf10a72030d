"""`tokenwarden init`, `doctor` and `key rotate` against the deployed stack, as an operator runs them."""

import json
import os
import subprocess

import ministack

from emulated.stack import STACK, check

READ, UNSCOPED, SOON_OVER = "tokenwarden reading", "tokenwarden remediation", "token inventory (2025)"


class Operator:
    """Somebody with AWS credentials, the simulated org's keys and the command `tokenwarden`."""

    def __init__(self, stack, program, atlassian, org):
        self.stack, self.program, self.atlassian, self.org = stack, program, atlassian, org

    def run(self, *arguments, key="sim-read-key"):
        """Exit code, and what was printed on both outputs."""
        api = f"{self.stack.aws.endpoint}/_aws/execute-api/{self.stack.ids['HttpApi']}/$default"
        where = ["--stack", STACK, "--region", ministack.REGION, "--api", api, "--org", self.org, "--atlassian-url", self.atlassian]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.stack.aws.folder), "AWS_ACCESS_KEY_ID": "test",
                       "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": self.stack.aws.endpoint,
                       "ATLASSIAN_API_KEY": key, "ATLASSIAN_UNSCOPED_KEY": "sim-admin-key"}
        done = subprocess.run([self.program, *arguments, *where], env=environment, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr

    def secret(self, name):
        return json.loads(self.stack.aws.secretsmanager.get_secret_value(SecretId=self.stack.ids[name])["SecretString"])

    def change(self, name, change):
        secret = self.secret(name)
        change(secret)
        self.stack.aws.secretsmanager.put_secret_value(SecretId=self.stack.ids[name], SecretString=json.dumps(secret))


def check_init(operator):
    init = ["init", "--read-key-name", READ, "--no-wait"]
    code, said = operator.run(*init, key="sim-tokens-key")
    check("init refuses a key that lacks scopes", (code, "read:events:admin" in said, "Nothing was written" in said), (1, True, True))
    code, said = operator.run("init", "--read-key-name", SOON_OVER, "--no-wait")
    check("init refuses a key that soon expires", (code, "expires in" in said), (2, True))
    check("init has written nothing until then", operator.secret("AtlassianReadSecret"), {})
    code, said = operator.run(*init, "--unscoped-key-name", UNSCOPED)
    check("init sets the org up", (code, f"/webhooks/{operator.org}/audit" in said) if code == 0 else said, (0, True))
    own = ["sim-read-key-id", "sim-admin-key-id"]
    check("it stores the keys with the ids of both", [operator.secret(s)[operator.org] for s in ("AtlassianReadSecret", "AtlassianUnscopedSecret")],
          [{"key": "sim-read-key", "own_key_ids": own}, {"key": "sim-admin-key", "own_key_ids": own}])
    before = [operator.secret(s) for s in ("WebhookSecret", "ApiTokensSecret")]
    code, _ = operator.run(*init, "--unscoped-key-name", UNSCOPED)
    check("init again draws no new credentials", (code, [operator.secret(s) for s in ("WebhookSecret", "ApiTokensSecret")]), (0, before))
    code, said = operator.run("doctor")
    check("doctor says that there is no report yet", (code, "FAIL reports are taken" in said), (1, True))


def check_doctor(operator):
    code, said = operator.run("doctor")
    check("doctor finds a deployment that works", code if code == 0 else said, 0)
    check("it shows no secret", "sim-read-key" in said.replace("sim-read-key-id", ""), False)
    operator.change("AtlassianReadSecret", lambda secret: secret[operator.org].update(own_key_ids=[]))
    code, said = operator.run("doctor")
    check("doctor sees that our own keys are not known", (code, "FAIL our own keys" in said), (1, True))


def check_rotate(operator, deliver):
    old = operator.secret("WebhookSecret")[operator.org]["accepted"][0]["value"]
    code, said = operator.run("key", "rotate", "--which", "webhook")
    new = operator.secret("WebhookSecret")[operator.org]["accepted"][0]["value"]
    check("rotate draws a new webhook credential and prints it", (code, new in said, new != old), (0, True, True))
    # After a wrong credential the secret is read again at most once a minute.
    ministack.wait_for(lambda: deliver(new) == 202, 75, "the new credential is accepted")
    check("the old one is accepted beside it", deliver(old), 202)
    code, said = operator.run("key", "rotate", "--which", "read", "--name", READ)
    ids = operator.secret("AtlassianUnscopedSecret")[operator.org]["own_key_ids"]
    check("rotate puts the key and its id in", (code, "sim-read-key-id" in ids) if code == 0 else said, (0, True))
