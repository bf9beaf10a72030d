#!/bin/sh
# Deletes the stack with the caller's own AWS credentials and keeps the tables; DATA=delete deletes these and the logs too.
#   STACK=NAME   which stack; without it that of samconfig.toml
#   DATA=delete  asks for the stack's name first; CONFIRM=NAME answers for scripts
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
exec "${PYTHON:-$("$root/infra/tools/python-tool.sh" sam)/python}" "$root/infra/tools/destroy.py"
