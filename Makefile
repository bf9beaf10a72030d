# One line a target. What a target needs beyond Rust, the scripts of infra/tools install into .tools/ on first use.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check check-infra test-rust bench package deploy-sam deploy-cdk destroy
MAKEFLAGS += --no-print-directory
ARCH ?= x86_64

help: ; @sed -n 's/^\([a-z-]*\):.* ## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16 ## these lines

# The dev profile: a first build with optimised dependencies takes several times as long, and one org's report does not notice.
run: ; @cargo run -p tokenwarden-local --bin tokenwarden -- serve ## everything on one machine, on 127.0.0.1:8787

# The Rust tests come last: their summary is the last line printed.
test: check check-infra test-rust ## every test; what CI runs

check: ; @cargo fmt --all --check && cargo clippy --workspace --all-targets -- -D warnings && RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps ## format, lints, documentation

check-infra: ; @infra/checks/template.sh && infra/tools/test-package.sh && infra/tools/cdk.sh ## the deployment: template, policies, documents, packaging, the CDK app

test-rust: ; @infra/tools/test-rust.sh ## the Rust tests alone

# The functions are measured as they are shipped.
bench: ; @infra/tools/package.sh x86_64 empty-function && cargo run --release -p tokenwarden-bench ## the benchmarks, and target/bench/summary.json

package: ; @infra/tools/package.sh $(ARCH) ## the Lambda zips in target/lambda/ (ARCH=x86_64 or arm64)

deploy-sam: package ; @infra/tools/deploy-sam.sh $(ARCH) ## deploy to AWS by SAM, with your own credentials

deploy-cdk: package ; @infra/tools/deploy-cdk.sh $(ARCH) ## deploy to AWS by CDK, with your own credentials

destroy: ; @infra/tools/destroy.sh ## delete the stack and keep its tables (DATA=delete: these and the logs too)
