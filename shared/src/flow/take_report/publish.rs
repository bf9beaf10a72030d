//! Sums up, says what must be said first, and only then moves `latest`.

use super::compare::summed;
use crate::{
    decide::facts::{self, Evidence},
    error::Result,
    messages::report as say,
    model::{
        FactName, Facts, JoinState, Notice, Org, Report, ReportStatus, Run, Section, SectionStatus, Totals, Versioned,
    },
    ports::{EventReader, ReportReader, ReportStore, Written},
};

pub(super) async fn step<S: ReportStore + ReportReader + EventReader>(
    store: &S,
    org: &Org,
    run: Run,
) -> Result<(Run, Report)> {
    let totals = summed(store, org, &run).await?;
    let counts = store.intake_counts(&org.id).await?;
    let facts = learn(store, org, &run, &totals).await?;
    let notices = notices(&run, counts.0, &facts);
    let report = Report { facts, notices, ..summary(&run, totals, counts) };
    store.publish(&org.id, &report).await?;
    note_in_schedule(store, org, &run, &report).await?;
    Ok((run, report))
}

/// What this report and those before it show about the org.
async fn learn<S>(store: &S, org: &Org, run: &Run, totals: &Totals) -> Result<Facts>
where
    S: ReportStore + ReportReader + EventReader,
{
    let mut observed = store.schedule(&org.id).await?.value.observed;
    observed.renew(&totals.observed);
    let catalogue = store.action_names(&org.id).await?;
    let poll = store.poll_lag(&org.id).await?;
    Ok(facts::facts(&Evidence {
        join: run.join,
        observed: &observed,
        sections: &run.sections,
        catalogue: &catalogue,
        poll: poll.as_ref(),
    }))
}

async fn note_in_schedule(store: &impl ReportStore, org: &Org, run: &Run, report: &Report) -> Result<()> {
    loop {
        let Versioned { version, value: mut schedule } = store.schedule(&org.id).await?;
        schedule.last_started_at = schedule.last_started_at.max(Some(run.started_at));
        schedule.join = run.join;
        schedule.facts = report.facts.clone();
        if schedule.observed_in.as_ref() != Some(&run.report) {
            schedule.observed.renew(&report.totals.observed);
            schedule.observed_in = Some(run.report.clone());
        }
        if schedule.requested_at.is_some_and(|at| at <= run.started_at) {
            (schedule.requested_at, schedule.requested_id) = (None, None);
        }
        match store.put_schedule(&org.id, &Versioned { version, value: schedule }).await? {
            Written::Stored => return Ok(()),
            Written::Contended => {}
        }
    }
}

/// The summary of a run as it stands.
pub(super) fn summary(run: &Run, totals: Totals, (quarantined, ignored_events): (u64, u64)) -> Report {
    Report {
        id: run.report.clone(),
        generated_at: run.started_at,
        status: status(&run.sections),
        sections: run.sections.clone(),
        notices: Vec::new(),
        totals,
        facts: Facts::default(),
        changes: run.changes.clone(),
        parts: run.parts,
        quarantined,
        ignored_events,
    }
}

fn status(sections: &[Section]) -> ReportStatus {
    let whole = sections.iter().all(|section| match section.status {
        SectionStatus::Complete | SectionStatus::OutOfScope => true,
        SectionStatus::Pending | SectionStatus::Failed | SectionStatus::NotPermitted => false,
    });
    if whole { ReportStatus::Complete } else { ReportStatus::Partial }
}

fn notices(run: &Run, quarantined: u64, facts: &Facts) -> Vec<Notice> {
    let notice = |code: &str, text: String| Notice { code: code.to_owned(), text };
    let mut notices = Vec::new();
    if run.own_key_ids.is_none() {
        notices.push(notice("own_key_unknown", say::own_key_unknown()));
    }
    match run.join {
        JoinState::Proven => {}
        JoinState::Unproven => notices.push(notice("join_unproven", say::join_unproven())),
    }
    if quarantined > 0 {
        notices.push(notice("quarantine", say::quarantined(quarantined)));
    }
    let shown = facts.knowledge(FactName::ExternalUsesLeaveEvents);
    notices.push(notice("external_tokens", say::external_tokens(shown)));
    for section in run.sections.iter().filter(|section| section.status == SectionStatus::OutOfScope) {
        notices.push(notice("out_of_scope", say::out_of_scope(section.name)));
    }
    notices
}
