//! `tokenwarden erase`: one account is erased from what a deployment stores.

use crate::{
    api::{Api, ApiArgs},
    console::{complain, printable, say},
    failure::Result,
};
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The options of `erase`.
#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    api: ApiArgs,
    /// Of which org
    #[arg(long, value_name = "ORG_ID")]
    org: String,
    /// Which account, by its Atlassian account id
    #[arg(long, value_name = "ACCOUNT_ID")]
    account: String,
    /// Why; forgotten when it is done
    #[arg(long, default_value = "from the command line")]
    reason: String,
    /// Erase it without being asked again
    #[arg(long)]
    yes: bool,
}

/// What is read of a row of the latest report.
#[derive(Deserialize)]
struct Row {}

/// What is read of an action.
#[derive(Deserialize)]
struct Action {
    id: String,
    state: String,
    #[serde(default)]
    plan: Value,
}

/// The answer to the request.
#[derive(Deserialize)]
struct Begun {
    state: String,
    #[serde(default)]
    notes: Vec<String>,
}

/// Asks for the erasure, or tells what it would erase.
pub(crate) async fn run(args: &EraseArgs) -> Result<ExitCode> {
    let api = Api::new(&args.api)?;
    if !args.yes {
        return warn(&api, args).await;
    }
    let body = json!({ "account_id": args.account, "reason": args.reason });
    let begun: Begun = api.post(&api.org_path(&args.org, "erasures"), &body).await?;
    say(&printable(&format!("{} in {}: the erasure is {}", args.account, args.org, begun.state)));
    begun.notes.iter().for_each(|note| say(&printable(&format!("  {note}"))));
    Ok(ExitCode::SUCCESS)
}

/// What would be erased; nothing is.
async fn warn(api: &Api, args: &EraseArgs) -> Result<ExitCode> {
    let EraseArgs { org, account, .. } = args;
    api.orgs(Some(org)).await?;
    let rows = format!("reports/latest/credentials?owner={}", utf8_percent_encode(account, NON_ALPHANUMERIC));
    let held = api.all::<Row>(&api.org_path(org, &rows)).await.ok().map(|rows| rows.len());
    let mut actions: Vec<Action> = api.all(&api.org_path(org, "actions")).await?;
    actions.retain(|action| owner_of(&action.plan) == Some(account.as_str()));
    complain(&printable_lines(&text(account, org, held, &actions)));
    Ok(ExitCode::from(2))
}

fn owner_of(plan: &Value) -> Option<&str> {
    plan["target"]["owner"].as_str()
}

fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

fn text(account: &str, org: &str, held: Option<usize>, actions: &[Action]) -> String {
    let listed = match held {
        None => "There is no report that could be read.".to_owned(),
        Some(0) => "The latest report shows no credential of this account.".to_owned(),
        Some(held) => format!("The latest report shows {held} credentials of this account."),
    };
    let in_state = |states: &[&str]| actions.iter().filter(|one| states.contains(&one.state.as_str())).count();
    let planned = in_state(&["planned", "waiting", "withheld"]);
    let claimed: Vec<&str> = actions.iter().filter(|one| one.state == "claimed").map(|one| one.id.as_str()).collect();
    let waits = match claimed.is_empty() {
        true => "None of its actions is under way.".to_owned(),
        false => format!("It would wait for its actions that are under way: {}.", claimed.join(", ")),
    };
    format!(
        "{account} in {org}: nothing was done. With --yes this would, for good,\n\
         \x20 delete   the audit events of which it is the actor, and what was learned of the use of its tokens;\n\
         \x20          the messages to it and about it, and when it was last written to; who answers for it and for whom\n\
         \x20          it answers; quarantined bodies that hold its id or its address;\n\
         \x20 replace  its id by one drawn at random, and its names and mail addresses by nothing, in every report, in\n\
         \x20          findings, actions ({}), decisions, exemptions, campaigns, seats and others' audit events;\n\
         \x20 cancel   what is only planned for it: {planned} actions;\n\
         \x20 keep     the bare id in the ledger, which is a chain of hashes; and what people wrote in the register, in\n\
         \x20          the policy and as reasons elsewhere, which it counts and you look at.\n\
         {listed} {waits}\n\
         As long as Atlassian lists the account or its audit log names it, the next report, poll or delivery brings its\n\
         data back: erase the account in Atlassian first.",
        actions.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_erased_is_told_with_what_is_planned_and_what_it_would_wait_for() {
        let action = |id: &str, state: &str| Action { id: id.into(), state: state.into(), plan: Value::Null };
        let told = text("712020:x-1", "o-1", Some(3), &[action("a1", "waiting"), action("a2", "claimed")]);
        for part in [
            "712020:x-1 in o-1: nothing was done",
            "3 credentials of this account",
            "only planned for it: 1 actions",
            "under way: a2.",
            "brings its\ndata back: erase the account in Atlassian first.",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let nothing = text("712020:x-1", "o-1", Some(0), &[]);
        assert!(nothing.contains("shows no credential") && nothing.contains("None of its actions is under way"));
    }

    #[test]
    fn the_owner_of_an_action_is_found_as_the_api_shows_it() {
        assert_eq!(owner_of(&json!({"target": {"owner": "a"}})), Some("a"));
        assert_eq!(owner_of(&json!({"target": {}})), None);
    }
}
