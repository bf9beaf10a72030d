//! Exemptions: what stands all the same, for a reason, until a day.

use crate::{
    answer::{Answer, Reply},
    api::actions::decider,
    ask::{Ask, reason},
};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    error::Error,
    flow::enter::{end_exemption, grant as granted},
    model::{Exemption, ExemptionScope, FindingId, Timestamp},
    ports::{CaseReader, CaseStore},
};

const SHAPE: &str = r#"{"scope":{"credential"|"owner"|"label"|"rule":…},"reason":"…","until":"2027-01-31T00:00:00Z"}"#;
const ACCEPTANCE: &str = r#"{"reason":"…","until":"2027-01-31T00:00:00Z"}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    scope: ExemptionScope,
    reason: String,
    until: Until,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    reason: String,
    until: Until,
}

/// A moment, or a day, whose end it then is not: what holds until a day ends as the day begins (UTC).
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Until {
    Moment(Timestamp),
    Day(chrono::NaiveDate),
}

impl Until {
    /// The moment from which on it no longer holds.
    pub(crate) fn moment(self) -> Timestamp {
        match self {
            Self::Moment(at) => at,
            Self::Day(day) => day.and_time(chrono::NaiveTime::MIN).and_utc(),
        }
    }
}

/// `GET /v1/orgs/{org}/exemptions`: in force first, then those that have ended.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let mut all = store.exemptions(&org).await?;
    all.sort_by_key(|one| (one.until <= ask.now, one.until, one.id.clone()));
    let items: Vec<Value> = all.iter().map(|one| view(one, ask.now)).collect();
    Ok(Answer::json(&json!({ "items": items, "next": null })))
}

/// `POST /v1/orgs/{org}/exemptions`.
pub(crate) async fn grant<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let asked: Asked = ask.json(SHAPE)?;
    if asked.scope.finding.is_some() {
        let mend = "a finding is accepted at `findings/{id}/accept`";
        return Err(Error::invalid("scope.finding", mend).into());
    }
    let who = decider(ask, reason(&asked.reason)?)?;
    let exemption = granted(store, &org, asked.scope, asked.until.moment(), who).await?;
    Ok(Answer::json(&view(&exemption, ask.now)).status(201))
}

/// `POST /v1/orgs/{org}/findings/{id}/accept`: the risk of this one finding is accepted until a day.
pub(crate) async fn accept<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let id = FindingId::new(ask.param("id"));
    let asked: Acceptance = ask.json(ACCEPTANCE)?;
    let finding = store.finding(&org, &id).await?.filter(|finding| finding.stands());
    let finding = finding.ok_or_else(|| Error::NotFound(format!("a standing finding {id}")))?;
    let scope = ExemptionScope { finding: Some(finding.id), ..ExemptionScope::default() };
    let who = decider(ask, reason(&asked.reason)?)?;
    let exemption = granted(store, &org, scope, asked.until.moment(), who).await?;
    Ok(Answer::json(&view(&exemption, ask.now)).status(201))
}

/// `DELETE /v1/orgs/{org}/exemptions/{id}`.
pub(crate) async fn end<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let exemption = end_exemption(store, &org, ask.param("id"), decider(ask, "ended through the API")?).await?;
    Ok(Answer::json(&view(&exemption, ask.now)))
}

fn view(exemption: &Exemption, now: Timestamp) -> Value {
    let mut view = json!(exemption);
    view["in_force"] = (exemption.until > now).into();
    view
}
