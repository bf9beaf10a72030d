#!/bin/sh
# Deploys the zips of `make package` with the caller's own AWS credentials. The first time it asks for the parameters and
# remembers the answers in samconfig.toml; `rm samconfig.toml` makes it ask again.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
bin=$(infra/tools/python-tool.sh sam)
export SAM_CLI_TELEMETRY=0
"$bin/python" infra/checks/sam_template.py with-zips target/infra/deploy.json "${1:-x86_64}"
ask=--guided
[ ! -f samconfig.toml ] || ask=--resolve-s3
status=0
"$bin/sam" deploy $ask --config-file "$root/samconfig.toml" --capabilities CAPABILITY_IAM \
  --template-file target/infra/deploy.json || status=$?
# Which table the cases were restored to is remembered by the stack: a parameter that is not named here keeps its value there,
# and no later deployment leads the functions back to the old table.
if grep -q 'Restored' samconfig.toml 2>/dev/null; then
  sed 's/ *RestoredCases[A-Za-z]*=\\"[^"]*\\"//g' samconfig.toml >target/infra/samconfig.toml
  cp target/infra/samconfig.toml samconfig.toml
fi
exit $status
