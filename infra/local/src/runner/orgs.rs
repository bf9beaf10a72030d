//! Which Atlassian the runner speaks to, and which orgs it governs there.

use crate::{
    api::because,
    failure::{Failure, Result},
};
use atlassian_sim::{Sim, SimOptions};
use chrono::TimeDelta;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::json;
use shared::model::{CredentialId, OrgId, Secret, Timestamp};
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

/// Where Atlassian's own API is.
pub const ATLASSIAN: &str = "https://api.atlassian.com";

/// The most orgs that are looked for in a simulator.
const MOST_ORGS: usize = 1_000;
const TIMEOUT: Duration = Duration::from_secs(20);

/// Which Atlassian.
#[derive(Debug, Clone)]
pub enum Atlassian {
    /// A simulated org inside this process.
    Simulated {
        /// Where it listens.
        listen: SocketAddr,
        /// What it is like; its data directory is chosen by the runner if it keeps data at all.
        options: Box<SimOptions>,
    },
    /// A simulated org that runs elsewhere.
    Elsewhere {
        /// Its base URL.
        url: String,
    },
    /// A real org.
    Real {
        /// The base URL of Atlassian's API.
        url: String,
        /// Which.
        org: OrgId,
        /// The key.
        key: Secret,
    },
}

/// An org with what is needed to call Atlassian about it.
#[derive(Debug, Clone)]
pub struct GovernedOrg {
    /// Its id.
    pub id: OrgId,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// The key that reads.
    pub read_key: Secret,
    /// The key that revokes.
    pub unscoped_key: Secret,
    /// The ids of these keys; `None` where nobody said them.
    pub own_key_ids: Option<Vec<CredentialId>>,
}

/// Atlassian as the runner reaches it.
pub struct Reached {
    /// Its base URL.
    pub url: String,
    /// The orgs there.
    pub orgs: Vec<GovernedOrg>,
    /// The simulator inside this process.
    pub sim: Option<Sim>,
    /// The simulator's clock, where there is one.
    pub clock: Option<SimClock>,
}

impl Atlassian {
    /// Starts the simulator if it is ours, and asks which orgs there are.
    ///
    /// # Errors
    /// [`Failure::Simulator`], or [`Failure::Listen`] if its address is taken.
    pub async fn reach(self, client: &Client) -> Result<Reached> {
        match self {
            Self::Simulated { listen, options } => {
                let sim = start(listen, *options).await?;
                simulated(client, sim.url(), Some(sim)).await
            }
            Self::Elsewhere { url } => simulated(client, url.trim_end_matches('/').to_owned(), None).await,
            Self::Real { url, org, key } => Ok(real(&url, org, key)),
        }
    }
}

async fn start(listen: SocketAddr, options: SimOptions) -> Result<Sim> {
    let refused = |source| Failure::Listen { address: listen, option: "--sim-listen", source };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    Sim::start(listener, options).await.map_err(|error| Failure::Simulator(error.to_string()))
}

fn real(url: &str, org: OrgId, key: Secret) -> Reached {
    let org = GovernedOrg { id: org, name: None, read_key: key.clone(), unscoped_key: key, own_key_ids: None };
    Reached { url: url.trim_end_matches('/').to_owned(), orgs: vec![org], sim: None, clock: None }
}

async fn simulated(client: &Client, url: String, sim: Option<Sim>) -> Result<Reached> {
    let mut orgs = Vec::new();
    while orgs.len() < MOST_ORGS {
        let Some(org) = simulated_org(client, &url, orgs.len() + 1).await? else { break };
        orgs.push(org);
    }
    if orgs.is_empty() {
        let reason = format!("{url} does not know the key sim-admin-key; is it a simulated org?");
        return Err(Failure::Simulator(reason));
    }
    let clock = Some(SimClock { client: client.clone(), url: format!("{url}/_sim/clock") });
    Ok(Reached { url, orgs, sim, clock })
}

#[derive(Deserialize)]
struct Orgs {
    data: Vec<OrgEntry>,
}

#[derive(Deserialize)]
struct OrgEntry {
    id: String,
    attributes: Option<OrgAttributes>,
}

#[derive(Deserialize)]
struct OrgAttributes {
    name: Option<String>,
}

/// The simulator's org with this number, counted from 1; `None` if it has fewer.
async fn simulated_org(client: &Client, url: &str, number: usize) -> Result<Option<GovernedOrg>> {
    let suffix = if number == 1 { String::new() } else { format!("-{number}") };
    let key = format!("sim-admin-key{suffix}");
    let failed = |error: reqwest::Error| Failure::Simulator(format!("{url} was not reached: {}", because(&error)));
    let answer = client.get(format!("{url}/admin/v1/orgs")).bearer_auth(&key).send().await.map_err(failed)?;
    if answer.status() == StatusCode::UNAUTHORIZED {
        return Ok(None);
    }
    let orgs: Orgs = answer.error_for_status().map_err(failed)?.json().await.map_err(failed)?;
    let Some(org) = orgs.data.into_iter().next() else { return Ok(None) };
    Ok(Some(GovernedOrg {
        id: OrgId::new(org.id),
        name: org.attributes.and_then(|attributes| attributes.name),
        read_key: Secret::new(format!("sim-read-key{suffix}")),
        unscoped_key: Secret::new(key),
        own_key_ids: Some(["admin", "read"].map(|key| CredentialId::new(format!("sim-{key}-key-id{suffix}"))).into()),
    }))
}

/// The clock of a simulated org.
#[derive(Debug, Clone)]
pub struct SimClock {
    client: Client,
    url: String,
}

#[derive(Deserialize)]
struct Now {
    now: Timestamp,
}

impl SimClock {
    /// What it shows.
    ///
    /// # Errors
    /// [`Failure::Simulator`] if it was not reached.
    pub async fn now(&self) -> Result<Timestamp> {
        let answer = self.client.get(&self.url).send().await.map_err(|error| self.failed(&error))?;
        Ok(answer.json::<Now>().await.map_err(|error| self.failed(&error))?.now)
    }

    /// Moves it forward until it shows at least this time, in whole seconds; it never moves back.
    ///
    /// # Errors
    /// [`Failure::Simulator`] if it was not reached or refused.
    pub async fn follow(&self, time: Timestamp) -> Result<()> {
        let behind = time - self.now().await?;
        if behind < TimeDelta::seconds(1) {
            return Ok(());
        }
        let body = json!({ "advance_seconds": behind.num_seconds() });
        let answer = self.client.post(&self.url).json(&body).send().await;
        answer.and_then(reqwest::Response::error_for_status).map(drop).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &reqwest::Error) -> Failure {
        Failure::Simulator(format!("{} was not reached: {}", self.url, because(error)))
    }
}

/// The client for simulators, their clocks and Atlassian.
pub fn client() -> Client {
    shared::http::atlassian_http_client(TIMEOUT)
}
