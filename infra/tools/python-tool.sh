#!/bin/sh
# Makes the virtual environment .tools/NAME from infra/tools/NAME.txt on first use and prints its bin folder.
# One environment for each tool: ministack, the SAM CLI and cargo-lambda want different releases of the same libraries.
set -eu
name=$1
here=$(cd "$(dirname "$0")" && pwd)
tools=$(cd "$here/../.." && pwd)/.tools
wanted=$here/$name.txt
env=$tools/$name

lack() { echo "$name needs $1" >&2; exit 3; }
installed() { cmp -s "$wanted" "$env/installed.txt"; }
finish() { echo "$env/bin"; exit 0; }

[ -f "$wanted" ] || { echo "no such tool: $wanted" >&2; exit 2; }
installed && finish
command -v python3 >/dev/null || lack "python3, which is missing: apt-get install python3 python3-venv"
python3 -c 'import ensurepip, venv' 2>/dev/null || lack "Python's venv module, which is missing: apt-get install python3-venv"

# Two tests may want the same tool at once; where flock is missing (macOS) they have to take turns themselves.
mkdir -p "$tools"
exec 9>"$tools/$name.lock"
if command -v flock >/dev/null; then flock 9; fi
installed && finish

echo "installing $name into .tools/$name (once)" >&2
rm -rf "$env"
python3 -m venv "$env" >&2
"$env/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted" >&2 ||
  lack "the packages of infra/tools/$name.txt, which could not be installed: see pip's message above"
cp "$wanted" "$env/installed.txt"
finish
