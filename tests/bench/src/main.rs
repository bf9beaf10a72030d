//! `make bench`: one program that measures the functions as they are shipped and as they work, prints one table and
//! writes `target/bench/summary.json`. Every load is bounded in count and in time and ends by itself.

mod cold;
mod distance;
mod events;
mod function;
mod judge;
mod meter;
mod pages;
mod report;
mod secrets;
mod sizes;
mod summary;
mod surroundings;

use shared::config::environment;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use summary::Summary;

/// Anything that ends a measurement.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[tokio::main]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the program speaks to its user here")]
async fn main() -> ExitCode {
    let mut summary = Summary::default();
    let measured = measure(&mut summary, environment("BENCH_ONLY").as_deref()).await;
    print!("{}", summary.table());
    let written = summary.write(&root().join("target/bench/summary.json"));
    match measured.and(written) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tokenwarden-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything, or only the part that `BENCH_ONLY` names.
async fn measure(summary: &mut Summary, only: Option<&str>) -> Outcome<()> {
    let wanted = |part: &str| only.is_none_or(|only| only == part);
    if wanted("sizes") {
        sizes::measure(summary)?;
    }
    if wanted("cold") {
        cold::measure(summary).await?;
    }
    if wanted("judge") {
        judge::measure(summary)?;
    }
    if wanted("events") {
        events::measure(summary).await?;
    }
    if wanted("pages") {
        pages::measure(summary).await?;
    }
    if wanted("report") {
        report::measure(summary).await?;
    }
    Ok(())
}
