//! `infra/template.yaml` deployed into an emulated AWS, tried, updated and deleted; then the same with the real functions.
//!
//! The work is done by `infra/checks/emulated_aws.py` in an environment of its own, because the emulator is a Python
//! program; its output is this test's output.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn the_template_deploys_starts_its_functions_and_grants_no_more_than_it_names() {
    let Some(python) = ministack() else { return };
    expect_success(Command::new(python).arg(root().join("infra/checks/emulated_aws.py")));
}

#[test]
#[ignore = "the functions have no code yet"]
fn the_real_functions_answer_behind_the_http_api() {
    let Some(python) = ministack() else { return };
    let binaries = build_functions();
    let helper = root().join("infra/checks/emulated_aws.py");
    expect_success(Command::new(python).arg(helper).arg("--binaries").arg(binaries));
}

/// The Python of ministack's environment, installed on first use; `None` where it cannot be had, except in CI.
fn ministack() -> Option<PathBuf> {
    let installed = run(Command::new(root().join("infra/tools/python-tool.sh")).arg("ministack"));
    if installed.status.success() {
        return Some(Path::new(text(&installed.stdout).trim()).join("python"));
    }
    let why = text(&installed.stderr);
    assert!(!in_ci(), "in CI the emulated AWS must run: {why}");
    eprintln!("\nSKIPPED: the template was NOT deployed into an emulated AWS: {why}");
    None
}

#[expect(clippy::disallowed_methods, reason = "a test's own environment, no setting of a function")]
fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// A quick build of the functions; returns the folder of the programs.
fn build_functions() -> PathBuf {
    let folders = root().join("functions").read_dir().expect("the functions' folder");
    let names = folders.map(|entry| entry.expect("a function").file_name());
    let packages = names.flat_map(|name| ["-p".into(), name]);
    expect_success(Command::new(env!("CARGO")).current_dir(root()).args(["build", "--bins"]).args(packages));
    let test = std::env::current_exe().expect("the path of this test");
    test.ancestors().nth(2).expect("target/debug").to_path_buf()
}

fn expect_success(command: &mut Command) {
    let output = run(command);
    let report = format!("{}{}", text(&output.stdout), text(&output.stderr));
    eprintln!("{report}");
    assert!(output.status.success(), "{command:?} failed:\n{report}");
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace above the tests")
}
