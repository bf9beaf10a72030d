//! A day of the simulated past: the rules judge, and the open cases advance by the decision that advances them today.

use super::{
    Approvals, Case, End, Held, Replayed,
    reconstruct::{Holding, Reconstructed, end_of},
};
use crate::decide::budget::SKEW_MAX;
use crate::decide::case::{self, Answer, Call, Delivery, Effect, Facts, LogLag, Look, Next, OwnKey, Standing};
use crate::decide::plan::{self, Basis, Cause};
use crate::messages::simulate as say;
use crate::model::{
    Action, ActionState, Agreement, Budget, Claim, CredentialId, CredentialKind, CredentialRow, OrgId, PolicyVersion,
    Report, ReportId, Timestamp, Told, Versioned,
};
use crate::ports::{Reread, Revoked, TokenSnapshot};
use chrono::{NaiveDate, TimeDelta};
use std::collections::BTreeSet;

/// More steps in a day than any ladder has.
const STEPS_MAX: usize = 32;

/// What all cases share.
pub(super) struct World<'a> {
    policy: PolicyVersion,
    approvals: Approvals,
    report: &'a Report,
    org: OrgId,
    budget: Budget,
    /// `None` where no row is one of our own keys: then nobody said which they are.
    own_key_ids: Option<BTreeSet<CredentialId>>,
    /// How many credentials were known on the day.
    pub(super) listed: u64,
}

impl<'a> World<'a> {
    pub(super) fn new(policy: PolicyVersion, approvals: Approvals, report: &'a Report, rows: &[CredentialRow]) -> Self {
        let own = rows.iter().filter(|row| row.own).map(|row| row.credential.reference.id.clone());
        let own_key_ids = Some(own.collect()).filter(|own: &BTreeSet<_>| !own.is_empty());
        let org = OrgId::from("simulated");
        Self { policy, approvals, report, org, budget: Budget::default(), own_key_ids, listed: 0 }
    }
}

/// A credential and a rule: what stands, and what came of it.
#[derive(Default)]
pub(super) struct Slot {
    /// Whether a finding stands.
    stands: bool,
    open: Option<Open>,
    ended: Vec<Ended>,
}

/// A case under way.
struct Open {
    action: Action,
    why: String,
    on: NaiveDate,
    waits: String,
}

/// A case that has ended.
struct Ended {
    open: Open,
    on: NaiveDate,
    end: End,
}

impl Slot {
    /// What was begun, ended or not.
    pub(super) fn into_cases(self, ready: &Replayed, row: &CredentialRow, to: NaiveDate) -> Vec<Case> {
        let open = self.open.map(|open| {
            let reason = open.waits.clone();
            let end = if open.action.plan.withheld.is_some() { End::Withheld { reason } } else { End::Open { reason } };
            Ended { open, on: to, end }
        });
        let case = |Ended { open, on, end }: Ended| Case {
            credential: row.credential.reference.clone(),
            label: row.credential.label.clone(),
            owner: row.credential.owner.clone(),
            owner_name: open.action.plan.target.owner_name.clone(),
            rule: ready.rule.id,
            why: open.why,
            mode: ready.mode,
            opened_on: open.on,
            on,
            told: open.action.told.len(),
            end,
        };
        self.ended.into_iter().chain(open).map(case).collect()
    }
}

/// One day of what one account holds.
pub(super) struct Walk<'w, 'a> {
    pub(super) world: &'w mut World<'a>,
    pub(super) rules: &'w [Replayed],
    pub(super) day: NaiveDate,
}

impl Walk<'_, '_> {
    /// Judges and advances everything that was there by then.
    pub(super) fn all(&mut self, holding: &mut Holding<'_>) {
        for at in 0..holding.present().len() {
            for (number, ready) in self.rules.iter().enumerate() {
                if holding.known[at].gone {
                    break;
                }
                self.one(holding, at, number, ready);
            }
            if holding.known[at].gone {
                end_the_others(&mut holding.known[at], self.day);
            }
        }
    }

    fn one(&mut self, holding: &mut Holding<'_>, at: usize, number: usize, ready: &Replayed) {
        let now = end_of(self.day);
        let subject = holding.subject(at, now);
        let applies = ready.rule.kinds.contains(&subject.credential.reference.kind);
        let held = if applies { (ready.judge)(&subject, now).into() } else { Held::Nothing };
        let last_use = subject.last_used_at;
        let mut slot = std::mem::take(&mut holding.known[at].slots[number]);
        match held {
            Held::Guilty(why) if !slot.stands => {
                slot.stands = true;
                slot.open = self.opened(holding, at, ready, why);
            }
            Held::Guilty(_) | Held::NotJudged => {}
            Held::Nothing => slot.stands = false,
        }
        if let Some(open) = slot.open.take() {
            let standing = standing(slot.stands, &open, last_use);
            match self.advanced(open, standing, last_use, &mut holding.known[at]) {
                Step::Open(open) => slot.open = Some(*open),
                Step::Ended(ended) => slot.ended.push(*ended),
            }
        }
        holding.known[at].slots[number] = slot;
    }

    fn opened(&mut self, holding: &mut Holding<'_>, at: usize, ready: &Replayed, why: String) -> Option<Open> {
        let now = end_of(self.day);
        let known = &mut holding.known[at];
        known.generation += 1;
        let generation = known.generation;
        let rule = ready.rule.id.to_owned();
        let cause = Cause::Finding { id: ready.rule.id.into(), generation, rule, reason: why.clone() };
        let report = Report { id: ReportId::new(self.day.to_string()), generated_at: now, ..self.world.report.clone() };
        let basis = Basis { report: &report, own_key_ids: self.world.own_key_ids.as_ref() };
        let plan = plan::plan(&holding.row(at), basis, &cause, &self.world.policy, now)?;
        let mut action = plan::action(&self.world.org, &cause, plan, generation, now);
        if self.world.approvals == Approvals::Given {
            action.agreed = agreed(&action, now);
        }
        Some(Open { action, why, on: self.day, waits: String::new() })
    }

    /// Lets the decision that acts today take its steps of this day.
    fn advanced(
        &mut self,
        mut open: Open,
        standing: Standing,
        last_use: Option<Timestamp>,
        known: &mut Reconstructed<'_>,
    ) -> Step {
        let now = end_of(self.day);
        let mut facts = self.facts(&open.action, standing, last_use, known);
        for _ in 0..STEPS_MAX {
            match case::next(&open.action, &facts, &self.world.policy, now) {
                Next::Do(Effect::Tell(kind)) => {
                    open.action.told.push(Told { at: now, message: kind.as_str().into() });
                    facts.delivery = Some(Delivery::Sent(now));
                }
                Next::Do(Effect::Claim { budget, attempt }) => {
                    self.world.budget = as_taken_in_the_day(*budget, &open.action);
                    open.action.state = ActionState::Claimed;
                    open.action.claim = Some(Claim { at: now, attempt, task: None });
                    facts.claim_in_hand = Some(now);
                }
                Next::Do(Effect::Revoke) => {
                    facts.call = Some(Call::Answered(Revoked::Now));
                    facts.look = Some(Look::Seen(Reread::Gone));
                }
                Next::Close(state, reason) => return self.closed(open, state, reason, known),
                Next::WaitUntil(_, reason) | Next::Ask(_, reason) | Next::Spent(_, reason) | Next::Rest(reason) => {
                    open.waits = self.waiting(&open.action, reason);
                    return Step::Open(Box::new(open));
                }
                // No step of a ladder acts on an owner.
                Next::Do(Effect::Replan | Effect::Act(_) | Effect::StoreTask(_)) | Next::Need(_) => break,
            }
        }
        Step::Open(Box::new(open))
    }

    fn closed(&self, open: Open, state: ActionState, reason: String, known: &mut Reconstructed<'_>) -> Step {
        let end = match state {
            ActionState::Done if open.action.plan.action.only_tells() => End::Told,
            ActionState::Done => known.revoked(self.day),
            ActionState::Planned
            | ActionState::Waiting
            | ActionState::Withheld
            | ActionState::Claimed
            | ActionState::Cancelled
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Failed => End::Spared { reason },
        };
        Step::Ended(Box::new(Ended { open, on: self.day, end }))
    }

    fn waiting(&self, action: &Action, reason: String) -> String {
        match self.world.approvals {
            Approvals::Refused if !action.is_agreed() && action.plan.withheld.is_none() => say::not_agreed().to_owned(),
            Approvals::Given | Approvals::Refused => reason,
        }
    }

    fn facts(&self, action: &Action, standing: Standing, last: Option<Timestamp>, known: &Reconstructed<'_>) -> Facts {
        let admin = known.row.owner.as_ref().and_then(|owner| owner.org_admin);
        let told_at = action.told.last().map_or(action.planned_at, |told| told.at);
        Facts {
            standing: Some(standing),
            admin_role: Some(match admin {
                Some(true) => Answer::Yes,
                Some(false) => Answer::No,
                None => Answer::Unknown,
            }),
            log: Some(LogLag::Late(TimeDelta::zero())),
            event_use: Some(known.profile.last_used_at),
            own_key: Some(if known.row.own { OwnKey::Ours } else { OwnKey::NotOurs }),
            look: Some(look(action, last)),
            delivery: Some(Delivery::Sent(told_at)),
            budget: Some((Versioned { version: 0, value: self.world.budget.clone() }, Some(self.world.listed))),
            ..Facts::default()
        }
    }
}

/// A day is one moment here, and a place stays taken for the clocks' difference longer than the window: without this
/// a window of whole days would last one day more.
fn as_taken_in_the_day(mut budget: Budget, action: &Action) -> Budget {
    if let Some(at) = budget.holds.get_mut(action.id.as_str()) {
        *at -= SKEW_MAX;
    }
    budget
}

/// How far a case came in a day.
enum Step {
    Open(Box<Open>),
    Ended(Box<Ended>),
}

/// As many yeses as the plan asks for, and one more where only the owner's role asks for it.
fn agreed(action: &Action, now: Timestamp) -> Vec<Agreement> {
    let one = |number: usize| Agreement { by: format!("assumed {number}"), at: now, reason: String::new() };
    (0..action.plan.approval.persons().max(1)).map(one).collect()
}

fn standing(stands: bool, open: &Open, last_use: Option<Timestamp>) -> Standing {
    let judged = open.action.plan.evidence.last_used_at;
    match (stands, last_use) {
        (true, _) => Standing::Stands,
        (false, Some(used)) if last_use > judged => Standing::Fallen(say::used_meanwhile(used)),
        (false, _) => Standing::Fallen(crate::messages::report::judged_clean().to_owned()),
    }
}

/// What reading it again would have shown.
fn look(action: &Action, last_use: Option<Timestamp>) -> Look {
    let target = &action.plan.target;
    match target.credential.kind {
        CredentialKind::UserApiToken | CredentialKind::OrgApiKey => {}
        CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken
        | CredentialKind::Registered => return Look::NotPossible,
    }
    Look::Seen(Reread::Present(TokenSnapshot {
        id: target.credential.id.clone(),
        label: target.label.clone(),
        created_at: target.created_at,
        last_access_at: last_use,
    }))
}

/// What else was under way about a credential ends with it.
fn end_the_others(known: &mut Reconstructed<'_>, on: NaiveDate) {
    for slot in &mut known.slots {
        let end = End::Spared { reason: say::gone_already().to_owned() };
        slot.ended.extend(slot.open.take().map(|open| Ended { open, on, end }));
    }
}
