//! Lists of tokens and keys: `api-tokens` and `api-keys` of API access, and a user's tokens of user management.

use super::row::{Listing, clean, require, status_word};
use crate::{
    error::Result,
    model::{AccountId, Credential, CredentialId, CredentialKind, CredentialRef, CredentialStatus, Timestamp},
    wire::time::parse_optional,
};
use serde::Deserialize;
use serde_json::Value;

/// A page of `api-tokens` or `api-keys` (API access reference; `links.next` is a cursor, in a third party's reading).
pub type CredentialPage = Listing<ListedCredential>;

/// A token or a key as API access lists it. Token values are never listed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListedCredential {
    id: Option<Value>,
    label: Option<String>,
    status: Option<Value>,
    created_at: Option<Value>,
    expires_at: Option<Value>,
    last_active_at: Option<Value>,
    scopes: Option<Value>,
    user: Option<ListedPerson>,
    created_by: Option<ListedPerson>,
    service_account: Option<ListedPerson>,
    revocation_date: Option<Value>,
}

/// The person beside a token or a key.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListedPerson {
    id: Option<Value>,
    name: Option<String>,
    email: Option<String>,
}

impl ListedCredential {
    /// A managed user's API token: its user answers for it.
    ///
    /// # Errors
    /// [`crate::error::Error::Upstream`] if the row has no id.
    pub fn into_user_token(mut self) -> Result<Credential> {
        let owner = self.user.take();
        self.into_credential(CredentialKind::UserApiToken, "the list of user API tokens", owner)
    }

    /// An admin API key: its creator answers for it.
    ///
    /// # Errors
    /// [`crate::error::Error::Upstream`] if the row has no id.
    pub fn into_org_key(mut self) -> Result<Credential> {
        let owner = self.created_by.take();
        self.into_credential(CredentialKind::OrgApiKey, "the list of org API keys", owner)
    }

    /// A service account's token. Which field names the account is unconfirmed: `user` as for a user's token, or
    /// `serviceAccount`.
    ///
    /// # Errors
    /// [`crate::error::Error::Upstream`] if the row has no id.
    pub fn into_service_token(mut self) -> Result<Credential> {
        let owner = self.user.take().or(self.service_account.take());
        self.into_credential(CredentialKind::ServiceAccountToken, "the list of service accounts' tokens", owner)
    }

    fn into_credential(self, kind: CredentialKind, what: &str, owner: Option<ListedPerson>) -> Result<Credential> {
        let owner = owner.unwrap_or_default();
        Ok(Credential {
            reference: CredentialRef { kind, id: CredentialId::new(require(self.id.as_ref(), what, "id")?) },
            status: self.status(),
            label: self.label.unwrap_or_default(),
            owner: clean(owner.id.as_ref()).map(AccountId::new),
            owner_name: owner.name,
            owner_email: owner.email,
            scopes: self.scopes.as_ref().and_then(scopes),
            created_at: parse_optional(self.created_at.as_ref()),
            expires_at: parse_optional(self.expires_at.as_ref()),
            never_expires: false,
            last_used_at: parse_optional(self.last_active_at.as_ref()),
        })
    }

    /// `ALLOWED` (API access reference), `BLOCKED` (a third party's reading), an open list. A date of revocation
    /// (a third party's reading) counts as blocked.
    fn status(&self) -> CredentialStatus {
        let revoked = clean(self.revocation_date.as_ref()).is_some();
        match status_word(self.status.as_ref()).as_deref() {
            _any if revoked => CredentialStatus::Blocked,
            Some("allowed") => CredentialStatus::Allowed,
            Some("blocked") => CredentialStatus::Blocked,
            Some(_) | None => CredentialStatus::Unknown,
        }
    }
}

/// Scopes as words; `None` where they are no list, which is not "no scopes".
fn scopes(value: &Value) -> Option<Vec<String>> {
    let scope = |scope: &Value| clean(Some(scope)).unwrap_or_else(|| scope.to_string());
    Some(value.as_array()?.iter().map(scope).collect())
}

/// A user's token as user management lists it: a bare array (user management API spec).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ManagedToken {
    id: Option<Value>,
    label: Option<String>,
    created_at: Option<Value>,
    last_access: Option<Value>,
}

impl ManagedToken {
    /// Its id.
    ///
    /// # Errors
    /// [`crate::error::Error::Upstream`] if the row has none.
    pub fn id(&self) -> Result<CredentialId> {
        require(self.id.as_ref(), "the list of one user's API tokens", "id").map(CredentialId::new)
    }

    /// Its label; empty where the list does not say.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or_default()
    }

    /// When it was made.
    pub fn created_at(&self) -> Option<Timestamp> {
        parse_optional(self.created_at.as_ref())
    }

    /// Its last access.
    pub fn last_access_at(&self) -> Option<Timestamp> {
        parse_optional(self.last_access.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::time::parse_time;

    #[test]
    fn a_user_token_with_everything() {
        let page: CredentialPage = serde_json::from_str(
            r#"{"data":[{"id":"t1","label":"ci","status":"ALLOWED","createdAt":"2026-01-01T00:00:00Z",
                "expiresAt":"2026-06-01T00:00:00.000Z","lastActiveAt":"2026-02-01","scopes":["read:jira-work"],
                "user":{"id":"557058:a","orgId":"o","name":"Ann","email":"ann@example.com"},"more":{"a":1}}],
                "links":{"self":"s","next":"c2","prev":null}}"#,
        )
        .unwrap();
        assert_eq!(page.links.unwrap().next.as_deref(), Some("c2"));
        let token = page.data.into_iter().next().unwrap().into_user_token().unwrap();
        assert_eq!(token.reference.to_string(), "user_api_token/t1");
        assert_eq!(token.owner, Some("557058:a".into()));
        assert_eq!(token.scopes, Some(vec!["read:jira-work".to_owned()]));
        assert_eq!((token.status, token.last_used_at), (CredentialStatus::Allowed, parse_time("2026-02-01")));
    }

    #[test]
    fn what_the_list_leaves_out_is_unknown_and_never_a_default() {
        let row: ListedCredential =
            serde_json::from_str(r#"{"id":7,"label":null,"status":"PAUSED","expiresAt":"never","token":null}"#)
                .unwrap();
        let token = row.into_user_token().unwrap();
        assert_eq!((token.reference.id.as_str(), token.label.as_str()), ("7", ""));
        assert_eq!((token.owner, token.scopes, token.expires_at), (None, None, None));
        assert_eq!(token.status, CredentialStatus::Unknown);
    }

    #[test]
    fn a_key_is_answered_for_by_its_creator() {
        let row: ListedCredential =
            serde_json::from_str(r#"{"id":"k","createdBy":{"id":"a"},"revocationDate":"2026-01-01","scopes":[]}"#)
                .unwrap();
        let key = row.into_org_key().unwrap();
        assert_eq!((key.owner, key.scopes, key.status), (Some("a".into()), Some(vec![]), CredentialStatus::Blocked));
    }

    #[test]
    fn a_service_account_s_token_is_answered_for_by_the_account_whichever_field_names_it() {
        for field in ["user", "serviceAccount"] {
            let row = format!(r#"{{"id":"t","label":"ci","{field}":{{"id":"s","name":"bot"}}}}"#);
            let token = serde_json::from_str::<ListedCredential>(&row).unwrap().into_service_token().unwrap();
            assert_eq!(
                (token.reference.to_string().as_str(), token.owner),
                ("service_account_token/t", Some("s".into()))
            );
        }
    }

    #[test]
    fn a_row_without_an_id_is_an_error_that_names_it() {
        for row in [r#"{"label":"x"}"#, r#"{"id":null}"#, r#"{"id":" "}"#] {
            let error = serde_json::from_str::<ListedCredential>(row).unwrap().into_user_token().unwrap_err();
            assert_eq!(error.to_string(), "Atlassian: the list of user API tokens: a row has no id");
        }
    }

    #[test]
    fn user_management_names_the_same_facts_differently() {
        let rows: Vec<ManagedToken> = serde_json::from_str(
            r#"[{"id":"t","label":"l","createdAt":"2026-01-01T00:00:00Z","lastAccess":"2026-01-02T00:00:00Z","expiry":"x"},{"id":"u"}]"#,
        )
        .unwrap();
        assert_eq!(rows[0].last_access_at(), parse_time("2026-01-02"));
        assert_eq!((rows[1].id().unwrap().as_str(), rows[1].label(), rows[1].created_at()), ("u", "", None));
        assert!(ManagedToken::default().id().is_err());
    }
}
