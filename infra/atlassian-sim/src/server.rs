//! A running simulator.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::dialect::Dialects;
use crate::error::SimError;
use crate::http::guard::Hosts;
use crate::http::line::{Line, Lines};
use crate::http::{App, router};
use crate::keys::FixedKey;
use crate::options::SimOptions;
use crate::world::World;

/// How long open requests may take to end once a shutdown is asked for.
const GRACE: Duration = Duration::from_secs(2);

/// A simulator that listens; it ends when it is shut down or dropped.
#[derive(Debug)]
pub struct Sim {
    app: App,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<std::io::Result<()>>,
}

/// What must be known of an org to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgInfo {
    /// The org's id, the same for every seed.
    pub id: String,
    /// The org's name.
    pub name: String,
    /// The key without scopes.
    pub admin_key: String,
    /// The scoped key that reads.
    pub read_key: String,
    /// A scoped key made before the scopes of keys and tokens were split.
    pub tokens_key: String,
    /// A scoped key that reads events alone.
    pub events_key: String,
}

impl Sim {
    /// Makes the population, or takes up the one in the data directory, and answers on a listener.
    pub async fn start(listener: TcpListener, options: SimOptions) -> Result<Self, SimError> {
        let address = listener.local_addr()?;
        let hosts = Hosts::of(address, &options.allowed_hosts);
        let app = App::new(World::open(options)?, hosts);
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router(app.clone()).into_make_service_with_connect_info::<Line>();
        let serving = axum::serve(Lines(listener), service).with_graceful_shutdown(async move {
            let _ = stopped.await;
        });
        let server = tokio::spawn(serving.into_future());
        Ok(Self { app, address, stop: Some(stop), server })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The orgs that it simulates, with their keys.
    #[must_use]
    pub fn orgs(&self) -> Vec<OrgInfo> {
        let world = self.app.world();
        let info = |org: &crate::world::org::Org| {
            let key = |key: FixedKey| key.value(org.people.org);
            OrgInfo {
                id: org.id.clone(),
                name: org.name.clone(),
                admin_key: key(FixedKey::Admin),
                read_key: key(FixedKey::Read),
                tokens_key: key(FixedKey::Tokens),
                events_key: key(FixedKey::Events),
            }
        };
        world.orgs.iter().map(info).collect()
    }

    /// The dialects that it speaks.
    #[must_use]
    pub fn dialects(&self) -> Dialects {
        self.app.world().options.dialects.clone()
    }

    /// The routes without the listener; the `Host` header must still name the address. Here no fault can drop a connection.
    pub fn router(&self) -> Router {
        router(self.app.clone())
    }

    /// Takes no more requests and waits a little for those that are open.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = tokio::time::timeout(GRACE, &mut self.server).await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.server.abort();
    }
}
