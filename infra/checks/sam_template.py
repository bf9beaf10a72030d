"""infra/template.yaml as data: with its functions' code put in place, and as the plain CloudFormation that SAM makes of it.

    sam_template.py translated OUT     what cfn-lint and the emulated AWS read (code addresses are made up)
    sam_template.py with-zips OUT ARCH what `sam deploy` reads: the code is target/lambda/*.zip, built for ARCH

Runs in the environment of the SAM CLI and in that of ministack: both bring aws-sam-translator.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator asks boto3 for a region

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra/template.yaml"


def binaries(template):
    """Logical id of each function and the binary that it runs."""
    functions = {i: r for i, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    return {i: r["Metadata"]["BuildProperties"]["Binary"] for i, r in functions.items()}


def with_code(address):
    """The template with `address(binary)` as each function's code, and nothing left to build."""
    template = yaml_parse(TEMPLATE.read_text())
    template["Globals"]["Function"].pop("CodeUri")
    for logical_id, binary in binaries(template).items():
        function = template["Resources"][logical_id]
        function["Properties"]["CodeUri"] = address(binary)
        del function["Metadata"]
    return template


def translated(address):
    """Plain CloudFormation; `address(binary)` must be an S3 address."""
    return Translator({}, Parser()).translate(with_code(address), {})


def with_zips(arch):
    """The template with the packaged functions, deployable for no other processor than theirs."""
    template = with_code(lambda binary: str(ROOT / f"target/lambda/{binary}.zip"))
    template["Parameters"]["Architecture"].update(Default=arch, AllowedValues=[arch])
    return template


def main(form, out, arch="x86_64"):
    forms = {
        "translated": lambda: translated(lambda binary: f"s3://code/{binary}.zip"),
        "with-zips": lambda: with_zips(arch),
    }
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_text(json.dumps(forms[form](), indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
