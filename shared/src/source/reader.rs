//! What only reads: the audit log and the lists that a report needs. Uses the scoped key.

use super::{
    client::{AtlassianClient, Reply, upstream},
    endpoint::Endpoint,
};
use crate::{
    clock::SystemClock,
    config::AtlassianSettings,
    error::{Error, Result},
    model::{ActionCatalogue, CredentialId, OrgId, SectionName},
    ports::{Clock, EventPage, EventQuery, EventSource, SecretSource, SectionPage, Staged, TokenReader},
    secrets::{KeyScope, SecretCache},
    wire::{
        org::{EventActions, EventStreamPage, org_name},
        row::Listing,
        services::{OauthClientPage, ServiceAccountPage},
        tokens::{CredentialPage, ListedCredential},
        users::{DirectoryPage, DirectoryUser, UserPage},
    },
};
use serde::de::DeserializeOwned;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Events a page: the most that the stream allows (Organizations API spec).
const EVENTS_PER_PAGE: &str = "500";
/// Rows a page of API access: public scripts use it, its bounds are published nowhere (unconfirmed).
const ROWS_PER_PAGE: &str = "1000";

/// Reads an org. Nothing here can change anything, and its key must be a scoped one that only reads.
pub struct AtlassianReader<S, C = SystemClock> {
    client: AtlassianClient<S, C>,
    page_size_refused: AtomicBool,
}

impl<S: SecretSource, C: Clock> AtlassianReader<S, C> {
    /// A reader with the keys of the purpose `atlassian-read`.
    ///
    /// # Errors
    /// [`Error::Setting`] if the base URL is none.
    pub fn new(http: reqwest::Client, settings: &AtlassianSettings, secrets: Arc<SecretCache<S, C>>) -> Result<Self> {
        let client = AtlassianClient::new(http, settings, secrets, KeyScope::Read)?;
        Ok(Self { client, page_size_refused: AtomicBool::new(false) })
    }

    async fn users(&self, org: &OrgId, cursor: Option<String>) -> Result<SectionPage> {
        let endpoint = Endpoint::Users(org);
        let page: UserPage = self.client.read(org, endpoint, &with_cursor([], cursor.as_deref())).await?;
        self.page(endpoint, page, cursor.as_deref(), |row| row.into_owner().map(Staged::Owner))
    }

    /// Users in every directory that fit one filter (Organizations API spec, v2: at most 100 a page).
    async fn directory(
        &self,
        org: &OrgId,
        filter: (&'static str, &str),
        cursor: Option<String>,
        understand: impl Fn(DirectoryUser) -> Result<Staged>,
    ) -> Result<SectionPage> {
        let endpoint = Endpoint::DirectoryUsers(org);
        let query = [(filter.0, filter.1.to_owned()), ("limit", "100".to_owned())];
        let page: DirectoryPage = self.client.read(org, endpoint, &with_cursor(query, cursor.as_deref())).await?;
        self.page(endpoint, page, cursor.as_deref(), understand)
    }

    async fn service_accounts(&self, org: &OrgId, cursor: Option<String>) -> Result<SectionPage> {
        let endpoint = Endpoint::ServiceAccounts(org);
        let page: ServiceAccountPage = self.client.read(org, endpoint, &with_cursor([], cursor.as_deref())).await?;
        let page = Listing { data: page.items, links: page.links };
        self.page(endpoint, page, cursor.as_deref(), |row| row.into_owner().map(Staged::Owner))
    }

    async fn oauth_clients(&self, org: &OrgId, cursor: Option<String>) -> Result<SectionPage> {
        let endpoint = Endpoint::OauthClients(org);
        let page: OauthClientPage = self.large_page(org, endpoint, cursor.as_deref()).await?;
        self.page(endpoint, page, cursor.as_deref(), |row| row.into_credential().map(Staged::Credential))
    }

    async fn credentials(
        &self,
        org: &OrgId,
        endpoint: Endpoint<'_>,
        cursor: Option<String>,
        understand: impl Fn(ListedCredential) -> Result<crate::model::Credential>,
    ) -> Result<SectionPage> {
        let page: CredentialPage = self.large_page(org, endpoint, cursor.as_deref()).await?;
        self.page(endpoint, page, cursor.as_deref(), |row| understand(row).map(Staged::Credential))
    }

    /// Asks for large pages, and without a size where Atlassian does not take that one.
    async fn large_page<T: DeserializeOwned>(
        &self,
        org: &OrgId,
        endpoint: Endpoint<'_>,
        cursor: Option<&str>,
    ) -> Result<T> {
        let unsized_query = with_cursor([], cursor);
        if self.page_size_refused.load(Ordering::Relaxed) {
            return self.client.read(org, endpoint, &unsized_query).await;
        }
        let query = with_cursor([("pageSize", ROWS_PER_PAGE.to_owned())], cursor);
        let reply = self.client.call(org, endpoint, &query).await?;
        let Reply::BadRequest(_) = reply else {
            return reply.json(endpoint);
        };
        let page = self.client.read(org, endpoint, &unsized_query).await?;
        self.page_size_refused.store(true, Ordering::Relaxed);
        Ok(page)
    }

    /// A page in our words. A list that leads back to the same page would never end.
    fn page<T>(
        &self,
        endpoint: Endpoint<'_>,
        page: Listing<T>,
        cursor: Option<&str>,
        understand: impl Fn(T) -> Result<Staged>,
    ) -> Result<SectionPage> {
        let rows = page.data.into_iter().map(understand).collect::<Result<_>>()?;
        let next = self.client.next(page.links.unwrap_or_default().next.as_deref(), endpoint)?;
        if next.is_some() && next.as_deref() == cursor {
            return Err(upstream(endpoint, "its next page is the same page again"));
        }
        Ok(SectionPage { rows, next })
    }
}

impl<S: SecretSource, C: Clock> TokenReader for AtlassianReader<S, C> {
    async fn section(&self, org: &OrgId, section: SectionName, cursor: Option<String>) -> Result<SectionPage> {
        match section {
            SectionName::Users => self.users(org, cursor).await,
            SectionName::UserApiTokens => {
                self.credentials(org, Endpoint::ApiTokens(org), cursor, ListedCredential::into_user_token).await
            }
            SectionName::OrgApiKeys => {
                self.credentials(org, Endpoint::ApiKeys(org), cursor, ListedCredential::into_org_key).await
            }
            SectionName::ServiceAccounts => self.service_accounts(org, cursor).await,
            SectionName::ServiceAccountTokens => {
                let endpoint = Endpoint::ServiceAccountTokens(org);
                self.credentials(org, endpoint, cursor, ListedCredential::into_service_token).await
            }
            SectionName::OauthClients => self.oauth_clients(org, cursor).await,
            SectionName::ExternalUsers => {
                let external = |row: DirectoryUser| row.into_external().map(Staged::Owner);
                self.directory(org, ("claimStatus", "unmanaged"), cursor, external).await
            }
            SectionName::OrgAdmins => {
                let admin = |row: DirectoryUser| row.into_account().map(Staged::OrgAdmin);
                self.directory(org, ("roleIds", "atlassian/org-admin"), cursor, admin).await
            }
            SectionName::Registered => Ok(SectionPage { rows: Vec::new(), next: None }),
        }
    }

    async fn org_name(&self, org: &OrgId) -> Result<Option<String>> {
        match self.client.read(org, Endpoint::Org(org), &[]).await {
            Ok(body) => Ok(org_name(&body)),
            Err(Error::NotPermitted { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn own_key_ids(&self, org: &OrgId) -> Result<Option<Vec<CredentialId>>> {
        self.client.secrets().own_key_ids(org).await
    }
}

impl<S: SecretSource, C: Clock> EventSource for AtlassianReader<S, C> {
    async fn events(&self, org: &OrgId, query: &EventQuery) -> Result<EventPage> {
        let query = event_query(query);
        let page: EventStreamPage = self.client.read(org, Endpoint::EventsStream(org), &query).await?;
        let next = page.next();
        Ok(EventPage { events: page.data.into_iter().map(|event| Box::<str>::from(event).into()).collect(), next })
    }

    async fn actions(&self, org: &OrgId) -> Result<ActionCatalogue> {
        let actions: EventActions = self.client.read(org, Endpoint::EventActions(org), &[]).await?;
        actions.into_catalogue()
    }
}

/// `from` and `to` are epoch milliseconds as text (Organizations API spec); a cursor holds them and the order itself.
fn event_query(query: &EventQuery) -> Vec<(&'static str, String)> {
    let mut parameters = vec![("limit", EVENTS_PER_PAGE.to_owned()), ("sortOrder", "asc".to_owned())];
    match query {
        EventQuery::Cursor(cursor) => parameters.push(("cursor", cursor.clone())),
        EventQuery::Range { from, to } => {
            parameters.push(("from", from.timestamp_millis().to_string()));
            parameters.extend(to.map(|to| ("to", to.timestamp_millis().to_string())));
        }
    }
    parameters
}

fn with_cursor<const N: usize>(
    parameters: [(&'static str, String); N],
    cursor: Option<&str>,
) -> Vec<(&'static str, String)> {
    parameters.into_iter().chain(cursor.map(|cursor| ("cursor", cursor.to_owned()))).collect()
}
