#!/bin/sh
# Deploys the zips of `make package` by CDK with the caller's own AWS credentials.
#   deploy-cdk.sh [ARCH [ARGUMENTS OF cdk deploy]]
# Settings come from the environment (TOKENWARDEN_ORGS=…), from infra/cdk/cdk.context.json, or as `-c orgs=…`; the app says
# what is missing. It asks before it changes what anybody may do; `--require-approval never` does without.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
arch=x86_64
case ${1:--} in -*) ;; *) arch=$1 && shift ;; esac
export CDK_DISABLE_CLI_TELEMETRY=true CDK_DISABLE_VERSION_CHECK=true
"$root/infra/tools/cdk.sh" install
cd "$root/infra/cdk"
# The zips run on no other processor than the one that they were built for.
if ! node_modules/.bin/cdk deploy --context "architecture=$arch" "$@"; then
  echo "not deployed: see above. Where CDK never deployed before, it wants this once, from the repository's root:" >&2
  echo "  infra/cdk/node_modules/.bin/cdk bootstrap aws://ACCOUNT/REGION" >&2
  exit 1
fi
echo "deployed: fill the secrets that the outputs name (their shapes: shared/src/secrets/shapes.rs)"
