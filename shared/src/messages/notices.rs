//! What people are told of a plan.

use super::{day, noun, quoted};
use crate::model::{ActionKind, MessageKind, Plan};

/// The subject and the text that tell whoever answers for a credential of a plan.
pub fn notice(plan: &Plan, kind: MessageKind) -> (String, String) {
    let what = format!("{} {}", noun(plan.target.credential.kind), quoted(&plan.target.label));
    let again = if kind == MessageKind::Reminder { "Reminder: " } else { "" };
    let made = plan.target.created_at.map_or(String::new(), |at| format!(", made on {}", day(at)));
    let effects = plan.effects.join(" ");
    let text = format!(
        "Your {what}{made}. {}\n\n{}\n\n{effects}\n\nWe never ask for the token. Check it yourself in your Atlassian account.",
        plan.why,
        coming(plan)
    );
    (format!("{again}your {what}"), text)
}

fn coming(plan: &Plan) -> String {
    match plan.action {
        ActionKind::Notify | ActionKind::Remind => "Nothing happens to it by itself.".to_owned(),
        ActionKind::Revoke => {
            format!("Nothing happens today. It is to be revoked, not before {}.", day(plan.due_at))
        }
        ActionKind::RevokeAll => {
            format!(
                "Nothing happens today. All tokens of the account are to be revoked, not before {}.",
                day(plan.due_at)
            )
        }
        ActionKind::Suspend => {
            format!("Nothing happens today. The account is to be suspended, not before {}.", day(plan.due_at))
        }
        ActionKind::Block => {
            format!("Nothing happens today. API tokens are to be blocked, not before {}.", day(plan.due_at))
        }
        ActionKind::Restore | ActionKind::Allow | ActionKind::Release => {
            format!("Access is to be given back, not before {}.", day(plan.due_at))
        }
    }
}
