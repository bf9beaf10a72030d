//! Sums up, says what must be said first, and only then moves `latest`.

use crate::{
    error::Result,
    model::{JoinState, Notice, Org, Report, ReportStatus, Run, Section, SectionStatus, Totals, Versioned},
    ports::{ReportReader, ReportStore, Written},
};

pub(super) async fn step<S: ReportStore + ReportReader>(store: &S, org: &Org, run: Run) -> Result<(Run, Report)> {
    let mut totals = Totals::default();
    for shard in store.shard_totals(&org.id, &run.report).await? {
        totals.add(&shard);
    }
    let report = summary(&run, totals, store.intake_counts(&org.id).await?);
    store.publish(&org.id, &report).await?;
    note_in_schedule(store, org, &run).await?;
    Ok((run, report))
}

async fn note_in_schedule(store: &impl ReportStore, org: &Org, run: &Run) -> Result<()> {
    loop {
        let Versioned { version, value: mut schedule } = store.schedule(&org.id).await?;
        schedule.last_started_at = schedule.last_started_at.max(Some(run.started_at));
        schedule.join = run.join;
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
        notices: notices(run, quarantined),
        totals,
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

fn notices(run: &Run, quarantined: u64) -> Vec<Notice> {
    let notice = |code: &str, text: String| Notice { code: code.to_owned(), text };
    let mut notices = Vec::new();
    if run.own_key_ids.is_none() {
        let text = "The ids of the API keys that Tokenwarden itself uses are not known: they cannot be told from the \
                    others in this report, and no org API key is ever offered for revocation until they are.";
        notices.push(notice("own_key_unknown", text.to_owned()));
    }
    match run.join {
        JoinState::Proven => {}
        JoinState::Unproven => {
            let text = "No audit event has named a token by the id of Atlassian's list yet: where an owner's use \
                        cannot be joined to one of his tokens, their use is unknown, and nothing acts on it.";
            notices.push(notice("join_unproven", text.to_owned()));
        }
    }
    if quarantined > 0 {
        let text =
            format!("Deliveries and events that could not be understood, and are kept in quarantine: {quarantined}.");
        notices.push(notice("quarantine", text));
    }
    let text = "The tokens of external users are not in this report: no list of Atlassian's holds them.";
    notices.push(notice("kinds_not_read", text.to_owned()));
    for section in run.sections.iter().filter(|section| section.status == SectionStatus::OutOfScope) {
        notices.push(notice("out_of_scope", format!("The section {} is declared out of scope.", section.name)));
    }
    notices
}
