//! `tokenwarden campaign …`: the projects of an admin over many credentials.

mod approve;

use crate::{
    api::Api,
    console::{printable, say},
    failure::Result,
    place::{Place, Why},
};
use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::model::CredentialKind;
use std::{collections::BTreeMap, process::ExitCode};

/// What is to be done about campaigns.
#[derive(Debug, Subcommand)]
pub(crate) enum CampaignCommand {
    /// Begin one (role approver)
    Start {
        /// What it is for
        #[arg(value_enum)]
        kind: Kind,
        /// Who leaves: the Atlassian account id; for leave alone
        #[arg(long, value_name = "ACCOUNT_ID")]
        account: Option<String>,
        /// Which credential a person is to end, as KIND/ID; for by-hand alone
        #[arg(long, value_name = "KIND/ID", value_parser = credential)]
        credential: Option<Value>,
        #[command(flatten)]
        why: Why,
    },
    /// List them (role reader)
    List(Place),
    /// Show how one stands, who belongs to it and what is next (role reader)
    Show {
        #[command(flatten)]
        which: Which,
        /// Only those who stand so: todo, unclear, not_done, by_hand, asked, silent, stays or done
        #[arg(long)]
        stand: Option<String>,
    },
    /// Ask for the next few actions; each waits for what the policy asks (role approver)
    Ask {
        /// Which
        #[arg(value_name = "CAMPAIGN")]
        id: String,
        /// How many at most
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=50))]
        limit: u32,
        /// Also those of which nobody knows whether they would break
        #[arg(long)]
        include_unclear: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Show the plans that wait for a yes; with the digest of what was shown, agree to exactly those (role approver)
    Approve {
        /// Which
        #[arg(value_name = "CAMPAIGN")]
        id: String,
        /// The digest that this command printed below the plans
        #[arg(long, value_name = "DIGEST")]
        agree: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Say that what no API does was done by hand (role approver)
    Clicked(Saying),
    /// End one; actions that it asked for go on (role approver)
    End(Saying),
}

/// What a campaign is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// Users' tokens are to be blocked for everybody but those who still need one
    ClosePolicy,
    /// Everybody who holds a credential is asked what it is for
    Recertify,
    /// Somebody leaves: all that the account holds and made is to end
    Leave,
    /// External users' tokens are to be blocked, for all but the few who get a seat in the Test policy
    CloseExternal,
    /// One credential that no API ends is to be ended or replaced by a person
    ByHand,
}

/// A credential as the API takes it.
fn credential(text: &str) -> std::result::Result<Value, String> {
    let (kind, id) =
        text.split_once('/').filter(|(_, id)| !id.is_empty()).ok_or("it must be like registered/okta-scim")?;
    let kind: CredentialKind = kind.parse()?;
    Ok(json!({ "kind": kind, "id": id }))
}

/// Which campaign.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Which
    #[arg(value_name = "CAMPAIGN")]
    id: String,
    #[command(flatten)]
    of: Place,
}

/// Which campaign, and why.
#[derive(Debug, Args)]
pub(crate) struct Saying {
    /// Which
    #[arg(value_name = "CAMPAIGN")]
    id: String,
    #[command(flatten)]
    why: Why,
}

/// A deployment and the path of an org's campaigns.
struct Campaigns {
    api: Api,
    org: String,
    path: String,
}

impl Campaigns {
    async fn of(place: &Place) -> Result<Self> {
        let (api, org) = place.open().await?;
        let path = api.org_path(&org, "campaigns");
        Ok(Self { api, org, path })
    }

    fn one(&self, id: &str) -> String {
        format!("{}/{id}", self.path)
    }
}

#[derive(Deserialize)]
struct Campaign {
    id: String,
    kind: String,
    started_by: String,
    started_at: String,
    reason: String,
    #[serde(default)]
    ended: Option<Value>,
}

/// A member, as the API shows it.
#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    sponsor: Option<String>,
    label: String,
    credentials: u64,
    breaks: u64,
    unknown: u64,
    sentence: String,
    stand: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Progress {
    campaign: Campaign,
    sentence: String,
    counts: BTreeMap<String, u64>,
    next_steps: Vec<String>,
}

#[derive(Deserialize)]
struct Answered {
    items: Vec<Member>,
}

/// Runs one of them.
pub(crate) async fn run(command: CampaignCommand) -> Result<ExitCode> {
    match command {
        CampaignCommand::Start { kind, account, credential, why } => start(kind, account, credential, &why).await,
        CampaignCommand::List(place) => list(&place).await,
        CampaignCommand::Show { which, stand } => show(&which, stand.as_deref()).await,
        CampaignCommand::Ask { id, limit, include_unclear, why } => {
            let asking = json!({ "limit": limit, "include_unclear": include_unclear, "reason": why.reason });
            ask(&id, &asking, &why.place).await
        }
        CampaignCommand::Approve { id, agree, why } => approve::run(&id, agree.as_deref(), &why).await,
        CampaignCommand::Clicked(saying) => said(&saying, "clicked").await,
        CampaignCommand::End(saying) => said(&saying, "end").await,
    }
}

async fn start(kind: Kind, account: Option<String>, credential: Option<Value>, why: &Why) -> Result<ExitCode> {
    let campaigns = Campaigns::of(&why.place).await?;
    let kind = match kind {
        Kind::ClosePolicy => "close_policy",
        Kind::Recertify => "recertify",
        Kind::Leave => "leave",
        Kind::CloseExternal => "close_external",
        Kind::ByHand => "by_hand",
    };
    let body = json!({ "kind": kind, "account": account, "credential": credential, "reason": why.reason });
    let begun: Campaign = campaigns.api.post(&campaigns.path, &body).await?;
    print(&campaigns, &begun.id, None).await
}

async fn list(place: &Place) -> Result<ExitCode> {
    let campaigns = Campaigns::of(place).await?;
    let found: Vec<Campaign> = campaigns.api.whole(&campaigns.path).await?;
    if found.is_empty() {
        say("There is no campaign yet: tokenwarden campaign start close-policy --reason \"…\"");
    }
    for Campaign { id, kind, started_by, started_at, reason, ended } in &found {
        let state = if ended.is_some() { "ended" } else { "open" };
        let day = started_at.get(..10).unwrap_or(started_at);
        say(&printable(&format!("{id}  {kind:<14} {state:<6} {day}  {started_by}: {reason}")));
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(Which { id, of }: &Which, stand: Option<&str>) -> Result<ExitCode> {
    print(&Campaigns::of(of).await?, id, stand).await
}

async fn ask(id: &str, asking: &Value, place: &Place) -> Result<ExitCode> {
    let campaigns = Campaigns::of(place).await?;
    let answered: Answered = campaigns.api.post(&format!("{}/ask", campaigns.one(id)), asking).await?;
    if answered.items.is_empty() {
        say("Nobody is left to ask for.");
    }
    for member in &answered.items {
        let came = member.refused.as_ref().map_or("asked for".to_owned(), |reason| format!("refused: {reason}"));
        say(&printable(&format!("{}: {came}", who(member))));
    }
    Ok(ExitCode::SUCCESS)
}

async fn said(Saying { id, why }: &Saying, what: &str) -> Result<ExitCode> {
    let campaigns = Campaigns::of(&why.place).await?;
    let body = json!({ "reason": why.reason });
    let _campaign: Campaign = campaigns.api.post(&format!("{}/{what}", campaigns.one(id)), &body).await?;
    print(&campaigns, id, None).await
}

async fn print(campaigns: &Campaigns, id: &str, stand: Option<&str>) -> Result<ExitCode> {
    let path = campaigns.one(id);
    let progress: Progress = campaigns.api.get(&format!("{path}?limit=1")).await?;
    let Campaign { id, kind, started_by, reason, .. } = &progress.campaign;
    say(&printable(&format!("{kind} {id}, begun by {started_by}: {reason}")));
    say(&printable(&progress.sentence));
    let counts: Vec<String> = progress.counts.iter().map(|(stand, count)| format!("{stand} {count}")).collect();
    say(&counts.join(", "));
    members(campaigns, &path, stand).await?;
    say("Next:");
    progress.next_steps.iter().for_each(|step| say(&printable(&format!("  {step}"))));
    Ok(ExitCode::SUCCESS)
}

async fn members(campaigns: &Campaigns, path: &str, stand: Option<&str>) -> Result<()> {
    /// More than a screen is asked for by `--stand`.
    const MOST: usize = 30;
    let url = stand.map_or(path.to_owned(), |stand| format!("{path}?stand={stand}"));
    let most = if stand.is_some() { usize::MAX } else { MOST };
    let first = campaigns.api.first::<Member>(&url, most).await?;
    for member in first.rows.iter().take(most) {
        let hit = format!("{} of {} probably stop, {} not known", member.breaks, member.credentials, member.unknown);
        say(&printable(&format!("  {:<9} {}: {hit}. {}", member.stand, who(member), member.sentence)));
        if let Some(sponsor) = &member.sponsor {
            say(&printable(&format!("            sponsor: {sponsor}")));
        }
        if let Some(reason) = &member.reason {
            say(&printable(&format!("            {reason}")));
        }
    }
    if first.goes_on || first.rows.len() > most {
        say("  … and more: --stand shows all of one kind.");
    }
    Ok(())
}

fn who(member: &Member) -> String {
    let owner = member.name.as_ref().or(member.account.as_ref()).map_or("an unknown owner", String::as_str);
    format!("{owner} ('{}')", member.label)
}
