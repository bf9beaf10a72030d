//! Ladders: which step of a plan comes next, and when it is due.

use super::calendar;
use crate::model::{Action, ActionKind, Calendar, Plan, PlannedStep, Step, Timestamp};

/// The longest delay, in days.
const DAYS_MAX: u32 = 365;
/// More steps than anybody reads.
const STEPS_MAX: usize = 10;

/// What is wrong with the steps of a ladder, and how to mend it.
pub fn faults(steps: &[Step]) -> Vec<(String, &'static str)> {
    let mut faults = Vec::new();
    if steps.is_empty() {
        faults.push(("is empty".to_owned(), "name at least one step, or leave `respond` out"));
    }
    if steps.len() > STEPS_MAX {
        faults.push((format!("has {} steps", steps.len()), "use at most 10"));
    }
    for step in steps.iter().filter(|step| step.after_days > DAYS_MAX) {
        faults.push((format!("has a step after {} days", step.after_days), "use 0 to 365 days"));
    }
    for step in steps.iter().filter(|step| only_asked_for(step.action)) {
        let reason = format!("holds `{}`", step.action.as_str());
        faults.push((reason, "take it out: only a person asks for that, and only after something was done"));
    }
    for pair in steps.windows(2) {
        let (above, below) = (pair[0], pair[1]);
        if !above.action.only_tells() {
            let reason = format!("`{}` must stand last", above.action.as_str());
            faults.push((reason, "what changes something in Atlassian ends the ladder"));
        }
        if below.after_days < above.after_days {
            let reason = format!("`{}` comes before the one above it", below.action.as_str());
            faults.push((reason, "put the steps in the order of their days"));
        }
    }
    faults
}

/// Whether only a person asks for it: it gives access back.
pub fn only_asked_for(kind: ActionKind) -> bool {
    kind.undoes() || kind == ActionKind::Allow
}

/// When the steps of a ladder are due if it begins now: those before the last, and the last.
pub fn planned(steps: &[Step], calendar: &Calendar, now: Timestamp) -> (Vec<PlannedStep>, Option<PlannedStep>) {
    let due =
        |step: &Step| PlannedStep { action: step.action, due_at: calendar::after_days(calendar, now, step.after_days) };
    let mut steps: Vec<PlannedStep> = steps.iter().map(due).collect();
    let last = steps.pop();
    (steps, last)
}

/// The step that an action waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Current {
    /// A message, the place of which is how many were handed over before it.
    Tell {
        /// Notice or reminder.
        kind: ActionKind,
        /// Not before this.
        due_at: Timestamp,
    },
    /// The last step, which changes something.
    Act {
        /// Not before this.
        due_at: Timestamp,
    },
    /// All messages of a ladder that only tells were handed over.
    Nothing,
}

/// The step that comes next. However late the last message was handed over or (where that is known) sent, what follows
/// keeps its distance to it. Where whoever answers for the credential said that it is not needed, the last step is due.
pub fn current(action: &Action, sent_at: Option<Timestamp>, calendar: &Calendar) -> Current {
    let plan = &action.plan;
    if let (Some(said), ActionKind::Revoke) = (&action.not_needed, plan.action) {
        return Current::Act { due_at: said.at };
    }
    let at = action.told.len();
    let told_at = action.told.last().map(|told| sent_at.map_or(told.at, |sent| sent.max(told.at)));
    let due_at = |planned: Timestamp| match (told_at, before(plan, at)) {
        (Some(told), Some(before)) => planned.max(calendar::working(calendar, told + (planned - before))),
        (Some(_) | None, _) => planned,
    };
    match plan.before.get(at) {
        Some(step) => Current::Tell { kind: step.action, due_at: due_at(step.due_at) },
        None if at > plan.before.len() => Current::Nothing,
        None if plan.action.only_tells() => Current::Tell { kind: plan.action, due_at: due_at(plan.due_at) },
        None => Current::Act { due_at: due_at(plan.due_at) },
    }
}

/// How many messages were handed over to whoever answers for the credential: a ticket is none of them.
pub fn told_to_owner(action: &Action) -> usize {
    let plan = &action.plan;
    let kinds = plan.before.iter().map(|step| step.action).chain([plan.action]);
    kinds.take(action.told.len()).filter(|kind| *kind != ActionKind::Ticket).count()
}

/// Why a ladder that only tells is done, as a sentence.
pub fn all_told(action: &Action) -> &'static str {
    match told_to_owner(action) {
        0 => "a ticket about it was handed over",
        _some => "whoever answers for it was told",
    }
}

/// When the step before this place was due.
fn before(plan: &Plan, at: usize) -> Option<Timestamp> {
    plan.before.get(at.checked_sub(1)?).map(|step| step.due_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::plan::tests::{self as sample, now};
    use crate::model::{
        ActionKind::{Notify, Remind, Revoke, Ticket},
        Agreement, Told,
    };
    use chrono::TimeDelta;

    #[test]
    fn who_says_that_it_is_not_needed_is_reminded_no_more_and_brings_the_last_step_forward() {
        let steps = [(Notify, 0), (Remind, 7), (Revoke, 21)];
        let said = Agreement { by: "owner a".into(), at: now() + TimeDelta::days(1), reason: "r".into() };
        let answered = |action: Action| Action { not_needed: Some(said.clone()), ..action };
        assert_eq!(next(&answered(action(&steps, &[0]))), Current::Act { due_at: said.at });
        assert_eq!(next(&answered(action(&[(Notify, 3)], &[]))), next(&action(&[(Notify, 3)], &[])));
    }

    fn next(action: &Action) -> Current {
        current(action, None, &sample::every_day())
    }

    fn ladder(steps: &[(ActionKind, u32)]) -> Vec<Step> {
        steps.iter().map(|(action, after_days)| Step { action: *action, after_days: *after_days }).collect()
    }

    fn action(steps: &[(ActionKind, u32)], told_days: &[i64]) -> Action {
        let every_day = sample::every_day();
        let mut action = sample::planned_action();
        let (before, last) = planned(&ladder(steps), &every_day, now());
        let last = last.unwrap();
        action.plan = Plan { action: last.action, due_at: last.due_at, before, ..action.plan };
        let told = |days: &i64| Told { at: now() + TimeDelta::days(*days), message: "m".into() };
        action.told = told_days.iter().map(told).collect();
        action
    }

    fn current_days(steps: &[(ActionKind, u32)], told_days: &[i64]) -> (Option<ActionKind>, i64) {
        match current(&action(steps, told_days), None, &sample::every_day()) {
            Current::Tell { kind, due_at } => (Some(kind), (due_at - now()).num_days()),
            Current::Act { due_at } => (None, (due_at - now()).num_days()),
            Current::Nothing => (None, -1),
        }
    }

    #[test]
    fn the_steps_come_one_after_the_other() {
        let steps = [(Notify, 0), (Remind, 7), (Revoke, 21)];
        assert_eq!(current_days(&steps, &[]), (Some(Notify), 0));
        assert_eq!(current_days(&steps, &[0]), (Some(Remind), 7));
        assert_eq!(current_days(&steps, &[0, 7]), (None, 21));
    }

    #[test]
    fn a_late_message_delays_what_follows_by_as_much() {
        let steps = [(Notify, 0), (Remind, 7), (Revoke, 21)];
        assert_eq!(current_days(&steps, &[30]), (Some(Remind), 37));
        assert_eq!(current_days(&steps, &[0, 20]), (None, 34));
    }

    #[test]
    fn a_message_that_was_sent_late_delays_what_follows_as_well() {
        let action = action(&[(Notify, 0), (Revoke, 21)], &[0]);
        let next = current(&action, Some(now() + TimeDelta::days(6)), &sample::every_day());
        assert_eq!(next, Current::Act { due_at: now() + TimeDelta::days(27) });
    }

    #[test]
    fn a_ticket_is_a_step_as_a_message_is_and_tells_its_owner_nothing() {
        let steps = [(Notify, 0), (Ticket, 3), (Revoke, 21)];
        assert_eq!(faults(&ladder(&steps)), []);
        assert_eq!(current_days(&steps, &[0]), (Some(Ticket), 3));
        assert_eq!(current_days(&steps, &[0, 3]), (None, 21));
        assert_eq!(told_to_owner(&action(&steps, &[0, 3])), 1);
        let alone = action(&[(Ticket, 0)], &[0]);
        assert_eq!((told_to_owner(&alone), all_told(&alone)), (0, "a ticket about it was handed over"));
    }

    #[test]
    fn a_ladder_that_only_tells_ends_with_its_last_message() {
        assert_eq!(current_days(&[(Notify, 3)], &[]), (Some(Notify), 3));
        assert_eq!(current_days(&[(Notify, 3)], &[3]), (None, -1));
    }
}
