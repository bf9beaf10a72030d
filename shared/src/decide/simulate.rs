//! What a policy would have done in the known past: day by day, by the rules, ladders, budget and checks that act today.

mod reconstruct;
mod walk;

use crate::error::{Error, Result};
use crate::messages::simulate as say;
use crate::model::{
    AccountId, CredentialRef, CredentialRow, Facts, Mode, Policy, PolicyVersion, Report, Timestamp, Verdict,
};
use crate::rules::{Judge, Past, Rule};
use chrono::NaiveDate;
use reconstruct::Holding;
use serde::Serialize;
use std::collections::BTreeSet;
use walk::{Walk, World};

/// The longest time that is replayed, in days: Atlassian's log reaches no further back.
pub const MOST_DAYS: u32 = 180;

/// What is known today, from which earlier days are reconstructed.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The rows of the latest report.
    pub rows: &'a [CredentialRow],
    /// That report.
    pub report: &'a Report,
    /// Which days are replayed.
    pub window: Window,
    /// Since when uses are known.
    pub log_since: Option<Timestamp>,
}

/// The days that are replayed, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

impl Window {
    /// The days before a moment: as far back as uses are known, and no more than asked for.
    pub fn before(now: Timestamp, log_since: Option<Timestamp>, days: u32) -> Self {
        let to = now.date_naive();
        let from = to - chrono::Days::new(days.min(MOST_DAYS).into());
        let known = log_since.map_or(to, |since| since.date_naive());
        Self { from: from.max(known).min(to), to }
    }
}

/// What people would have said where the policy asks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Approvals {
    /// Yes, at once.
    Given,
    /// Nothing, or no.
    Refused,
}

impl Approvals {
    /// As a sentence takes it up.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given at once",
            Self::Refused => "refused",
        }
    }
}

/// What a policy would have done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulation {
    /// The days that were replayed.
    pub window: Window,
    /// How many credentials were known on the last of them.
    pub credentials: usize,
    /// The policy's own mode; what is told is what enforce would have done.
    pub mode: Mode,
    /// What was begun about each credential, in the order of its end.
    pub cases: Vec<Case>,
    /// The rules that were replayed.
    pub replayed: Vec<&'static str>,
    /// The rules that the policy answers and that could not be replayed, each with the reason.
    pub not_replayed: Vec<NotReplayed>,
}

impl Simulation {
    /// The revocations.
    pub fn revoked(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| matches!(case.end, End::Revoked { .. }))
    }

    /// The revocations after which the credential was used.
    pub fn broken(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| matches!(case.end, End::Revoked { used_after: Some(_) }))
    }

    /// How many messages would have been sent.
    pub fn messages(&self) -> usize {
        self.cases.iter().map(|case| case.told).sum()
    }
}

/// A rule that could not be replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotReplayed {
    /// Its id.
    pub rule: &'static str,
    /// Why, as a sentence.
    pub why: String,
}

/// A case that would have been opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// About which credential.
    pub credential: CredentialRef,
    /// Its label.
    pub label: String,
    /// Whose it is.
    pub owner: Option<AccountId>,
    /// The owner's name, for people.
    pub owner_name: Option<String>,
    /// By which rule.
    pub rule: &'static str,
    /// What the rule would have said.
    pub why: String,
    /// Whether this rule's findings would have been acted on at all.
    pub mode: Mode,
    /// The day on which it would have been opened.
    pub opened_on: NaiveDate,
    /// The day of its end, or the last day that was replayed.
    pub on: NaiveDate,
    /// How many messages would have been sent about it.
    pub told: usize,
    /// How it would have ended.
    pub end: End,
}

/// How a case would have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum End {
    /// The credential would have been revoked.
    Revoked {
        /// Whether it was used afterwards: then its work would have stopped.
        used_after: Option<UsedAfter>,
    },
    /// Whoever answers for it would have been told, and nothing else.
    Told,
    /// It would have been left alone.
    Spared {
        /// Why.
        reason: String,
    },
    /// Nothing would have been done, although the rule asks for it.
    Withheld {
        /// Why.
        reason: String,
    },
    /// It would still be open.
    Open {
        /// What it waits for.
        reason: String,
    },
}

/// The uses of a credential after the day on which it would have been revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UsedAfter {
    /// The first day.
    pub first_on: NaiveDate,
    /// How many days after the revocation that was.
    pub days_after: i64,
    /// On how many days in all, as far as known.
    pub days_used: usize,
}

/// How two policies differ in what they would have revoked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// By both.
    pub both: BTreeSet<CredentialRef>,
    /// By the candidate alone.
    pub candidate_only: BTreeSet<CredentialRef>,
    /// By the policy in force alone.
    pub in_force_only: BTreeSet<CredentialRef>,
}

/// How a candidate differs from the policy in force.
pub fn difference(candidate: &Simulation, in_force: &Simulation) -> Difference {
    let of = |simulation: &Simulation| -> BTreeSet<CredentialRef> {
        simulation.revoked().map(|case| case.credential.clone()).collect()
    };
    let (candidate, in_force) = (of(candidate), of(in_force));
    Difference {
        both: &candidate & &in_force,
        candidate_only: &candidate - &in_force,
        in_force_only: &in_force - &candidate,
    }
}

/// A rule that the policy answers, ready to judge earlier days.
struct Replayed {
    rule: &'static Rule,
    judge: Judge,
    mode: Mode,
}

/// What a policy would have done.
///
/// # Errors
/// [`Error::Invalid`] that names the rule and the parameter.
pub fn simulate(policy: &Policy, known: &Known<'_>, approvals: Approvals) -> Result<Simulation> {
    let (rules, not_replayed) = answered(policy, &known.report.facts)?;
    let mut world = World::new(enforced(policy), approvals, known.report, known.rows);
    let mut holdings = Holding::all(known.rows, rules.len(), known.log_since);
    for day in days(known.window) {
        holdings.iter_mut().for_each(|holding| holding.advance(day));
        world.listed = holdings.iter().map(|holding| holding.present().len() as u64).sum();
        for holding in &mut holdings {
            Walk { world: &mut world, rules: &rules, day }.all(holding);
        }
    }
    let mut cases: Vec<Case> =
        holdings.into_iter().flat_map(|holding| holding.into_cases(&rules, known.window.to)).collect();
    cases.sort_by(|one, other| (one.on, &one.credential).cmp(&(other.on, &other.credential)));
    let replayed = rules.iter().map(|ready| ready.rule.id).collect();
    let credentials = usize::try_from(world.listed).unwrap_or(usize::MAX);
    Ok(Simulation { window: known.window, credentials, mode: policy.mode, cases, replayed, not_replayed })
}

fn days(window: Window) -> impl Iterator<Item = NaiveDate> {
    window.from.iter_days().take_while(move |day| *day <= window.to)
}

/// What is simulated is what would be done if it were enforced.
fn enforced(policy: &Policy) -> PolicyVersion {
    let mut policy = Policy { mode: Mode::Enforce, ..policy.clone() };
    policy.rules.values_mut().for_each(|settings| settings.mode = None);
    PolicyVersion { version: 1, author: "simulated".into(), at: Timestamp::UNIX_EPOCH, digest: String::new(), policy }
}

/// The rules that the policy answers: those that can be replayed, and those that cannot.
fn answered(policy: &Policy, facts: &Facts) -> Result<(Vec<Replayed>, Vec<NotReplayed>)> {
    let (mut rules, mut not_replayed) = (Vec::new(), Vec::new());
    for (id, settings) in &policy.rules {
        let Some(rule) = Rule::named(id).filter(|_| settings.enabled && settings.respond.is_some()) else { continue };
        let judge = rule.with(&settings.parameters);
        let judge = judge.map_err(|why| Error::invalid(format!("rule {id}"), why))?;
        let missing = match (rule.past, rule.lacks(facts)) {
            (Past::Lost(what), _) => Some(what),
            (Past::Known, lacks) => lacks.map(crate::model::FactName::missing),
        };
        match missing {
            Some(missing) => not_replayed.push(NotReplayed { rule: rule.id, why: say::not_replayed(rule.id, missing) }),
            None => rules.push(Replayed { rule, judge, mode: super::plan::mode_for(policy, Some(id)) }),
        }
    }
    Ok((rules, not_replayed))
}

/// What a rule holds against a credential on a day.
enum Held {
    /// This.
    Guilty(String),
    /// Nothing.
    Nothing,
    /// It could not be judged: what stands goes on standing.
    NotJudged,
}

impl From<Verdict> for Held {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Guilty { reason, .. } => Self::Guilty(reason),
            Verdict::Clean => Self::Nothing,
            Verdict::Unknown { .. } => Self::NotJudged,
        }
    }
}

#[cfg(test)]
mod tests;
