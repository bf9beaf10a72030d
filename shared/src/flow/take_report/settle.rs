//! Settles the findings: walks what the report found and what is stored, both by id, and writes only what changed.

use super::publish::summary;
use crate::{
    decide::{judge::Judges, settle::Absence, settle::found, settle::not_found},
    error::Result,
    flow::AT_A_TIME,
    model::{
        Changes, CredentialKind, CredentialRef, CredentialRow, Finding, FindingId, FindingStatus, FindingTransition,
        Org, Phase, Report, Run, SectionName, Totals,
    },
    ports::{FindingStore, ReportReader, ReportStore},
    rules::Accounts,
};
use futures::stream::{self, StreamExt, TryStreamExt};

/// About so many findings are settled between two checkpoints.
const PAGE: u32 = 500;

pub(super) async fn step<S>(store: &S, org: &Org, mut run: Run, after: Option<FindingId>) -> Result<Run>
where
    S: ReportStore + ReportReader + FindingStore,
{
    let policy = super::policy(store, org, Some(run.policy_version)).await?;
    let judges = Judges::new(&policy.policy)?;
    let report = summary(&run, Totals::default(), (0, 0));
    let made = store.run_findings(&org.id, &run.report, after.as_ref()).await?;
    let stored = store.findings(&org.id, after.as_ref(), PAGE).await?;
    let (pairs, upto) = pair(made.items, made.next.is_some(), stored.items, stored.next.is_some());
    let settler = Settler { store, org, run: &run, report: &report, judges: &judges };
    let settling: Vec<_> = pairs.iter().map(|pair| settler.settle(pair)).collect();
    let transitions: Vec<_> = stream::iter(settling).buffered(AT_A_TIME).try_collect().await?;
    for (transition, (stored, _)) in transitions.iter().zip(&pairs) {
        count(&mut run.changes, transition.as_ref(), stored.as_ref(), run.started_at);
    }
    run.phase = match upto {
        Some(last) => Phase::Settle { after: Some(last) },
        None => Phase::Publish,
    };
    Ok(run)
}

type Pair = (Option<Finding>, Option<Finding>);

/// Pairs two lists that are sorted by id. Where a list goes on, nothing beyond its last id can be paired yet:
/// the walk then goes on after the id that is given back.
fn pair(
    made: Vec<Finding>,
    more_made: bool,
    stored: Vec<Finding>,
    more_stored: bool,
) -> (Vec<Pair>, Option<FindingId>) {
    let end = |list: &[Finding], more: bool| more.then(|| list.last().map(|finding| finding.id.clone())).flatten();
    let upto = [end(&made, more_made), end(&stored, more_stored)].into_iter().flatten().min();
    let within = |finding: &Finding| upto.as_ref().is_none_or(|upto| finding.id <= *upto);
    let mut pairs = std::collections::BTreeMap::<FindingId, Pair>::new();
    for finding in stored.into_iter().filter(within) {
        let id = finding.id.clone();
        pairs.entry(id).or_default().0 = Some(finding);
    }
    for finding in made.into_iter().filter(within) {
        let id = finding.id.clone();
        pairs.entry(id).or_default().1 = Some(finding);
    }
    (pairs.into_values().collect(), upto)
}

struct Settler<'a, S> {
    store: &'a S,
    org: &'a Org,
    run: &'a Run,
    report: &'a Report,
    judges: &'a Judges,
}

impl<S: ReportReader + FindingStore> Settler<'_, S> {
    /// Writes the transition that a pair calls for, if it does.
    async fn settle(&self, (stored, made): &Pair) -> Result<Option<FindingTransition>> {
        let moment = self.run.started_at;
        let transition = match (stored, made) {
            (stored, Some(made)) => found(stored.as_ref(), made, moment),
            (Some(stored), None) => not_found(stored, self.absence(stored).await?, moment),
            (None, None) => None,
        };
        if let Some(transition) = &transition {
            self.store.put_transition(&self.org.id, transition).await?;
        }
        Ok(transition)
    }

    /// The row of a credential, also where it was only observed once and is listed now.
    async fn row(&self, subject: &CredentialRef) -> Result<Option<CredentialRow>> {
        let row = self.store.row(&self.org.id, self.report, subject).await?;
        let lasting = CredentialRef { kind: subject.kind.lasting(), id: subject.id.clone() };
        match row {
            None if lasting != *subject => self.store.row(&self.org.id, self.report, &lasting).await,
            row => Ok(row),
        }
    }

    /// What it means that a kind's credential has no row.
    fn vanished(&self, kind: CredentialKind) -> Absence {
        match SectionName::listing(kind) {
            Some(section) if self.run.is_complete(section) => Absence::Vanished,
            // What no list holds is there for as long as the events of its use are.
            None if super::judge::accounts(self.run) == Accounts::Whole => Absence::Forgotten,
            Some(_) | None => Absence::NotRead,
        }
    }

    async fn absence(&self, stored: &Finding) -> Result<Absence> {
        if stored.status == FindingStatus::Resolved {
            return Ok(Absence::NotRead);
        }
        let Some(row) = self.row(&stored.subject).await? else { return Ok(self.vanished(stored.subject.kind)) };
        let unjudged = row.unjudged.iter().any(|unjudged| unjudged.rule == stored.rule);
        Ok(match (self.judges.judge(&stored.rule), unjudged) {
            (false, _) => Absence::RuleOff,
            (true, true) => Absence::NotJudged,
            (true, false) => Absence::JudgedClean,
        })
    }
}

/// Counts so that settling the same finding again after a crash counts it once: a transition bears the run's moment.
fn count(
    changes: &mut Changes,
    transition: Option<&FindingTransition>,
    stored: Option<&Finding>,
    moment: crate::model::Timestamp,
) {
    let settled_before = |status| stored.is_some_and(|stored| stored.status == status && stored.changed_at == moment);
    match transition {
        Some(FindingTransition::Open(_)) => changes.new_findings += 1,
        Some(FindingTransition::Resolve(_)) => changes.resolved += 1,
        Some(FindingTransition::Change(_)) => {}
        None if settled_before(FindingStatus::Open) => changes.new_findings += 1,
        None if settled_before(FindingStatus::Resolved) => changes.resolved += 1,
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::judge::tests::finding;

    fn named(ids: &[&str]) -> Vec<Finding> {
        ids.iter().map(|id| Finding { id: FindingId::new(*id), ..finding() }).collect()
    }

    #[test]
    fn lists_that_end_are_paired_whole() {
        let (pairs, upto) = pair(named(&["a", "b"]), false, named(&["b", "c"]), false);
        let shape: Vec<(bool, bool)> = pairs.iter().map(|(stored, made)| (stored.is_some(), made.is_some())).collect();
        assert_eq!((shape, upto), (vec![(false, true), (true, true), (true, false)], None));
    }

    #[test]
    fn nothing_is_paired_beyond_the_end_of_a_page() {
        let (pairs, upto) = pair(named(&["a", "b"]), true, named(&["b", "c"]), true);
        assert_eq!((pairs.len(), upto), (2, Some("b".into())));
    }
}
