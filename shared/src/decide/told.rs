//! The message of a step, from its plan.

use crate::{
    messages::notices,
    model::{Action, ActionKind, Audience, Message, MessageKind, OrgId, Timestamp},
};

/// The message that a step hands over. The same step of the same plan always has the same id.
pub fn message(org: &OrgId, action: &Action, step: ActionKind, now: Timestamp) -> Message {
    let target = &action.plan.target;
    let audience = target.owner.clone().map_or(Audience::Security, Audience::Owner);
    let kind = match step {
        ActionKind::Remind => MessageKind::Reminder,
        ActionKind::Notify
        | ActionKind::Revoke
        | ActionKind::RevokeAll
        | ActionKind::Suspend
        | ActionKind::Restore
        | ActionKind::Block
        | ActionKind::Allow
        | ActionKind::Release => MessageKind::Notice,
    };
    let cause = format!("{} {}", action.plan_hash, action.told.len());
    let (subject, text) = notices::notice(&action.plan, kind);
    Message {
        id: Message::id_of(org, kind, &cause, &audience),
        audience,
        kind,
        action: Some(action.id.clone()),
        credential: Some(target.credential.clone()),
        subject,
        text,
        at: now,
    }
}
