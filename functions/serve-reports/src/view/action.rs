//! An action.

use serde_json::{Value, json};
use shared::model::Action;

/// An action. Its plan is shown exactly as it was hashed.
pub(crate) fn action(action: &Action) -> Value {
    let target = &action.plan.target;
    json!({
        "id": action.id,
        "state": action.state,
        "action": action.plan.action,
        "credential": { "kind": target.credential.kind, "id": target.credential.id, "label": target.label },
        "finding": action.finding,
        "generation": action.generation,
        "requested_by": action.requested_by,
        "plan": action.plan,
        "plan_hash": action.plan_hash,
        "plan_state": action.plan.state().as_str(),
        "planned_at": action.planned_at,
        "agreed": action.agreed.last().filter(|_| action.is_agreed()),
        "agreements": action.agreed,
        "told": action.told,
        "not_needed": action.not_needed,
        "claimed_at": action.claim.as_ref().map(|claim| claim.at),
        "reason": action.reason,
        "changed_at": action.changed_at,
        "wake_at": action.wake_at,
    })
}
