//! `infra/template.yaml` deployed into an emulated AWS, tried, updated and deleted; then the same with the real functions.
//!
//! The work is done by `infra/checks/emulated_aws.py` in an environment of its own, because the emulator is a Python
//! program; its output is this test's output.

use atlassian_sim::{Sim, SimOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tokenwarden_tests::lambda;

#[test]
fn the_template_deploys_starts_its_functions_and_grants_no_more_than_it_names() {
    let Some(python) = ministack() else { return };
    expect_success(Command::new(python).arg(root().join("infra/checks/emulated_aws.py")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_functions_lead_from_a_delivery_to_a_report_and_to_a_planned_action() {
    let Some(python) = ministack() else { return };
    let binaries = lambda::build();
    assert_eq!(lambda::build_programs(), binaries, "the command lies beside the functions");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let company = SimOptions { users: 60, tokens: 40, max_events: 400, ..SimOptions::default() };
    let sim = Sim::start(listener, company).await.expect("the simulated org starts");
    let mut helper = Command::new(python);
    helper.arg(root().join("infra/checks/emulated_aws.py")).arg("--binaries").arg(binaries);
    helper.arg("--atlassian").arg(sim.url());
    tokio::task::spawn_blocking(move || expect_success(&mut helper)).await.expect("the helper ends");
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
