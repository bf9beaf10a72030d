#!/bin/sh
# Checks the template: the linters of SAM and CloudFormation, checkov, and what none of them knows (see declared.py).
# It is linted twice, as SAM and as the CloudFormation that SAM makes of it: each finds what the other overlooks (a wrong
# reference in an event's properties only shows after the translation). The last line is a summary.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$("$root/infra/tools/python-tool.sh" sam)
checkov=$("$root/infra/tools/python-tool.sh" checkov)
checks=$root/infra/checks
out=$root/target/infra
export SAM_CLI_TELEMETRY=0 PYTHONDONTWRITEBYTECODE=1
said=$("$bin/sam" validate --lint --region us-east-1 --template-file "$root/infra/template.yaml" 2>&1) || { echo "$said"; exit 1; }
"$bin/python" "$checks/sam_template.py" translated "$out/translated.json"
"$bin/cfn-lint" --regions us-east-1 -- "$out/translated.json"
# What it finds is judged by declared.py; --soft-fail leaves the exit code for what goes wrong.
"$checkov/checkov" -f "$out/translated.json" --framework cloudformation --skip-download --quiet --compact --soft-fail -o json \
  >"$out/checkov.json"
"$bin/python" "$checks/declared.py" "$out/translated.json" "$out/checkov.json"
