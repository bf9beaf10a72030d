//! The page and the list of credentials, asked of serve-reports' own binary.

use crate::{
    Outcome,
    function::Function,
    secrets::{ORG, READER},
    summary::{Summary, median},
    surroundings::Surroundings,
};
use serde_json::Value;
use shared::{
    model::{Mode, OrgId, Report},
    ports::{ReportReader, ReportStore},
    store::Store,
};
use std::time::Instant;
use tokenwarden_tests::{lambda::event::request, sample};

const PART: &str = "Reading (serve-reports over dynoxide, per request)";
/// So many requests, of which the middle one is told.
const REQUESTS: usize = 40;
const ROWS: [u32; 2] = [150, 10_000];

/// For a small and a large report.
pub(crate) async fn measure(summary: &mut Summary) -> Outcome<()> {
    let mut small = Vec::new();
    for rows in ROWS {
        let surroundings = Surroundings::empty().await?;
        fill(&surroundings.store(), rows).await?;
        let function = Function::start("serve-reports", &surroundings).await?;
        let list = format!("/v1/orgs/{ORG}/reports/latest/credentials");
        let requests = [("GET /", "/".to_owned()), ("GET …/credentials", format!("{list}?limit=100"))];
        for (at, (name, path)) in requests.into_iter().enumerate() {
            let millis = typical(&function, &path).await?;
            small.push(millis);
            summary.compare(PART, format!("{name}, {rows} rows"), (millis, small[at]), "ms");
        }
        let (pages, millis) = walk(&function, &list).await?;
        summary.add(PART, format!("all of …/credentials, {rows} rows, {pages} pages"), millis, "ms");
        summary.add(PART, format!("peak memory, {rows} rows"), function.peak_mb()?, "MB");
        function.end().await;
    }
    summary.note(PART, format!("the middle of {REQUESTS} requests, the database's share included"));
    Ok(())
}

/// The sample's org, and a newer report with so many rows.
async fn fill(store: &Store, rows: u32) -> Outcome<()> {
    let org = OrgId::from(ORG);
    sample::fill(store, &org, Mode::Observe).await?;
    let latest = store.latest_report(&org).await?.ok_or("the sample has no report")?;
    let mut report = Report { id: "20261121T120000Z-cc".into(), parts: rows / 5_000 + 1, ..latest };
    report.totals.credentials = rows.into();
    let rows: Vec<_> = (0..i64::from(rows)).map(sample::row).collect();
    store.put_rows(&org, &report.id, report.parts, &rows).await?;
    store.publish(&org, &report).await?;
    Ok(())
}

async fn typical(function: &Function, path: &str) -> Outcome<f64> {
    let request = read(path);
    function.request(&request, 200).await?;
    let mut millis = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        function.request(&request, 200).await?;
        millis.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(millis))
}

fn read(path: &str) -> Value {
    request("GET", path, &[("authorization", READER)])
}

/// Reads the whole list, page by page.
async fn walk(function: &Function, path: &str) -> Outcome<(usize, f64)> {
    let (begun, mut pages, mut query) = (Instant::now(), 0, String::from("limit=1000"));
    while pages < 1_000 {
        let answer = function.request(&read(&format!("{path}?{query}")), 200).await?;
        let page: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        query = format!("limit=1000&cursor={next}");
    }
    Ok((pages, begun.elapsed().as_secs_f64() * 1e3))
}
