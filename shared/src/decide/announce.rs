//! What people are told of an action beside the steps of its ladder: that somebody must agree, that it was done, that it
//! ended, that the budget is spent. Each is stored with the state that it tells of.

use super::{
    ladder,
    told::{about, deed, facts, to_security},
};
use crate::{
    messages::notices::{self, Addressee, NoticeFacts, Text},
    model::{Action, ActionState, Audience, Message, MessageKind, OrgId, Timestamp},
};

/// Whoever may agree is asked: by the security team's channels, once for each plan and each yes that it still lacks.
pub fn approval_wanted(org: &OrgId, action: &Action, lapses_at: Timestamp, now: Timestamp) -> Message {
    let text = notices::approval_wanted(&to_security(&action.plan, now), lapses_at);
    let cause = format!("{} {}", action.plan_hash, action.agreed.len());
    about(org, action, (MessageKind::ApprovalWanted, &cause), Audience::Security, text, now)
}

/// What is told of an action that has just ended in this state. Messages alone are not told of again.
pub fn ended(org: &OrgId, action: &Action, questions: Option<&str>, now: Timestamp) -> Vec<Message> {
    if action.plan.action.only_tells() {
        return Vec::new();
    }
    match action.state {
        ActionState::Done => both(org, action, MessageKind::Done, questions, now),
        ActionState::Failed | ActionState::Expired => both(org, action, MessageKind::Ended, questions, now),
        ActionState::Cancelled | ActionState::Rejected => {
            to_owner(org, action, MessageKind::Ended, questions, now).into_iter().collect()
        }
        ActionState::Planned | ActionState::Waiting | ActionState::Withheld | ActionState::Claimed => Vec::new(),
    }
}

/// The budget is spent: the security team is told at most once a day (UTC).
pub fn budget_spent(org: &OrgId, waiting: u64, free_at: Option<Timestamp>, now: Timestamp) -> Message {
    let Text { subject, text } = notices::budget_spent(waiting, free_at, now);
    let (kind, audience) = (MessageKind::BudgetSpent, Audience::Security);
    let id = Message::id_of(org, kind, &now.date_naive().to_string(), &audience);
    Message { id, audience, kind, action: None, credential: None, rule: None, subject, text, at: now }
}

fn both(org: &OrgId, action: &Action, kind: MessageKind, questions: Option<&str>, now: Timestamp) -> Vec<Message> {
    let security = about(
        org,
        action,
        (kind, &action.plan_hash),
        Audience::Security,
        text(action, kind, &to_security(&action.plan, now)),
        now,
    );
    to_owner(org, action, kind, questions, now).into_iter().chain([security]).collect()
}

/// An owner hears of an end only if he was told of a beginning, or if something was done.
fn to_owner(
    org: &OrgId,
    action: &Action,
    kind: MessageKind,
    questions: Option<&str>,
    now: Timestamp,
) -> Option<Message> {
    let owner = action.plan.target.owner.clone()?;
    if kind == MessageKind::Ended && ladder::told_to_owner(action) == 0 {
        return None;
    }
    let facts = NoticeFacts { questions, to: Addressee::Owner, ..facts(&action.plan, now) };
    let text = text(action, kind, &facts);
    Some(about(org, action, (kind, &action.plan_hash), Audience::Owner(owner), text, now))
}

fn text(action: &Action, kind: MessageKind, facts: &NoticeFacts<'_>) -> Text {
    match (kind, deed(action.plan.action)) {
        (MessageKind::Done, Some(deed)) => notices::done(facts, deed),
        (_, _) => notices::ended(facts, action.reason.as_deref().unwrap_or("it is not planned any more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decide::plan::tests::{now, planned_action},
        model::Told,
    };

    fn ended_as(state: ActionState, told: usize) -> Vec<(MessageKind, Audience)> {
        let message = Told { at: now(), message: "m".into() };
        let action = Action { state, told: vec![message; told], reason: Some("r".into()), ..planned_action() };
        let messages = ended(&"acme".into(), &action, Some("Ann Admin"), now());
        messages.into_iter().map(|message| (message.kind, message.audience)).collect()
    }

    #[test]
    fn what_was_done_is_told_to_its_owner_and_to_the_security_team() {
        let owner = Audience::Owner(planned_action().plan.target.owner.unwrap());
        let both = [(MessageKind::Done, owner.clone()), (MessageKind::Done, Audience::Security)];
        assert_eq!(ended_as(ActionState::Done, 0), both);
        assert_eq!(ended_as(ActionState::Cancelled, 1), [(MessageKind::Ended, owner.clone())]);
        assert_eq!(ended_as(ActionState::Cancelled, 0), [], "nobody was told of a beginning");
        assert_eq!(ended_as(ActionState::Failed, 0), [(MessageKind::Ended, Audience::Security)]);
        assert_eq!(ended_as(ActionState::Expired, 1).len(), 2);
        assert_eq!(ended_as(ActionState::Withheld, 1), []);
    }

    #[test]
    fn for_each_yes_that_a_plan_lacks_somebody_is_asked_once() {
        let (action, org) = (planned_action(), OrgId::from("acme"));
        let id = |action: &Action| approval_wanted(&org, action, now(), now()).id;
        assert_eq!(id(&action), id(&action));
        let yes = crate::model::Agreement { by: "ann".into(), at: now(), reason: "r".into() };
        assert_ne!(id(&action), id(&Action { agreed: vec![yes], ..action.clone() }));
        assert_ne!(id(&action), id(&Action { plan_hash: "another".into(), ..action.clone() }));
    }

    #[test]
    fn that_the_budget_is_spent_is_told_once_a_day() {
        let id = |hours| budget_spent(&"acme".into(), 3, None, now() + chrono::TimeDelta::hours(hours)).id;
        assert_eq!(id(0), id(11));
        assert_ne!(id(0), id(12));
    }
}
