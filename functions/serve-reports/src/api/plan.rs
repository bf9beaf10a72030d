//! What would happen next, to what and why, and what is withheld and why.

use crate::{
    answer::{Answer, Reply},
    ask::Ask,
    paging::{Keep, Part, Place, limit, linked, walk},
    view,
};
use serde_json::{Value, json};
use shared::{
    error::Result,
    model::{Action, ActionState, Mode, OrgId},
    ports::CaseReader,
};

/// `GET /v1/orgs/{org}/plan`.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let place = Place::of(ask, format!("plan:{org}"))?;
    let part = open(store, org, place, limit(ask)?).await?;
    let next = part.next.as_ref().map(Place::seal);
    let answer = match ask.accepts("text/plain") {
        true => Answer::text(text(&part)),
        false => json(store, ask, org, (&part, next.as_deref())).await?,
    };
    Ok(linked(answer, ask, next.as_deref()))
}

/// The actions that are not at their end.
pub(crate) async fn open<S: CaseReader>(store: &S, org: &OrgId, place: Place, limit: u32) -> Result<Part<Action>> {
    let keep = Keep::Those(|action: &Action| !action.state.is_final());
    walk(place, limit, keep, |cursor, size| store.actions(org, cursor, size)).await
}

fn text(part: &Part<Action>) -> String {
    if part.items.is_empty() {
        return "nothing is planned\n".to_owned();
    }
    part.items.iter().map(|action| format!("{}\n  state: {}\n\n", action.plan, action.state.as_str())).collect()
}

async fn json<S: CaseReader>(
    store: &S,
    ask: &Ask<'_>,
    org: &OrgId,
    (part, next): (&Part<Action>, Option<&str>),
) -> Result<Answer> {
    let (policy, budget) = (store.policy(org).await?, store.budget(org).await?);
    let mode = policy.as_ref().map_or(Mode::Observe, |version| version.policy.mode);
    let items: Vec<Value> = part.items.iter().map(planned).collect();
    Ok(Answer::json(&json!({
        "mode": mode,
        "policy_version": policy.map(|version| version.version),
        "stopped": budget.value.halt(ask.now).is_some(),
        "items": items,
        "next": next,
    })))
}

fn planned(action: &Action) -> Value {
    let mut view = view::action(action);
    let would = if action.state == ActionState::Withheld { "withheld" } else { "next" };
    view["would"] = would.into();
    view["text"] = action.plan.to_string().into();
    view
}
