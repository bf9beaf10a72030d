//! The page on which somebody answers who was written to, by the link in his mail: it shows first, and acts on what is
//! sent from it.

use super::{
    credential::Fact,
    frame::{Frame, render},
    line::{kind, named},
};
use crate::{
    answer::{Answer, Reply},
    api::register::add_told,
    app::Ports,
    ask::{Ask, reason},
    gate::Gate,
    view,
};
use askama::Template;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use shared::{
    decide::answer_link::{self, NoLink},
    error::{Error, Result},
    flow::decide_action::{self, Decider},
    model::{Action, ActionKind, AnswerLink, CredentialKind, RegisterEntry, Timestamp},
    ports::CaseReader,
};

/// What a link that opens nothing is told: the same for a forged one and for one of a removed org.
const CLOSED: &str = "This link is not valid, or not any more. Ask the admin whom the mail names.";

#[derive(Template)]
#[template(path = "answer.html")]
struct AnswerPage {
    frame: Frame,
    label: String,
    /// What was or can be said.
    said: Option<String>,
    facts: Vec<Fact>,
    why: String,
    effects: Vec<String>,
    /// The last day until which it can be kept; none where the policy lets nobody.
    keep_until: Option<String>,
    can_give_up: bool,
    /// What is known of it, to be said anew; none for what was entered by hand with its label.
    known: Option<Known>,
}

/// What people said of a credential.
#[derive(Default)]
struct Known {
    purpose: String,
    system: String,
    responsible: String,
    backup: String,
    review_by: String,
}

impl Known {
    fn of(entry: RegisterEntry) -> Self {
        Self {
            purpose: entry.purpose.unwrap_or_default(),
            system: entry.system.unwrap_or_default(),
            responsible: entry.responsible.unwrap_or_default(),
            backup: entry.backup.unwrap_or_default(),
            review_by: entry.review_by.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "closed.html")]
struct ClosedPage {
    frame: Frame,
    text: String,
}

/// `GET /answers/{link}`: changes nothing, however often and by whomever it is fetched.
pub(crate) async fn answer<P: Ports, G: Gate>(store: &P, gate: &G, ask: &Ask<'_>) -> Reply {
    match opened(store, gate, ask).await? {
        Ok((link, action)) => show(store, ask, &link, &action).await,
        Err(text) => closed(ask, text),
    }
}

/// `POST /answers/{link}`.
pub(crate) async fn give_answer<P: Ports, G: Gate>(store: &P, gate: &G, ask: &Ask<'_>) -> Reply {
    let (link, action) = match opened(store, gate, ask).await? {
        Ok(opened) => opened,
        Err(text) => return closed(ask, text),
    };
    let given = Given::of(ask)?;
    let by = link.principal();
    let who = |reason| Decider { by: &by, at: ask.now, reason };
    match given {
        Given::Keep { until, why } => {
            decide_action::keep(store, &link.org, &action.id, until, who(reason(&why)?)).await?;
        }
        Given::NotNeeded { why } => {
            let why = if why.trim().is_empty() { "it is not needed" } else { why.trim() };
            decide_action::not_needed(store, &link.org, &action.id, who(reason(why)?)).await?;
        }
        Given::Purpose(told) => {
            let credential = action.plan.target.credential.clone();
            add_told(store, &link.org, credential, *told, who("said by the link in a mail")).await?;
        }
    }
    Ok(Answer::see(ask.request.uri().path().to_owned()))
}

/// What the form says.
enum Given {
    Keep { until: Timestamp, why: String },
    NotNeeded { why: String },
    Purpose(Box<view::Given>),
}

impl Given {
    fn of(ask: &Ask<'_>) -> Result<Self> {
        let fields = ask.form()?;
        let field = |name: &str| {
            let found = fields.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let why = field("reason");
        match field("answer").as_str() {
            "keep" => Ok(Self::Keep { until: end_of(&field("until"))?, why }),
            "not_needed" if field("sure") == "yes" => Ok(Self::NotNeeded { why }),
            "not_needed" => Err(Error::invalid("sure", "tick the box: what follows cannot be undone")),
            "purpose" if field("purpose").trim().is_empty() => {
                Err(Error::invalid("purpose", "say what it is for, in a few words"))
            }
            "purpose" => Ok(Self::Purpose(Box::new(view::Given::told(field)))),
            _other => Err(Error::invalid("answer", "it must be keep, not_needed or purpose")),
        }
    }
}

/// A day as a browser sends it; it is kept until that day begins (UTC).
fn end_of(day: &str) -> Result<Timestamp> {
    let day: NaiveDate = day.parse().map_err(|_| Error::invalid("until", "give a day such as 2027-01-31"))?;
    Ok(day.and_time(NaiveTime::MIN).and_utc())
}

/// The link and its action, or why it opens nothing.
async fn opened<P: Ports, G: Gate>(
    store: &P,
    gate: &G,
    ask: &Ask<'_>,
) -> Result<std::result::Result<(AnswerLink, Action), &'static str>> {
    let keys = gate.link_keys().await?;
    let link = match answer_link::open(ask.param("link"), &keys, ask.now) {
        Ok(link) => link,
        Err(NoLink::Past) => return Ok(Err("This link is too old. Ask the admin whom the mail names.")),
        Err(NoLink::Foreign) => return Ok(Err(CLOSED)),
    };
    let governed = store.org(&link.org).await?.is_some_and(|org| org.is_active());
    let action = store.action(&link.org, &link.action).await?.map(|action| action.value);
    let owned = action.filter(|action| governed && action.plan.target.owner.as_ref() == Some(&link.account));
    Ok(owned.map(|action| (link, action)).ok_or(CLOSED))
}

fn closed(ask: &Ask<'_>, text: &'static str) -> Reply {
    let page = ClosedPage { frame: Frame::plain("Answer", ask.now), text: text.to_owned() };
    Ok(render(&page)?.status(403))
}

async fn show<S: CaseReader>(store: &S, ask: &Ask<'_>, link: &AnswerLink, action: &Action) -> Reply {
    let days = store.policy(&link.org).await?.map_or(0, |version| version.policy.keep_days);
    let open = !action.state.is_final();
    let latest = ask.now + TimeDelta::days(days.into());
    let credential = &action.plan.target.credential;
    let known = match credential.kind {
        CredentialKind::Registered => None,
        CredentialKind::UserApiToken
        | CredentialKind::OrgApiKey
        | CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken => {
            let entry = store.register_entry(&link.org, credential).await?;
            Some(entry.map(Known::of).unwrap_or_default())
        }
    };
    render(&AnswerPage {
        frame: Frame::plain("Answer", ask.now),
        label: named(&action.plan.target.label),
        said: said(action),
        facts: facts(action, ask.now),
        why: action.plan.why.clone(),
        effects: action.plan.effects.clone(),
        keep_until: (open && days > 0).then(|| latest.date_naive().to_string()),
        can_give_up: open && action.not_needed.is_none() && action.plan.action == ActionKind::Revoke,
        known,
    })
}

/// Where it stands, if anything was said or has ended.
fn said(action: &Action) -> Option<String> {
    let reason = action.reason.as_deref().unwrap_or_default();
    match (&action.not_needed, action.state.is_final()) {
        (_, true) => Some(format!("This has ended ({}): {reason}.", action.state.as_str())),
        (Some(said), false) => Some(format!(
            "On {} it was said that it is not needed. What follows is done once whoever has to agree did.",
            said.at.date_naive()
        )),
        (None, false) => None,
    }
}

fn facts(action: &Action, now: Timestamp) -> Vec<Fact> {
    let plan = &action.plan;
    let due = if plan.action.only_tells() { None } else { Some(plan.due_at) };
    vec![
        Fact::new("What it is", kind(plan.target.credential.kind)),
        Fact::new("Whose", plan.target.owner_name.clone().unwrap_or_else(|| "not known".to_owned())),
        Fact::time("Made", plan.target.created_at, now),
        Fact::time("Last use known", plan.evidence.last_used_at, now),
        Fact::time("Expires", plan.target.expires_at, now),
        Fact::new("Planned", planned(plan.action)),
        Fact::time("Not before", due, now),
    ]
}

fn planned(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Notify | ActionKind::Remind | ActionKind::Ticket => "nothing but messages",
        ActionKind::Revoke => "it is to be revoked, which cannot be undone",
        ActionKind::RevokeAll => "everything of its owner is to be revoked, which cannot be undone",
        ActionKind::Suspend => "its owner's account is to be suspended",
        ActionKind::Restore => "its owner's account is to be restored",
        ActionKind::Block => "its owner is to be moved to a policy that blocks tokens",
        ActionKind::Allow => "its owner is to be moved to a policy that allows tokens",
        ActionKind::Release => "its owner is to be moved back to the earlier policy",
    }
}
