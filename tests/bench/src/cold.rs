//! Cold starts: from exec to the end of the first invocation, in instructions and in time, beside a function that does
//! nothing.

use crate::{
    Outcome,
    function::Function,
    root,
    secrets::ORG,
    summary::{Summary, median},
    surroundings::Surroundings,
};
use serde_json::Value;
use std::{fs, path::Path, time::Instant};
use tokenwarden_tests::lambda::{
    FUNCTIONS,
    event::{request, tick, with_body},
};
use tokio::process::Command;

/// A function that does nothing.
pub(crate) const EMPTY: &str = "empty-function";
const PART: &str = "Cold start (exec to the first answer)";
/// So many starts, of which the middle one is told.
const STARTS: usize = 15;

/// Instructions by callgrind if it is there, and time.
pub(crate) async fn measure(summary: &mut Summary) -> Outcome<()> {
    let surroundings = Surroundings::empty().await?;
    let folder = root().join("target/bench/callgrind");
    fs::create_dir_all(&folder)?;
    if Command::new("valgrind").arg("--version").output().await.is_ok() {
        let empty = instructions(EMPTY, &surroundings, &folder).await?;
        summary.compare(PART, "empty function", (empty, empty), "M instr.");
        for function in FUNCTIONS {
            let counted = instructions(function, &surroundings, &folder).await?;
            summary.compare(PART, function, (counted, empty), "M instr.");
        }
    } else {
        summary.note(PART, "no instruction counts: valgrind is missing; `apt-get install valgrind` brings it");
    }
    let empty = millis(EMPTY, &surroundings).await?;
    summary.compare(PART, "empty function", (empty, empty), "ms");
    for function in FUNCTIONS {
        summary.compare(PART, function, (millis(function, &surroundings).await?, empty), "ms");
    }
    summary.note(
        PART,
        "the cheapest real invocation: ingest-audit 401 after reading its secret, serve-reports /healthz, the others a \
         tick with no org; AWS over loopback without TLS",
    );
    Ok(())
}

/// Millions of instructions of the whole process, its end included.
async fn instructions(function: &str, surroundings: &Surroundings, folder: &Path) -> Outcome<f64> {
    let counts = folder.join(format!("{function}.out"));
    let running = Function::start_counted(function, surroundings, &counts).await?;
    first(function, &running).await?;
    running.end().await;
    let text = fs::read_to_string(&counts)?;
    let total = text.lines().find_map(|line| line.strip_prefix("summary: ").or(line.strip_prefix("totals: ")));
    let total: f64 = total.ok_or("callgrind wrote no sum")?.trim().parse()?;
    Ok(total / 1e6)
}

async fn millis(function: &str, surroundings: &Surroundings) -> Outcome<f64> {
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let begun = Instant::now();
        let running = Function::start(function, surroundings).await?;
        first(function, &running).await?;
        starts.push(begun.elapsed().as_secs_f64() * 1e3);
        running.end().await;
    }
    Ok(median(starts))
}

/// The cheapest real invocation of a function.
async fn first(function: &str, running: &Function) -> Outcome<Value> {
    match function {
        "ingest-audit" => {
            let path = format!("/webhooks/{ORG}/audit");
            running.request(&with_body(request("POST", &path, &[("authorization", "Bearer wrong")]), "{}"), 401).await
        }
        "serve-reports" => running.request(&request("GET", "/healthz", &[]), 200).await,
        _ => running.invoke(&tick()).await,
    }
}
