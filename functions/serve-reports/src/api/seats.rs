//! The seats of the external users' Test policy.

use crate::{
    answer::{Answer, Reply},
    api::{actions::decider, exemptions::Until},
    ask::{Ask, reason},
};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    error::{Error, Result},
    flow::seats::{self, Wanted},
    messages::seats as say,
    model::{AccountId, Seat, Timestamp},
    ports::{CaseReader, CaseStore},
};

const SHAPE: &str = r#"{"reason":"…","until":"2027-01-31","name":"…, where it is known"}"#;
/// The longest name, in characters.
const NAME_CHARS: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    reason: String,
    until: Until,
    #[serde(default)]
    name: Option<String>,
}

/// `GET /v1/orgs/{org}/seats`: the one that ends first is the first.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let mut held: Vec<(AccountId, Seat)> = store.seats(&org).await?.value.seats.into_iter().collect();
    held.sort_by_key(|(_, seat)| seat.until);
    let items: Vec<Value> = held.iter().map(|(account, seat)| view(account, seat, ask.now)).collect();
    Ok(Answer::json(&json!({ "items": items, "next": null })))
}

/// `PUT /v1/orgs/{org}/seats/{id}`: gives an account a seat, or its seat another end.
pub(crate) async fn take<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let asked: Asked = ask.json(SHAPE)?;
    let (account, who) = (account(ask)?, decider(ask, reason(&asked.reason)?)?);
    let wanted = Wanted { name: name(asked.name)?, until: asked.until.moment() };
    let seat = seats::take(store, &org, &account, &wanted, who).await?;
    Ok(Answer::json(&view(&account, &seat, ask.now)))
}

/// `DELETE /v1/orgs/{org}/seats/{id}`: frees it here; in the console a person does.
pub(crate) async fn free<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let account = account(ask)?;
    let freed = seats::free(store, &org, &account, decider(ask, "freed through the API")?).await?;
    let mut view = view(&account, &freed, ask.now);
    view["step"] = say::freed().into();
    Ok(Answer::json(&view))
}

fn account(ask: &Ask<'_>) -> Result<AccountId> {
    let id = ask.param("id");
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
    if (1..=128).contains(&id.len()) && id.chars().all(fits) {
        return Ok(AccountId::new(id));
    }
    Err(Error::invalid("the account", "it must be an Atlassian account id, as the reports show it"))
}

fn name(name: Option<String>) -> Result<Option<String>> {
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    match name.as_ref().map_or(0, |name| name.chars().count()) {
        0..=NAME_CHARS => Ok(name),
        _longer => Err(Error::invalid("name", format!("use at most {NAME_CHARS} characters"))),
    }
}

fn view(account: &AccountId, seat: &Seat, now: Timestamp) -> Value {
    let Seat { name, reason, until, by, at, told_at } = seat;
    json!({
        "account": account,
        "name": name,
        "reason": reason,
        "until": until,
        "by": by,
        "at": at,
        "told_at": told_at,
        "state": seat.state(now),
        "step": say::step(seat, now),
    })
}
