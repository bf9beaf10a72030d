//! `tokenwarden init`: the first run of a deployment for an org, from its keys to its first report.

use crate::{
    api::{Api, OrgRow},
    console::{complain, say},
    deployment::{
        DeploymentArgs,
        check::Checks,
        given_key,
        keys::{Asked, READ_KEY, UNSCOPED_KEY, WHERE, ours},
        private,
        secrets::Secrets,
    },
    failure::{Failure, Result},
    random,
};
use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::{
    clock::SystemClock,
    model::{Credential, Secret},
    ports::Clock,
    secrets::Purpose,
};
use std::{path::PathBuf, process::ExitCode, time::Duration};

const ROLES: [&str; 3] = ["reader", "approver", "admin"];
/// report-tokens looks every five minutes, and a first report of a large org takes some.
const REPORT_PATIENCE: Duration = Duration::from_secs(15 * 60);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The options of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
    /// The name of the scoped, reading key in Atlassian's list of API keys; the key itself comes from ATLASSIAN_API_KEY,
    /// a file, or the prompt
    #[arg(long, value_name = "NAME")]
    pub(crate) read_key_name: String,
    /// A file with the reading key, that only you can read
    #[arg(long, value_name = "FILE")]
    pub(crate) read_key_file: Option<PathBuf>,
    /// The name of the key without scopes, which revokes; without it everything is reported and nothing can be done
    #[arg(long, value_name = "NAME")]
    pub(crate) unscoped_key_name: Option<String>,
    /// A file with the key without scopes, that only you can read; ATLASSIAN_UNSCOPED_KEY or the prompt otherwise
    #[arg(long, value_name = "FILE", requires = "unscoped_key_name")]
    pub(crate) unscoped_key_file: Option<PathBuf>,
    /// Do not wait for the first report
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// Asks, checks, writes, and takes the first report. Nothing is written before the keys have passed.
pub(crate) async fn run(args: &InitArgs) -> Result<ExitCode> {
    let deployment = &args.deployment;
    let secrets = Secrets::of_stack(&deployment.stack, deployment.region.as_deref()).await?;
    let Some(keys) = Keys::checked(args).await? else { return Ok(ExitCode::FAILURE) };
    keys.write(&secrets, &deployment.org).await?;
    let webhook = webhook_credential(&secrets, &deployment.org).await?;
    let token = api_token(&secrets, &deployment.org).await?;
    say(
        "The secrets are written; the functions read them within 15 minutes, or at once where the old ones are refused.",
    );
    let api = Api::with_token(&deployment.api, token.clone());
    govern(&api, &deployment.org).await?;
    tell(deployment, &webhook, &token);
    if args.no_wait { Ok(ExitCode::SUCCESS) } else { first_report(&api, &deployment.org).await }
}

/// The keys, as they were given and found in Atlassian's list.
struct Keys {
    read: (Secret, Credential),
    unscoped: Option<(Secret, Credential)>,
}

impl Keys {
    /// Asks for the keys and tries them. `None` if one cannot do what it is for; all of that was printed.
    async fn checked(args: &InitArgs) -> Result<Option<Self>> {
        let files = [&args.read_key_file, &args.unscoped_key_file];
        files.into_iter().flatten().try_for_each(|file| private(file))?;
        let read = given_key(READ_KEY, args.read_key_file.as_ref(), "the scoped key that only reads")?;
        let asked = Asked::by(&read, &args.deployment.atlassian_url, &args.deployment.org())?;
        let mut checks = Checks::default();
        super::doctor::reading_key(&mut checks, &asked).await;
        if !checks.pass() {
            complain(&format!(
                "Nothing was written. Make a key with the missing scopes: {WHERE}, Create API key, with scopes."
            ));
            return Ok(None);
        }
        let (listed, now) = (asked.listed().await?, SystemClock.now());
        let read = (read, ours(&listed, "--read-key-name", &args.read_key_name, now)?.clone());
        let unscoped = match &args.unscoped_key_name {
            Some(name) => Some(Self::unscoped(args, ours(&listed, "--unscoped-key-name", name, now)?).await?),
            None => None,
        };
        super::doctor::listed_key(&mut checks, "the reading key", &read.1, super::doctor::Scopes::Reading, now);
        if let Some((_, key)) = &unscoped {
            super::doctor::listed_key(&mut checks, "the key without scopes", key, super::doctor::Scopes::None, now);
        }
        Ok(checks.pass().then_some(Self { read, unscoped }))
    }

    async fn unscoped(args: &InitArgs, listed: &Credential) -> Result<(Secret, Credential)> {
        let key = given_key(UNSCOPED_KEY, args.unscoped_key_file.as_ref(), "the key without scopes, which revokes")?;
        Asked::by(&key, &args.deployment.atlassian_url, &args.deployment.org())?.listed().await?;
        Ok((key, listed.clone()))
    }

    /// Writes what the functions read. Both secrets name the ids of both keys, so that neither is ever revoked by us.
    async fn write(&self, secrets: &Secrets, org: &str) -> Result<()> {
        let both = [Some(&self.read), self.unscoped.as_ref()];
        let ids: Vec<&str> = both.iter().flatten().map(|(_, key)| key.reference.id.as_str()).collect();
        for (purpose, key) in [Purpose::AtlassianRead, Purpose::AtlassianUnscoped].into_iter().zip(both) {
            let Some((key, _)) = key else { continue };
            let mut secret = secrets.read(purpose).await?;
            secret.insert(org.to_owned(), json!({ "key": key.expose(), "own_key_ids": ids }));
            secrets.write(purpose, &secret).await?;
        }
        Ok(())
    }
}

/// What Atlassian's deliveries of the org must bear: the one that is there, or a new one.
async fn webhook_credential(secrets: &Secrets, org: &str) -> Result<Secret> {
    let mut secret = secrets.read(Purpose::Webhook).await?;
    if let Some(value) = secret.get(org).and_then(|entry| entry["accepted"][0]["value"].as_str()) {
        return Ok(Secret::new(value.to_owned()));
    }
    let value = drawn();
    secret.insert(org.to_owned(), json!({ "accepted": [{ "value": format!("Bearer {value}") }] }));
    secrets.write(Purpose::Webhook, &secret).await?;
    Ok(Secret::new(format!("Bearer {value}")))
}

/// A token of our API that may do everything in the org: the one that is there, or a new one.
async fn api_token(secrets: &Secrets, org: &str) -> Result<Secret> {
    let mut secret = secrets.read(Purpose::ApiTokens).await?;
    let tokens = secret.entry("tokens").or_insert_with(|| json!([]));
    let Value::Array(tokens) = tokens else { return Err(misshapen(Purpose::ApiTokens)) };
    if let Some(value) = tokens.iter().find(|token| may_do_all(token, org)).and_then(|token| token["value"].as_str()) {
        return Ok(Secret::new(value.to_owned()));
    }
    let value = drawn();
    tokens.push(json!({ "subject": "first admin", "value": value, "roles": ROLES, "orgs": [org] }));
    secrets.write(Purpose::ApiTokens, &secret).await?;
    Ok(Secret::new(value))
}

fn may_do_all(token: &Value, org: &str) -> bool {
    let holds = |field: &str, wanted: &str| {
        token[field].as_array().is_some_and(|items| items.iter().any(|item| item == wanted))
    };
    let lasting = token.get("not_after").is_none_or(Value::is_null);
    lasting && ROLES.iter().all(|role| holds("roles", role)) && (holds("orgs", org) || holds("orgs", "*"))
}

fn misshapen(purpose: Purpose) -> Failure {
    Failure::Aws {
        what: format!("the secret {}", purpose.as_str()),
        reason: "it has not the documented shape; see shared/src/secrets/shapes.rs".into(),
    }
}

/// A value of 256 bits that nobody can guess.
pub(crate) fn drawn() -> String {
    random::hex::<32>()
}

/// Registers the org where it is not yet; the parameter `Orgs` may have done it.
async fn govern(api: &Api, org: &str) -> Result<()> {
    let known: Vec<OrgRow> = api.all(&api.orgs_path()).await?;
    if known.iter().any(|row| row.id == org) {
        return Ok(());
    }
    api.post::<Map<String, Value>>(&api.orgs_path(), &json!({ "id": org, "name": null })).await.map(drop)
}

fn tell(deployment: &DeploymentArgs, webhook: &Secret, token: &Secret) {
    let DeploymentArgs { api, org, .. } = deployment;
    say(&format!(
        "\nPaste into Atlassian, where the organization's audit log webhooks are set up (unconfirmed: the wording of the menus):\n  \
         URL            {api}/webhooks/{org}/audit\n  Authorization  {}\n\
         For Guard Detect the URL is {api}/webhooks/{org}/guard-detect. Without a webhook the poll finds the same events\n\
         a minute later.\n\n\
         Your token of this deployment's API, also the password of its page {api}/ (any user name):\n  \
         export TOKENWARDEN_TOKEN={}\n\
         It is in the secret api-tokens as `first admin`: rename it, and give everybody else a token of his own there.\n",
        webhook.expose(),
        token.expose(),
    ));
}

#[derive(Deserialize)]
struct Latest {
    id: String,
    status: String,
    totals: Map<String, Value>,
}

/// Asks for a report and waits for it.
async fn first_report(api: &Api, org: &str) -> Result<ExitCode> {
    #[derive(Deserialize)]
    struct Asked {
        id: String,
    }
    let Asked { id } = api.post(&api.org_path(org, "reports"), &json!({})).await?;
    complain("waiting for the first report; report-tokens looks every five minutes …");
    let begun = std::time::Instant::now();
    while begun.elapsed() < REPORT_PATIENCE {
        if let Some(text) = api.text(&api.org_path(org, &format!("reports/{id}"))).await?
            && let Ok(Latest { id, status, totals }) = serde_json::from_str(&text)
        {
            let count = |name: &str| totals.get(name).and_then(Value::as_u64).unwrap_or(0);
            say(&format!(
                "Report {id} is {status}: {} credentials, {} findings.",
                count("credentials"),
                count("findings")
            ));
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    complain("no report came within 15 minutes; `tokenwarden doctor` says what is wrong");
    Ok(ExitCode::FAILURE)
}
