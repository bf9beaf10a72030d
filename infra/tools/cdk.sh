#!/bin/sh
# Checks infra/cdk: compiles it strictly, runs its tests, synthesizes the app (cdk-nag is part of that) and lints the result.
# Only the first run needs the network. The template is translated afresh and the zips are stand-ins, so that neither
# an old package nor none at all matters.
#   cdk.sh            all of that
#   cdk.sh install    only installs what infra/cdk needs
#   cdk.sh types      writes lib/template-types.ts anew, after a change of infra/template.yaml
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cdk=$root/infra/cdk
out=$root/target/infra/cdk
export CDK_DISABLE_CLI_TELEMETRY=true CDK_DISABLE_VERSION_CHECK=true

lack() { echo "infra/cdk needs $1" >&2; exit 3; }
installed() { cmp -s "$cdk/package-lock.json" "$cdk/node_modules/installed.json"; }
bin() { PATH="$cdk/node_modules/.bin:$PATH" "$@"; }

install() {
  node=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p') || node=
  [ "${node:-0}" -ge 18 ] || lack "Node 18 or later, which is missing: apt-get install nodejs npm"
  if installed; then return; fi
  command -v npm >/dev/null || lack "npm, which is missing: apt-get install npm"
  # Two checks may want it at once; where flock is missing (macOS) they have to take turns themselves.
  mkdir -p "$root/.tools"
  exec 9>"$root/.tools/cdk.lock"
  if command -v flock >/dev/null; then flock 9; fi
  if installed; then return; fi
  echo "installing AWS CDK into infra/cdk/node_modules (once)" >&2
  (cd "$cdk" && npm ci --loglevel=error --ignore-scripts --no-fund --no-audit >&2) ||
    lack "its npm packages, which could not be installed: see npm's message above"
  cp "$cdk/package-lock.json" "$cdk/node_modules/installed.json"
}

# The template as `make package` writes it, and a zip of its own for each function.
stand_in() {
  python=$1/python
  rm -rf "$out"
  mkdir -p "$out"
  "$python" "$root/infra/checks/sam_template.py" translated "$out/template.json"
  for folder in "$root"/functions/*/; do
    name=$(basename "$folder")
    printf '#!/bin/sh\n# stands in for %s\n' "$name" >"$out/bootstrap"
    "$python" -m zipfile -c "$out/$name.zip" "$out/bootstrap"
  done
}

# Runs a command and shows what it printed only when it fails.
quietly() {
  if "$@" >"$out/log.txt" 2>&1; then return; fi
  cat "$out/log.txt" >&2
  echo "infra/cdk: failed: $*" >&2
  exit 1
}

check() {
  cd "$cdk"
  quietly bin npm run --silent build
  quietly bin npm run --silent test
  passed=$(sed -n 's/^[^a-z]*pass \([0-9]*\)$/\1/p' "$out/log.txt")
  [ "${passed:-0}" -gt 0 ] || { echo "infra/cdk: no test ran" >&2; exit 1; }
  quietly bin cdk synth --quiet --output "$out/cdk.out" -c orgs=org-1,org-2 -c templateFile="$out/template.json"
  quietly "$1/cfn-lint" --regions us-east-1 -- "$out"/cdk.out/*.template.json
  echo "infra/cdk: $passed tests passed, synthesized, cdk-nag and cfn-lint without complaint"
}

install
case ${1:-check} in
install) ;;
types | check)
  sam=$("$root/infra/tools/python-tool.sh" sam)
  stand_in "$sam"
  if [ "${1:-check}" = check ]; then
    check "$sam"
  else
    (cd "$cdk" && bin tsc --noCheck && node dist/tools/write-template-types.js "$out/template.json")
  fi
  ;;
*) echo "cdk.sh [install | types]" >&2; exit 2 ;;
esac
