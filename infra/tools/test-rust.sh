#!/bin/sh
# Runs every Rust test and prints the runner's summary as the last line.
# Documentation examples are no tests here: they would print a summary of their own after the real one.
set -eu
cd "$(dirname "$0")/../.."

# The store's contract is held by two more databases; where one cannot be had, its test says loudly that it is skipped.
infra/tools/dynamodb-local.sh >/dev/null || echo "the store's contract goes without DynamoDB Local"
infra/tools/python-tool.sh ministack >/dev/null || echo "the store's contract goes without ministack"

# What the tests run as processes is built before them, the functions with the features that they have in Lambda:
# a build beside the tests would compete with them for memory and time.
cargo build --quiet --bins -p ingest-audit -p poll-audit -p report-tokens -p remediate-tokens -p serve-reports
cargo build --quiet --bins -p atlassian-sim -p tokenwarden-local

if cargo nextest --version >/dev/null 2>&1; then
  exec cargo nextest run --workspace --no-fail-fast
fi

# cargo test prints a summary for each test binary: add them up.
echo "cargo-nextest is not installed (cargo install --locked cargo-nextest): using cargo test"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
{ cargo test --workspace --no-fail-fast --lib --bins --tests 2>&1 || echo "cargo test failed"; } | tee "$log"
grep -q '^cargo test failed$' "$log" && status=1
sed -n 's/^test result: .* \([0-9]*\) passed; \([0-9]*\) failed;.*/\1 \2/p' "$log" |
  awk '{ passed += $1; failed += $2 } END { printf "%d passed, %d failed\n", passed, failed }'
exit $status
