//! The binaries: built as they are for Lambda, one package's features at a time.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The functions, by the names of their packages and binaries.
pub const FUNCTIONS: [&str; 5] = ["ingest-audit", "poll-audit", "report-tokens", "remediate-tokens", "serve-reports"];

/// Builds the five binaries, once a process, and gives their folder; where nothing changed, that takes a second.
///
/// # Panics
/// If one does not compile.
pub fn build() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| build_packages(&FUNCTIONS))
}

/// Builds the programs that are no functions, `tokenwarden` and `atlassian-sim`, once a process, and gives their folder.
///
/// # Panics
/// If one does not compile.
pub fn build_programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| build_packages(&["atlassian-sim", "tokenwarden-local"]))
}

fn build_packages(packages: &[&str]) -> PathBuf {
    let folder = target_folder();
    let packages = packages.iter().flat_map(|name| ["-p", name]);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--bins"]).args(packages);
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    // What cargo says to the running test is not for the build: some build scripts run anew for another package's name.
    for (name, _) in std::env::vars_os().filter(|(name, _)| of_the_test(&name.to_string_lossy())) {
        cargo.env_remove(name);
    }
    // A function is built in the target folder of this test, wherever that is.
    cargo.arg("--target-dir").arg(folder.parent().expect("the target folder"));
    let output = cargo.output().expect("cargo starts");
    assert!(output.status.success(), "the binaries do not build:\n{}", String::from_utf8_lossy(&output.stderr));
    folder
}

/// Whether cargo or nextest sets a variable for the package whose test runs.
fn of_the_test(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_", "NEXTEST"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// `target/debug` or `target/release`: the folder above that of the running test.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let folders = test.ancestors().skip(1);
    folders
        .map(Path::to_path_buf)
        .find(|folder| folder.join(".cargo-lock").exists())
        .unwrap_or_else(|| test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps").to_path_buf())
}
