#!/bin/sh
# Builds every function for provided.al2023 and zips it: target/lambda/FUNCTION.zip.
# package.sh [x86_64|arm64] [PACKAGE]: with another package besides the functions, for comparison.
set -eu
arch=${1:-x86_64}
besides=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"

case $arch in
x86_64) target=x86_64-unknown-linux-gnu ;;
arm64) target=aarch64-unknown-linux-gnu ;;
*) echo "ARCH is x86_64 or arm64, not $arch" >&2 && exit 2 ;;
esac
# Looked up here because cargo-lambda would download a missing target without asking.
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
  echo "ARCH=$arch needs Rust's standard library for $target, which is missing: rustup target add $target" >&2
  exit 3
fi
command -v objdump >/dev/null || { echo "packaging needs objdump, which is missing: apt-get install binutils" >&2; exit 3; }

bin=$(infra/tools/python-tool.sh lambda)
# The one with most code answers one request at a time: small counts more there than fast.
small=serve-reports
packages=$(for package in functions/*/ $besides; do
  name=$(basename "$package")
  if [ "$name" != "$small" ]; then printf -- '-p %s ' "$name"; fi
done)
# zig links against an old glibc on any machine; the profiles are in Cargo.toml.
build() {
  profile=$1
  shift
  PATH="$bin:$PATH" cargo lambda build --profile "$profile" --target "$target" --lambda-dir target/lambda "$@"
}
rm -rf target/lambda
# shellcheck disable=SC2086
build shipped $packages
build shipped-small -p "$small"
"$bin/python" infra/tools/zip_functions.py target/lambda
