//! `tokenwarden stop` and `tokenwarden resume`: the kill switch.

use crate::{
    api::{Api, ApiArgs},
    console::say,
    failure::Result,
};
use clap::Args;
use serde::Deserialize;
use serde_json::json;
use std::process::ExitCode;

/// The options of `stop` and `resume`.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    api: ApiArgs,
    /// Only this org; every org that the token may see otherwise
    #[arg(long, value_name = "ORG_ID")]
    org: Option<String>,
    /// Why; kept with the decision
    #[arg(long, default_value = "from the command line")]
    reason: String,
}

/// What the switch is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nothing is done.
    Stopped,
    /// Actions go on.
    Resumed,
}

#[derive(Deserialize)]
struct Switch {
    stopped: bool,
    by: Option<String>,
    reason: Option<String>,
}

/// Puts it on or off, for one org or all.
pub(crate) async fn set(args: &StopArgs, wanted: Wanted) -> Result<ExitCode> {
    let api = Api::new(&args.api)?;
    let orgs = api.orgs(args.org.as_deref()).await?;
    // Nothing is done for an org that was removed: it has no switch any more, unless somebody names it and is told so.
    for org in orgs.into_iter().filter(|org| args.org.is_some() || org.state.is_kept()) {
        let body = json!({ "stopped": wanted == Wanted::Stopped, "reason": args.reason });
        let now: Switch = api.put(&api.org_path(&org.id, "stop"), &body).await?;
        say(&described(&org.label(), &now));
    }
    Ok(ExitCode::SUCCESS)
}

fn described(org: &str, now: &Switch) -> String {
    if !now.stopped {
        return format!("{org}: released; planned actions go on as the policy says");
    }
    let (by, reason) = (now.by.as_deref().unwrap_or("somebody"), now.reason.as_deref().unwrap_or("no reason given"));
    format!("{org}: stopped by {by} ({reason}); nothing is done until `tokenwarden resume`")
}
