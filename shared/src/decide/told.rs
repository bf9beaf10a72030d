//! The message of a step, from its plan.

use super::ladder;
use crate::{
    messages::notices::{self, Addressee, Coming, Deed, NoticeFacts, Others, Text},
    model::{Action, ActionKind, Audience, Message, MessageKind, OrgId, Plan, Timestamp},
};

/// The message that a step hands over. The same step of the same plan always has the same id. `questions` is the admin
/// whom its text names.
pub fn message(org: &OrgId, action: &Action, step: ActionKind, questions: Option<&str>, now: Timestamp) -> Message {
    let plan = &action.plan;
    let owner = plan.target.owner.clone().map_or(Audience::Security, Audience::Owner);
    let facts = NoticeFacts { questions, ..facts(plan, now) };
    let (kind, audience, text) = match step {
        ActionKind::Ticket => (MessageKind::Ticket, Audience::Tickets, notices::ticket(&to_security(plan, now))),
        ActionKind::Remind => {
            let number = ladder::told_to_owner(action).max(1);
            (MessageKind::Reminder, owner, notices::reminder(&facts, number))
        }
        ActionKind::Notify
        | ActionKind::Revoke
        | ActionKind::RevokeAll
        | ActionKind::Suspend
        | ActionKind::Restore
        | ActionKind::Block
        | ActionKind::Allow
        | ActionKind::Release => (MessageKind::Notice, owner, notices::notice(&facts)),
    };
    let cause = format!("{} {}", action.plan_hash, action.told.len());
    about(org, action, (kind, &cause), audience, text, now)
}

/// A message about an action; the same kind, cause and audience always give the same id.
pub(super) fn about(
    org: &OrgId,
    action: &Action,
    (kind, cause): (MessageKind, &str),
    audience: Audience,
    Text { subject, text }: Text,
    now: Timestamp,
) -> Message {
    Message {
        id: Message::id_of(org, kind, cause, &audience),
        audience,
        kind,
        action: Some(action.id.clone()),
        credential: Some(action.plan.target.credential.clone()),
        rule: action.plan.rule.clone(),
        subject,
        text,
        at: now,
    }
}

/// What is told of a plan, without anybody who answers questions.
pub(super) fn facts(plan: &Plan, now: Timestamp) -> NoticeFacts<'_> {
    let target = &plan.target;
    let owner = target.owner_name.as_deref();
    NoticeFacts {
        to: target.owner.as_ref().map_or(Addressee::Security { owner }, |_| Addressee::Owner),
        label: &target.label,
        kind: target.credential.kind,
        created_at: target.created_at,
        last_used_at: plan.evidence.last_used_at,
        last_used_source: plan.evidence.last_used_source,
        expires_at: target.expires_at,
        why: why(plan),
        next: deed(plan.action).map(|deed| Coming { deed, at: plan.due_at }),
        others: others(plan),
        questions: None,
        now,
    }
}

/// What the security team is told of a plan: whose the credential is stands in it.
pub(super) fn to_security(plan: &Plan, now: Timestamp) -> NoticeFacts<'_> {
    let owner = plan.target.owner_name.as_deref();
    NoticeFacts { to: Addressee::Security { owner }, ..facts(plan, now) }
}

/// The sentence alone: a rule's name says nothing to an owner.
fn why(plan: &Plan) -> &str {
    let named = plan.rule.as_deref().and_then(|rule| plan.why.strip_prefix(rule)?.strip_prefix(": "));
    named.unwrap_or(&plan.why)
}

/// What else of the owner the plan lists.
fn others(plan: &Plan) -> Others {
    let others = plan.hits.iter().filter(|hit| hit.credential != plan.target.credential).count();
    if others == 0 { Others::NotTouched } else { Others::Hit(others as u64) }
}

/// What an action does, in words; nothing where it only tells.
pub(super) fn deed(action: ActionKind) -> Option<Deed<'static>> {
    match action {
        ActionKind::Notify | ActionKind::Remind | ActionKind::Ticket => None,
        ActionKind::Revoke => Some(Deed::REVOKE),
        ActionKind::RevokeAll => Some(Deed::REVOKE_ALL),
        ActionKind::Suspend => Some(Deed::SUSPEND),
        ActionKind::Restore => Some(Deed::RESTORE),
        ActionKind::Block => Some(Deed::BLOCK),
        ActionKind::Allow => Some(Deed::ALLOW),
        ActionKind::Release => Some(Deed::RELEASE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::plan::tests::{now, planned_action};
    use crate::model::{CredentialRef, Hit, PlannedStep, Told, Use};

    #[test]
    fn a_step_s_message_says_why_without_the_rule_and_bears_the_rule_for_whoever_sends_it() {
        let action = planned_action();
        let message = message(&"acme".into(), &action, ActionKind::Notify, Some("Ann Admin"), now());
        assert_eq!(
            (message.kind, &message.rule, &message.action),
            (MessageKind::Notice, &action.plan.rule, &Some(action.id))
        );
        let rule = action.plan.rule.expect("a rule asked for it");
        assert!(!message.text.contains(&format!("{rule}:")), "{}", message.text);
        assert!(message.text.ends_with("questions: Ann Admin."), "{}", message.text);
    }

    #[test]
    fn a_ticket_is_for_the_tracker_says_whose_it_is_and_does_not_count_as_a_message_to_its_owner() {
        let mut action = planned_action();
        let step = |action| PlannedStep { action, due_at: now() };
        action.plan.before = [ActionKind::Notify, ActionKind::Ticket, ActionKind::Remind].map(step).into();
        let of = |action: &Action, step| message(&"acme".into(), action, step, Some("Ann Admin"), now());
        let ticket = of(&action, ActionKind::Ticket);
        assert_eq!((ticket.kind, &ticket.audience), (MessageKind::Ticket, &Audience::Tickets));
        let owner = action.plan.target.owner_name.as_deref().expect("an owner with a name");
        assert!(ticket.subject.contains(owner) && !ticket.text.contains("Ann Admin"), "{ticket:?}");
        action.told = vec![Told { at: now(), message: "m".into() }; 2];
        let reminder = of(&action, ActionKind::Remind);
        assert!(reminder.text.starts_with("This is reminder 1."), "{}", reminder.text);
    }

    #[test]
    fn an_owner_is_told_how_many_of_the_other_credentials_are_hit() {
        let mut action = planned_action();
        action.plan.action = ActionKind::Block;
        let hit = |id: &str| Hit {
            credential: CredentialRef { id: id.into(), ..action.plan.target.credential.clone() },
            label: "ci".into(),
            last_used_at: None,
            usage: Use::Unknown,
            exempt: None,
        };
        let own = action.plan.target.credential.id.clone();
        let hits = vec![hit(own.as_str()), hit("t8"), hit("t9")];
        action.plan.hits = hits;
        let message = message(&"acme".into(), &action, ActionKind::Notify, None, now());
        assert!(message.subject.contains("is to be blocked with all other API tokens"), "{}", message.subject);
        assert!(message.text.contains("can be undone by an org admin"), "{}", message.text);
        assert!(message.text.contains("Other tokens of this owner: 2 are hit as well."), "{}", message.text);
    }

    #[test]
    fn the_same_step_of_the_same_plan_is_the_same_message() {
        let (action, org) = (planned_action(), OrgId::from("acme"));
        let id = |action: &Action, step| message(&org, action, step, None, now()).id;
        assert_eq!(id(&action, ActionKind::Notify), id(&action, ActionKind::Notify));
        assert_ne!(id(&action, ActionKind::Notify), id(&action, ActionKind::Remind));
        let replanned = Action { plan_hash: "another".into(), ..action.clone() };
        assert_ne!(id(&action, ActionKind::Notify), id(&replanned, ActionKind::Notify));
    }
}
