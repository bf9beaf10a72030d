#!/bin/sh
# Builds every function for provided.al2023 and packages them. target/lambda/ then holds, each the same for the same sources:
#   FUNCTION.zip     what Lambda runs          template.json    infra/template.yaml as plain CloudFormation
#   sbom.cdx.json    what is linked into them  LICENCES.txt     under which licences    SHA256SUMS   of all of these
# package.sh [x86_64|arm64] [PACKAGE]: with another package besides the functions, for comparison.
set -eu
arch=${1:-x86_64}
besides=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$root"

case $arch in
x86_64) target=x86_64-unknown-linux-gnu ;;
arm64) target=aarch64-unknown-linux-gnu ;;
*) echo "ARCH is x86_64 or arm64, not $arch" >&2 && exit 2 ;;
esac
sysroot=$(rustc --print sysroot)
# Looked up here because cargo-lambda would download a missing target without asking.
if [ ! -d "$sysroot/lib/rustlib/$target/lib" ]; then
  echo "ARCH=$arch needs Rust's standard library for $target, which is missing: rustup target add $target" >&2
  exit 3
fi
sha256=$(command -v sha256sum || command -v shasum) || { echo "packaging needs sha256sum, which is missing" >&2; exit 3; }

bin=$(infra/tools/python-tool.sh lambda)
sam=$(infra/tools/python-tool.sh sam)
# The only time in what is packaged: that of the sources.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=; fi
export SOURCE_DATE_EPOCH

# The binaries name source files (in panics and log lines). Of two rules that fit, rustc takes the last.
# In the environment these flags replace `build.rustflags` of every config; cargo-lambda sets those for the profile `release`
# alone, so the profiles below lose nothing. Cargo keeps --remap-path-prefix out of the names that it hashes.
flags=
remap() { flags=${flags:+$flags$(printf '\037')}--remap-path-prefix=$1=$2; }
remap_sources() {
  cargo_home=$(cd "${CARGO_HOME:-$HOME/.cargo}" && pwd)
  remap "$root" /tokenwarden
  remap "${CARGO_TARGET_DIR:-$root/target}" /tokenwarden/target
  remap "$cargo_home" /cargo
  for sources in "$cargo_home"/registry/src/*/; do remap "${sources%/}" /cargo; done
  remap "$sysroot/lib/rustlib/src/rust" "/rustc/$(rustc -vV | sed -n 's/^commit-hash: //p')"
}

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
  PATH="$bin:$PATH" CARGO_ENCODED_RUSTFLAGS=$flags \
    cargo lambda build --locked --profile "$profile" --target "$target" --lambda-dir target/lambda "$@"
}

rm -rf target/lambda
cargo fetch --locked --quiet --target "$target" # the folders of its sources have to be there before they are remapped
remap_sources
# What takes seconds and may refuse comes before what takes minutes.
"$bin/python" infra/tools/sbom.py "$target" target/lambda/sbom.cdx.json
"$bin/python" infra/tools/licences.py "$target" target/lambda/LICENCES.txt
"$sam/python" infra/checks/sam_template.py translated target/lambda/template.json
# shellcheck disable=SC2086
build shipped $packages
build shipped-small -p "$small"
"$bin/python" infra/tools/zip_functions.py target/lambda

cd target/lambda
LC_ALL=C
export LC_ALL
case $sha256 in *shasum) set -- -a 256 ;; *) set -- ;; esac
"$sha256" "$@" -- *.zip LICENCES.txt sbom.cdx.json template.json >SHA256SUMS
wc -c -- *.zip LICENCES.txt SHA256SUMS sbom.cdx.json template.json | sed '$d; s/\([0-9]\) /\1 bytes  target\/lambda\//'
