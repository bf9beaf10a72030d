//! `tokenwarden doctor`: looks at a deployment from its secrets to its reports, and changes nothing.

use crate::{
    api::{Api, OrgRow},
    deployment::{
        DeploymentArgs,
        check::{Checks, Finding},
        keys::{Asked, LEAST_DAYS, WHERE},
        secrets::Secrets,
    },
    failure::{Failure, Result},
};
use clap::Args;
use serde_json::{Map, Value};
use shared::{
    clock::SystemClock,
    error::Error,
    model::{Credential, OrgState, Secret, Timestamp},
    ports::Clock,
    secrets::Purpose,
};
use std::process::ExitCode;

/// A report that is older is missing: the longest interval that the template sets by default is a day.
const OLD_REPORT_HOURS: i64 = 27;
/// The lag from which automatic action waits.
const LAG_SECS: i64 = 15 * 60;

/// The options of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
}

/// Which scopes a key is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scopes {
    /// Some, all of them reading.
    Reading,
    /// None: it may do everything.
    None,
}

/// Looks at everything and says what to do; exits 0 if it works, 1 if something is broken.
pub(crate) async fn run(args: &DoctorArgs) -> Result<ExitCode> {
    let DoctorArgs { deployment } = args;
    let mut checks = Checks::default();
    let secrets = Secrets::of_stack(&deployment.stack, deployment.region.as_deref()).await?;
    atlassian(&mut checks, &secrets, deployment).await?;
    webhook(&mut checks, &secrets, deployment).await?;
    api(&mut checks, &secrets, deployment).await?;
    Ok(checks.concluded())
}

/// Both keys: what they can read, what the list says of them, and whether both secrets know both.
async fn atlassian(checks: &mut Checks, secrets: &Secrets, deployment: &DeploymentArgs) -> Result<()> {
    let (org, now) = (&deployment.org, SystemClock.now());
    let read = secrets.read(Purpose::AtlassianRead).await?;
    let Some(key) = value(&read, org, "key") else {
        checks.note(
            "the reading key",
            &Finding::Broken("the secret has none for this org; run `tokenwarden init`".into()),
        );
        return Ok(());
    };
    let asked = Asked::by(&key, &deployment.atlassian_url, &deployment.org())?;
    reading_key(checks, &asked).await;
    let Ok(listed) = asked.listed().await else { return Ok(()) };
    let own = own_ids(&read, org);
    let unscoped = secrets.read(Purpose::AtlassianUnscoped).await?;
    match value(&unscoped, org, "key") {
        Some(key) => {
            let answer = Asked::by(&key, &deployment.atlassian_url, &deployment.org())?.listed().await;
            checks.note("the key without scopes is accepted", &answer.as_ref().map_or_else(broken, |_| Finding::Fine));
        }
        None => {
            checks.note("the key without scopes", &Finding::Warning("there is none: nothing can be revoked".into()));
        }
    }
    let ours: Vec<&Credential> =
        listed.iter().filter(|key| own.iter().any(|id| id == key.reference.id.as_str())).collect();
    let known = if own.is_empty() || ours.len() < own.len() {
        let why = "the secret names none, or some that Atlassian does not list; no org key is revoked until it does";
        Finding::Broken(format!("{why}: put their ids into own_key_ids (`tokenwarden init` does)"))
    } else {
        Finding::Fine
    };
    checks.note("our own keys are known by their ids", &known);
    for key in ours {
        let scopes = if key.scopes.is_some() { Scopes::Reading } else { Scopes::None };
        listed_key(checks, &format!("our key `{}`", key.label), key, scopes, now);
    }
    if asked_without_scopes(&listed, &read, org) {
        let why = "Atlassian lists it without scopes, so whoever holds it can do everything; make one with scopes that only read";
        checks.note("the reading key only reads", &Finding::Warning(format!("{why} ({WHERE})")));
    }
    Ok(())
}

/// Whether none of our keys is listed with scopes: then the one that reads has none either.
fn asked_without_scopes(listed: &[Credential], read: &Map<String, Value>, org: &str) -> bool {
    let own = own_ids(read, org);
    let mut ours = listed.iter().filter(|key| own.iter().any(|id| id == key.reference.id.as_str())).peekable();
    ours.peek().is_some() && ours.all(|key| key.scopes.as_ref().is_none_or(Vec::is_empty))
}

/// Tries everything that a reading key is for.
pub(crate) async fn reading_key(checks: &mut Checks, asked: &Asked) {
    for tried in asked.tried(SystemClock.now()).await {
        let finding = match tried.outcome {
            Ok(()) => Finding::Fine,
            Err(Error::RateLimited { .. }) => Finding::Warning(
                "Atlassian answers 429 to this one request, so somebody else (a SIEM?) uses the limit that we share; lower \
                 RateSharePercent or raise theirs"
                    .into(),
            ),
            Err(error) => Finding::Broken(format!(
                "{error}; the documented scope is {} ({WHERE})",
                tried.scope
            )),
        };
        checks.note(&format!("{:<34} {}", tried.scope, tried.for_what), &finding);
    }
}

/// What the list says of one of our keys.
pub(crate) fn listed_key(checks: &mut Checks, what: &str, key: &Credential, wanted: Scopes, now: Timestamp) {
    let finding = match key.expires_at.map(|end| (end - now).num_days()) {
        None => Finding::Warning("the list does not say when it expires".into()),
        Some(days @ ..30) => {
            Finding::Broken(format!("it expires in {days} days; `tokenwarden key rotate` puts a new one in"))
        }
        Some(days @ 30..LEAST_DAYS) => Finding::Warning(format!("it expires in {days} days")),
        Some(_) => Finding::Fine,
    };
    checks.note(&format!("{what} lives long enough"), &finding);
    let scopes = key.scopes.as_deref().unwrap_or_default();
    let finding = match wanted {
        Scopes::Reading if scopes.iter().any(|scope| !scope.starts_with("read:")) => {
            Finding::Warning("it may change things; a key that only reads is enough".into())
        }
        Scopes::None if !scopes.is_empty() => Finding::Broken(
            "it has scopes; Atlassian documents none that revokes one token, so make one without".into(),
        ),
        Scopes::Reading | Scopes::None => Finding::Fine,
    };
    checks.note(&format!("{what} has the right scopes"), &finding);
}

/// The webhook's route refuses a wrong credential: it is there, and it could read its secret.
async fn webhook(checks: &mut Checks, secrets: &Secrets, deployment: &DeploymentArgs) -> Result<()> {
    let secret = secrets.read(Purpose::Webhook).await?;
    let there = secret.get(&deployment.org).is_some_and(|entry| entry["accepted"][0]["value"].is_string());
    let missing = || Finding::Warning("the secret has no credential for this org; the poll alone brings events".into());
    checks.note("the webhook has a credential", &if there { Finding::Fine } else { missing() });
    if !there {
        return Ok(());
    }
    let url = format!("{}/webhooks/{}/audit", deployment.api, deployment.org);
    let wrong = Api::with_token(&deployment.api, Secret::new("wrong on purpose"));
    let finding = match wrong.status_of_post(&url).await {
        Ok(401) => Finding::Fine,
        Ok(status) => Finding::Broken(format!("POST {url} answers {status} to a wrong credential, not 401")),
        Err(failure) => Finding::Broken(failure.to_string()),
    };
    checks.note("the webhook's route refuses a wrong credential", &finding);
    Ok(())
}

/// What the deployment says of itself.
async fn api(checks: &mut Checks, secrets: &Secrets, deployment: &DeploymentArgs) -> Result<()> {
    let secret = secrets.read(Purpose::ApiTokens).await?;
    let reader = secret
        .get("tokens")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|token| reads(token, &deployment.org));
    let Some(token) = reader.and_then(|token| token["value"].as_str()) else {
        checks.note(
            "the API has a token for this org",
            &Finding::Broken("the secret has none; run `tokenwarden init`".into()),
        );
        return Ok(());
    };
    let api = Api::with_token(&deployment.api, Secret::new(token.to_owned()));
    match api.orgs(Some(&deployment.org)).await {
        Ok(orgs) => orgs.iter().for_each(|org| health(checks, org, SystemClock.now())),
        Err(failure) => checks.note("the API answers", &Finding::Broken(failure.to_string())),
    }
    Ok(())
}

fn health(checks: &mut Checks, org: &OrgRow, now: Timestamp) {
    checks.note("the API answers", &Finding::Fine);
    let governed = match org.state {
        OrgState::Active => Finding::Fine,
        state => Finding::Warning(format!("it is {}", state.as_str())),
    };
    checks.note("the org is governed", &governed);
    let lag = match org.poll_lag_secs {
        Some(secs @ ..=LAG_SECS) if secs >= 0 => Finding::Fine,
        Some(secs) => {
            Finding::Broken(format!("it is {} minutes behind; nothing automatic is done meanwhile", secs / 60))
        }
        None => Finding::Broken("it never came to its end; look at the log of poll-audit".into()),
    };
    checks.note("the audit log is read", &lag);
    let report = match org.last_report_at.map(|at| (now - at).num_hours()) {
        Some(hours) if hours > OLD_REPORT_HOURS => {
            Finding::Warning(format!("the last is {hours} hours old; see ReportEveryHours"))
        }
        Some(_) if org.status == "partial" => Finding::Warning("the last is partial; its sections say why".into()),
        Some(_) => Finding::Fine,
        None => Finding::Broken("there is none; look at the log of report-tokens".into()),
    };
    checks.note("reports are taken", &report);
    let stopped =
        if org.status == "stopped" { Finding::Warning("the kill switch is on".into()) } else { Finding::Fine };
    checks.note("actions may go on", &stopped);
}

fn reads(token: &Value, org: &str) -> bool {
    let holds = |field: &str, wanted: &str| {
        token[field].as_array().is_some_and(|items| items.iter().any(|item| item == wanted))
    };
    holds("roles", "reader") && (holds("orgs", org) || holds("orgs", "*"))
}

fn value(secret: &Map<String, Value>, org: &str, field: &str) -> Option<Secret> {
    secret.get(org)?.get(field)?.as_str().map(|text| Secret::new(text.to_owned()))
}

fn own_ids(secret: &Map<String, Value>, org: &str) -> Vec<String> {
    let ids = secret.get(org).and_then(|entry| entry["own_key_ids"].as_array());
    ids.into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

fn broken(failure: &Failure) -> Finding {
    Finding::Broken(failure.to_string())
}
