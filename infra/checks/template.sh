#!/bin/sh
# Lints the template twice: as SAM, and as the CloudFormation that SAM makes of it. Each finds what the other overlooks
# (a wrong reference in an event's properties only shows after the translation).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$("$root/infra/tools/python-tool.sh" sam)
export SAM_CLI_TELEMETRY=0
"$bin/sam" validate --lint --region us-east-1 --template-file "$root/infra/template.yaml"
"$bin/python" "$root/infra/checks/sam_template.py" translated "$root/target/infra/translated.json"
"$bin/cfn-lint" --regions us-east-1 -- "$root/target/infra/translated.json"
echo "infra/template.yaml: no complaint, neither before nor after its translation"
