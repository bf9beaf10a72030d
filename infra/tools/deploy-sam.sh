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
exec "$bin/sam" deploy $ask --config-file "$root/samconfig.toml" --capabilities CAPABILITY_IAM --template-file target/infra/deploy.json
