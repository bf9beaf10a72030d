#!/bin/sh
# Tests what `make package` does after the build: zips, gates, the bill of materials, the licences.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$("$here/python-tool.sh" lambda)
said=$("$bin/python" -B -m unittest discover -s "$here" -p test_package.py 2>&1) || { echo "$said"; exit 1; }
echo "packaging: $(echo "$said" | sed -n 's/^Ran \([0-9]* tests\).*/\1/p') passed"
