//! Service accounts, their tokens and OAuth clients (API access reference: experimental).

use super::{
    row::{Link, Listing, require, status_word},
    time::parse_optional,
};
use crate::{
    error::Result,
    model::{
        AccountId, Credential, CredentialId, CredentialKind, CredentialRef, CredentialStatus, Owner, OwnerStatus,
        Relation,
    },
};
use serde::Deserialize;
use serde_json::Value;

/// A page of service accounts: the rows are under `items` (API access reference).
#[derive(Debug, Deserialize)]
pub struct ServiceAccountPage {
    /// The rows.
    #[serde(alias = "data")]
    pub items: Vec<ListedServiceAccount>,
    /// Where the list goes on.
    #[serde(default)]
    pub links: Option<Link>,
}

/// A service account.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListedServiceAccount {
    atlassian_id: Option<Value>,
    id: Option<Value>,
    display_name: Option<String>,
    email: Option<String>,
    status: Option<Value>,
}

impl ListedServiceAccount {
    /// The account in our words. Its Atlassian id is the one that events and tokens name (unconfirmed); where a row has
    /// none, its id in this list stands in.
    ///
    /// # Errors
    /// [`crate::error::Error::Upstream`] if the row has neither.
    pub fn into_owner(self) -> Result<Owner> {
        let id = self.atlassian_id.as_ref().or(self.id.as_ref());
        let id = AccountId::new(require(id, "the list of service accounts", "id")?);
        let status = self.status();
        Ok(Owner { status, name: self.display_name, email: self.email, ..Owner::new(id, Relation::Service) })
    }

    /// `ACTIVE` and its opposites, an open list (their spelling is unconfirmed).
    fn status(&self) -> OwnerStatus {
        match status_word(self.status.as_ref()).as_deref() {
            Some("active") => OwnerStatus::Active,
            Some("inactive" | "deactivated" | "disabled") => OwnerStatus::Inactive,
            Some("deleted" | "closed") => OwnerStatus::Closed,
            Some(_) | None => OwnerStatus::Unknown,
        }
    }
}

/// A page of OAuth clients (API access reference; `links.next` is a cursor).
pub type OauthClientPage = Listing<ListedOauthClient>;

/// An OAuth client of a service account. No list is documented to name the account, so its owner stays unknown.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListedOauthClient {
    client_id: Option<Value>,
    name: Option<String>,
    status: Option<Value>,
    created_at: Option<Value>,
}

impl ListedOauthClient {
    /// The client in our words.
    ///
    /// # Errors
    /// [`crate::error::Error::Upstream`] if the row has no client id.
    pub fn into_credential(self) -> Result<Credential> {
        let id = require(self.client_id.as_ref(), "the list of OAuth clients", "clientId")?;
        Ok(Credential {
            reference: CredentialRef { kind: CredentialKind::OauthClient, id: CredentialId::new(id) },
            status: self.status(),
            label: self.name.unwrap_or_default(),
            owner: None,
            owner_name: None,
            owner_email: None,
            scopes: None,
            created_at: parse_optional(self.created_at.as_ref()),
            expires_at: None,
            never_expires: false,
            last_used_at: None,
        })
    }

    /// `ACTIVE` is the only word that is documented.
    fn status(&self) -> CredentialStatus {
        match status_word(self.status.as_ref()).as_deref() {
            Some("active") => CredentialStatus::Allowed,
            Some(_) | None => CredentialStatus::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::time::parse_time;

    #[test]
    fn a_service_account_is_an_owner_by_its_atlassian_id() {
        let page: ServiceAccountPage = serde_json::from_str(
            r#"{"items":[{"atlassianId":"712020:s","id":"i","displayName":"ci bot","email":"ci@example.com",
                "status":"ACTIVE","updatedAt":1790000000000}],"total":1,"links":{"next":"c"}}"#,
        )
        .unwrap();
        assert_eq!(page.links.unwrap().next.as_deref(), Some("c"));
        let owner = page.items.into_iter().next().unwrap().into_owner().unwrap();
        assert_eq!((owner.account_id.as_str(), owner.name.as_deref()), ("712020:s", Some("ci bot")));
        assert_eq!((owner.relation, owner.status), (Relation::Service, OwnerStatus::Active));
    }

    #[test]
    fn without_an_atlassian_id_the_list_s_own_id_stands_in_and_without_any_it_is_an_error() {
        let account = |row: &str| serde_json::from_str::<ListedServiceAccount>(row).unwrap().into_owner();
        let owner = account(r#"{"id":"i","status":"PAUSED"}"#).unwrap();
        assert_eq!((owner.account_id.as_str(), owner.status), ("i", OwnerStatus::Unknown));
        assert_eq!(account("{}").unwrap_err().to_string(), "Atlassian: the list of service accounts: a row has no id");
    }

    #[test]
    fn an_oauth_client_says_little_and_the_rest_is_unknown() {
        let client = |row: &str| serde_json::from_str::<ListedOauthClient>(row).unwrap().into_credential();
        let known = client(r#"{"clientId":"c","name":"sync","createdAt":1767225600000,"status":"ACTIVE"}"#).unwrap();
        assert_eq!((known.reference.to_string().as_str(), known.label.as_str()), ("oauth_client/c", "sync"));
        assert_eq!((known.status, known.created_at), (CredentialStatus::Allowed, parse_time("2026-01-01")));
        assert_eq!((known.owner, known.expires_at, known.last_used_at, known.scopes), (None, None, None, None));
        assert_eq!(client(r#"{"clientId":"c","status":"X"}"#).unwrap().status, CredentialStatus::Unknown);
        assert!(client(r#"{"name":"sync"}"#).is_err());
    }
}
