//! A whole report by report-tokens' own binary, over simulated orgs of growing size.

use crate::{Outcome, function::Function, secrets::ORG, summary::Summary, surroundings::Surroundings};
use atlassian_sim::{Sim, SimOptions};
use serde_json::{Value, json};
use shared::{
    model::{OrgId, Phase},
    ports::{ReportReader, ReportStore},
    store::Store,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokenwarden_tests::lambda::event::tick;
use tokio::{net::TcpListener, task::JoinHandle};

const PART: &str = "Report (report-tokens over the simulated org and dynoxide)";
/// What the function may hold at 100,000 tokens.
const MOST_MB: f64 = 200.0;
/// About what a call to DynamoDB takes within a region.
const ROUND_TRIP: Duration = Duration::from_millis(5);
/// A report that needs more invocations than this is given up.
const INVOCATIONS: usize = 30;

/// For 1,000, 10,000 and 100,000 tokens; where `BENCH_MOST` gives a number, for 100,000 and that many: a million takes a
/// quarter of an hour.
pub(crate) async fn measure(summary: &mut Summary) -> Outcome<()> {
    let most = shared::config::environment("BENCH_MOST").and_then(|text| text.parse::<usize>().ok());
    if most.is_none() {
        take(summary, 1_000, Some(ROUND_TRIP)).await?;
        take(summary, 1_000, None).await?;
        take(summary, 10_000, None).await?;
    }
    let (time, peak) = take(summary, 100_000, None).await?;
    summary.compare(PART, "100,000 tokens: peak memory against 200 MB", (peak, MOST_MB), "MB");
    if let Some(most) = most {
        let (longer, memory) = take(summary, most, None).await?;
        let against = |what: &str| format!("{most} tokens against 100,000: {what}");
        summary.compare(PART, against("peak memory (at most 1.2 is flat)"), (memory, peak), "MB");
        summary.compare(PART, against("time"), (longer, time), "s");
    }
    summary.note(
        PART,
        "half as many users as tokens, 1,200 at least; the time is the function's with its database and the simulated \
         org on the same cores, the memory is the function's alone; cases table without its stream, see surroundings.rs",
    );
    Ok(())
}

/// One report; gives its time and the function's peak memory.
async fn take(summary: &mut Summary, tokens: usize, away: Option<Duration>) -> Outcome<(f64, f64)> {
    let sim = company(tokens).await?;
    let near = Surroundings::over(sim.url(), ORG).await?.without_stream().await?;
    let (surroundings, far) = match away {
        Some(delay) => (near.away(delay).await?, ", tables 5 ms away"),
        None => (near, ""),
    };
    let function = Function::start("report-tokens", &surroundings).await?;
    let phases = Phases::watch(surroundings.store());
    let begun = Instant::now();
    let answer = invoke(&function).await?;
    let secs = begun.elapsed().as_secs_f64();
    let report = surroundings.store().latest_report(&OrgId::from(ORG)).await?.ok_or(format!("no report: {answer}"))?;
    let rows = report.totals.credentials as f64;
    let (peak, cpu) = (function.peak_mb()?, function.cpu_secs()?);
    let name = |what: &str| format!("{tokens} tokens{far}: {what}");
    summary.add(PART, name(&format!("time ({} users, {:?})", users(tokens), report.status)), secs, "s");
    summary.add(PART, name("rows"), rows, "rows");
    summary.add(PART, name("findings"), report.totals.findings as f64, "findings");
    summary.add(PART, name("rows per second"), rows / secs, "rows/s");
    summary.compare(PART, name("the function's own processor time"), (cpu, secs), "s");
    for (phase, share) in phases.shares() {
        summary.compare(PART, name(&format!("  {phase}")), (share * secs, secs), "s");
    }
    summary.add(PART, name("peak memory of the function"), peak, "MB");
    function.end().await;
    sim.shutdown().await;
    Ok((secs, peak))
}

fn users(tokens: usize) -> usize {
    (tokens / 2).max(1_200)
}

/// A simulated org without limits, so that our own time is measured.
async fn company(tokens: usize) -> Outcome<Sim> {
    shared::http::install_crypto();
    let options = SimOptions { users: users(tokens), tokens, ..SimOptions::default() };
    let sim = Sim::start(TcpListener::bind("127.0.0.1:0").await?, options).await?;
    let limits = json!({ "org": u32::MAX, "directory": u32::MAX, "api_access": u32::MAX, "user_management": u32::MAX });
    let client = shared::http::atlassian_http_client(Duration::from_secs(5));
    client.post(format!("{}/_sim/rate", sim.url())).json(&limits).send().await?.error_for_status()?;
    Ok(sim)
}

/// Invokes until the report is whole, as the schedule does.
async fn invoke(function: &Function) -> Outcome<Value> {
    let mut answer = Value::Null;
    for _ in 0..INVOCATIONS {
        answer = function.invoke(&tick()).await?;
        if answer[ORG]["outcome"] != "interrupted" {
            break;
        }
    }
    Ok(answer)
}

type Seen = Arc<Mutex<BTreeMap<&'static str, u32>>>;

/// Looks at the run's checkpoint ten times a second: where a report spends its time.
struct Phases {
    seen: Seen,
    task: JoinHandle<()>,
}

impl Phases {
    fn watch(store: Store) -> Self {
        let seen = Seen::default();
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                if let Ok(Some(run)) = store.run(&OrgId::from(ORG)).await {
                    *shared
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .entry(name(&run.value.phase))
                        .or_default() += 1;
                }
            }
        });
        Self { seen, task }
    }

    /// The share of each phase, in their order.
    fn shares(self) -> Vec<(&'static str, f64)> {
        self.task.abort();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let all: u32 = seen.values().sum();
        seen.iter().map(|(phase, count)| (*phase, f64::from(*count) / f64::from(all))).collect()
    }
}

fn name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Stage => "1 stage",
        Phase::Prove { .. } => "2 prove",
        Phase::Judge { .. } => "3 judge",
        Phase::Compare => "4 compare",
        Phase::Settle { .. } => "5 settle",
        Phase::Publish => "6 publish",
    }
}
