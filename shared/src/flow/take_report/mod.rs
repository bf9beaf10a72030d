//! Takes a report, step by step. Each step can be repeated without harm; after each, the run's checkpoint is stored.

mod compare;
mod context;
mod groups;
mod judge;
mod publish;
mod settle;
mod stage;

use crate::{
    config::ReportSettings,
    decide::due::due,
    error::{Error, Result},
    model::{
        Changes, Due, Org, Phase, PolicyVersion, Report, ReportId, ReportSchedule, ReportStatus, Run, SHARDS, Section,
        SectionName, SectionStatus, Timestamp, Versioned,
    },
    ports::{Clock, Deadline, EventReader, FindingStore, ReportReader, ReportStore, TokenReader, Written},
};
use chrono::TimeDelta;
use context::Context;
use std::collections::BTreeMap;

/// Nobody else touches a run for so long after its last checkpoint.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// What a report needs.
pub struct Ports<'a, S, R, C> {
    /// Both tables.
    pub store: &'a S,
    /// Atlassian's lists.
    pub source: &'a R,
    /// The time.
    pub clock: &'a C,
    /// How reports are taken and kept.
    pub settings: ReportSettings,
}

/// What an invocation came to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A report is whole.
    Taken {
        /// Which.
        report: ReportId,
        /// Complete or partial.
        status: ReportStatus,
    },
    /// The time is up, or Atlassian asked to wait; the next tick goes on.
    Interrupted {
        /// Which report.
        report: ReportId,
        /// What is next.
        phase: Phase,
    },
    /// No report is due, or another invocation works on it.
    NothingDue,
}

enum Step {
    Next(Run),
    Wait(Run, Timestamp),
    Whole(Run, Box<Report>),
}

/// One invocation: begins, resumes or does nothing, as [`due`] says.
///
/// # Errors
/// [`Error::Store`] and its like; the run stays at its last checkpoint. [`Error::NotFound`] while there is no policy.
pub async fn take_report<S, R, C>(ports: &Ports<'_, S, R, C>, org: &Org, deadline: &impl Deadline) -> Result<Outcome>
where
    S: ReportStore + ReportReader + FindingStore + EventReader,
    R: TokenReader,
    C: Clock,
{
    let schedule = ports.store.schedule(&org.id).await?;
    let open = ports.store.run(&org.id).await?;
    let now = ports.clock.now();
    let run = match due(&schedule.value, open.as_ref().map(|run| &run.value), ports.settings.every_hours, now) {
        Due::Nothing => return Ok(Outcome::NothingDue),
        Due::Resume => open.unwrap_or_else(|| fresh(Run::default_for(org, &schedule.value, 0, now))),
        Due::Start => {
            let policy = policy(ports.store, org, None).await?;
            let previous = ports.store.latest_report(&org.id).await?.map(|report| report.id);
            fresh(Run { previous, ..Run::default_for(org, &schedule.value, policy.version, now) })
        }
    };
    drive(ports, org, run, deadline).await
}

fn fresh(value: Run) -> Versioned<Run> {
    Versioned { version: 0, value }
}

impl Run {
    fn default_for(org: &Org, schedule: &ReportSchedule, policy_version: u64, now: Timestamp) -> Self {
        Self {
            report: schedule.requested_id.clone().unwrap_or_else(|| ReportId::at(now)),
            started_at: now,
            policy_version,
            join: schedule.join,
            own_key_ids: org.own_key_ids.clone(),
            phase: Phase::Stage,
            sections: SectionName::ALL.into_iter().map(Section::pending).collect(),
            readings: BTreeMap::new(),
            previous: None,
            facts: schedule.facts.clone(),
            parts: 1,
            changes: Changes::default(),
            wait_until: None,
            lease_until: now,
        }
    }

    fn section(&mut self, name: SectionName) -> &mut Section {
        let at = self.sections.iter().position(|section| section.name == name).unwrap_or_else(|| {
            self.sections.push(Section::pending(name));
            self.sections.len() - 1
        });
        &mut self.sections[at]
    }

    fn is_complete(&self, name: SectionName) -> bool {
        self.sections.iter().any(|section| section.name == name && section.status == SectionStatus::Complete)
    }
}

async fn drive<S, R, C>(
    ports: &Ports<'_, S, R, C>,
    org: &Org,
    mut run: Versioned<Run>,
    deadline: &impl Deadline,
) -> Result<Outcome>
where
    S: ReportStore + ReportReader + FindingStore + EventReader,
    R: TokenReader,
    C: Clock,
{
    run.value.wait_until = None;
    let mut context = Lazy::default();
    loop {
        let now = ports.clock.now();
        let stop = deadline.reached();
        run.value.lease_until = if stop { now } else { now + LEASE };
        let Some(saved) = save(ports.store, org, run).await? else { return Ok(Outcome::NothingDue) };
        run = saved;
        if stop {
            return Ok(interrupted(run.value));
        }
        match step(ports, org, &mut context, run.value.clone()).await? {
            Step::Next(next) => run.value = next,
            Step::Wait(next, until) => {
                run.value = Run { wait_until: Some(until), lease_until: ports.clock.now(), ..next };
                save(ports.store, org, run.clone()).await?;
                return Ok(interrupted(run.value));
            }
            Step::Whole(next, report) => {
                run.value = next;
                ports.store.end_run(&org.id, &run).await?;
                return Ok(Outcome::Taken { report: report.id, status: report.status });
            }
        }
    }
}

fn interrupted(run: Run) -> Outcome {
    Outcome::Interrupted { report: run.report, phase: run.phase }
}

/// Stores the checkpoint; `None` if another invocation holds the run.
async fn save(store: &impl ReportStore, org: &Org, run: Versioned<Run>) -> Result<Option<Versioned<Run>>> {
    match store.put_run(&org.id, &run).await? {
        Written::Stored => Ok(Some(Versioned { version: run.version + 1, value: run.value })),
        Written::Contended => Ok(None),
    }
}

async fn step<S, R, C>(ports: &Ports<'_, S, R, C>, org: &Org, context: &mut Lazy, run: Run) -> Result<Step>
where
    S: ReportStore + ReportReader + FindingStore + EventReader,
    R: TokenReader,
    C: Clock,
{
    match run.phase.clone() {
        Phase::Stage => stage::step(ports, org, run).await,
        Phase::Prove { shard } => judge::prove(ports.store, org, run, shard).await.map(Step::Next),
        Phase::Judge { shard } => {
            judge::step(ports.store, org, context.of(ports.store, org, &run).await?, run, shard).await.map(Step::Next)
        }
        Phase::Compare => {
            compare::step(ports.store, org, context.of(ports.store, org, &run).await?, run).await.map(Step::Next)
        }
        Phase::Settle { after } => settle::step(ports.store, org, run, after).await.map(Step::Next),
        Phase::Publish => {
            publish::step(ports.store, org, run).await.map(|(run, report)| Step::Whole(run, Box::new(report)))
        }
    }
}

/// What is read at the first step that needs it.
#[derive(Default)]
struct Lazy(Option<Context>);

impl Lazy {
    async fn of<S>(&mut self, store: &S, org: &Org, run: &Run) -> Result<&Context>
    where
        S: ReportReader + FindingStore + EventReader,
    {
        if self.0.is_none() {
            self.0 = Some(Context::read(store, org, run).await?);
        }
        self.0.as_ref().ok_or_else(|| Error::NotFound("what a report is judged by".into()))
    }
}

fn next_shard(shard: u32, phase: impl Fn(u32) -> Phase, then: Phase) -> Phase {
    if shard + 1 < SHARDS { phase(shard + 1) } else { then }
}

async fn policy(store: &impl FindingStore, org: &Org, version: Option<u64>) -> Result<PolicyVersion> {
    let found = match version {
        Some(version) => store.policy_version(&org.id, version).await?,
        None => store.policy(&org.id).await?,
    };
    found.ok_or_else(|| Error::NotFound(format!("the policy of org {}", org.id)))
}
