//! Agreeing to the plans of a campaign: first they are shown, then exactly those are agreed to.

use super::{Campaigns, Member};
use crate::{
    console::{complain, printable, say},
    failure::Result,
    place::Why,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::model::{Plan, short_hash};
use std::process::ExitCode;

#[derive(Deserialize)]
struct Action {
    id: String,
    plan: Plan,
    plan_hash: String,
    plan_state: String,
    state: String,
}

/// Shows what waits for a yes, or agrees to it.
pub(super) async fn run(id: &str, agree: Option<&str>, why: &Why) -> Result<ExitCode> {
    let campaigns = Campaigns::of(&why.place).await?;
    let waiting = waiting(&campaigns, id).await?;
    let hashes: Vec<&str> = waiting.iter().map(|action| action.plan_hash.as_str()).collect();
    let digest = short_hash(&hashes);
    match agree {
        _ if waiting.is_empty() => {
            say("No plan of this campaign waits for a yes now. One that is being read does in a minute.");
        }
        None => shown(&waiting, id, &digest),
        Some(seen) if seen == digest => {
            for action in &waiting {
                approve(&campaigns, action, &why.reason).await?;
            }
        }
        Some(_) => {
            complain(
                "The plans are not those that were shown; nothing was agreed to. Run it without --agree and read them.",
            );
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn waiting(campaigns: &Campaigns, id: &str) -> Result<Vec<Action>> {
    let asked: Vec<Member> = campaigns.api.all(&format!("{}?stand=asked", campaigns.one(id))).await?;
    let mut found = Vec::new();
    for id in asked.into_iter().filter_map(|member| member.action) {
        let action: Action = campaigns.api.get(&path(campaigns, &id)).await?;
        let ready = action.plan_state == "ready" && matches!(action.state.as_str(), "planned" | "waiting");
        found.extend(Some(action).filter(|_| ready));
    }
    Ok(found)
}

fn shown(waiting: &[Action], id: &str, digest: &str) {
    for action in waiting {
        action.plan.to_string().lines().for_each(|line| say(&printable(line)));
    }
    say(&format!(
        "\nNothing was agreed to. To agree to exactly these {}: tokenwarden campaign approve {id} --agree {digest} --reason \"…\"",
        waiting.len()
    ));
}

async fn approve(campaigns: &Campaigns, action: &Action, reason: &str) -> Result<()> {
    let body = json!({ "plan_hash": action.plan_hash, "reason": reason });
    let _agreed: Value = campaigns.api.post(&format!("{}/approve", path(campaigns, &action.id)), &body).await?;
    let name = action.plan.target.owner_name.as_deref().unwrap_or(&action.plan.target.label);
    say(&printable(&format!("agreed: {} {name}", action.plan.action.as_str())));
    Ok(())
}

fn path(campaigns: &Campaigns, action: &str) -> String {
    let id = utf8_percent_encode(action, NON_ALPHANUMERIC);
    campaigns.api.org_path(&campaigns.org, &format!("actions/{id}"))
}
