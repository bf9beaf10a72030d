#!/bin/sh
# The cost page is what its measurements, prices and assumptions give, and the arithmetic holds.
set -eu
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1
said=$(python3 page.py --check 2>&1 && python3 -m unittest -q 2>&1) || { echo "$said"; exit 1; }
echo "docs/cost.md: as its measurements and assumptions give it"
