//! `tokenwarden seats …`: who keeps a token where all other external users' are blocked.

use crate::{
    api::Api,
    console::{printable, say},
    failure::Result,
    place::Place,
};
use clap::{Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;
use std::process::ExitCode;

/// What is to be done about the seats of the external users' Test policy.
#[derive(Debug, Subcommand)]
pub(crate) enum SeatsCommand {
    /// List who holds one, until when, and what is to be done by hand (role reader)
    List(Place),
    /// Give an external account a seat, or its seat another end (role approver)
    Take {
        #[command(flatten)]
        of: Of,
        /// The day on which it ends, at most a year away
        #[arg(long, value_name = "DATE")]
        until: String,
        /// Who that is, for people
        #[arg(long)]
        name: Option<String>,
        /// Why; kept with the seat
        #[arg(long)]
        reason: String,
    },
    /// Free the seat of an external account (role approver)
    Free(Of),
}

/// Whose seat.
#[derive(Debug, Args)]
pub(crate) struct Of {
    /// The external user's Atlassian account id
    #[arg(value_name = "ACCOUNT_ID")]
    account: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Deserialize)]
struct Seat {
    account: String,
    #[serde(default)]
    name: Option<String>,
    reason: String,
    until: String,
    by: String,
    step: String,
}

/// Runs one of them.
pub(crate) async fn run(command: SeatsCommand) -> Result<ExitCode> {
    match command {
        SeatsCommand::List(place) => list(&place).await,
        SeatsCommand::Take { of, until, name, reason } => {
            let (api, url) = seat(&of).await?;
            let body = json!({ "until": until, "name": name, "reason": reason });
            print(&api.put(&url, &body).await?);
            Ok(ExitCode::SUCCESS)
        }
        SeatsCommand::Free(of) => {
            let (api, url) = seat(&of).await?;
            print(&api.delete(&url).await?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn seat(Of { account, place }: &Of) -> Result<(Api, String)> {
    let (api, org) = place.open().await?;
    let url = api.org_path(&org, &format!("seats/{}", utf8_percent_encode(account, NON_ALPHANUMERIC)));
    Ok((api, url))
}

async fn list(place: &Place) -> Result<ExitCode> {
    let (api, org) = place.open().await?;
    let seats: Vec<Seat> = api.whole(&api.org_path(&org, "seats")).await?;
    if seats.is_empty() {
        say("All seats are free: tokenwarden seats take ACCOUNT_ID --until DATE --reason \"…\"");
    }
    seats.iter().for_each(print);
    Ok(ExitCode::SUCCESS)
}

fn print(seat: &Seat) {
    let Seat { account, name, reason, until, by, step } = seat;
    let name = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let day = until.get(..10).unwrap_or(until);
    say(&printable(&format!("{account}{name} until {day}, given by {by}: {reason}")));
    say(&printable(&format!("  {step}")));
}
