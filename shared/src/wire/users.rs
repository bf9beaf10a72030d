//! Lists of accounts: `users` of the Organizations API v1 (snake_case) and `users/search` of v2 (camelCase).

use super::{
    row::{Listing, clean, require, status_word},
    time::parse_optional,
};
use crate::{
    error::{Error, Result},
    model::{Access, AccountId, DirectoryId, Owner, OwnerStatus, Relation},
};
use serde::Deserialize;
use serde_json::Value;

/// A page of managed accounts (Organizations API spec: `GET /v1/orgs/{orgId}/users`; `links.next` is a URL).
pub type UserPage = Listing<ListedUser>;

/// A managed account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListedUser {
    account_id: Option<Value>,
    account_type: Option<Value>,
    account_status: Option<Value>,
    name: Option<String>,
    email: Option<String>,
    last_active: Option<Value>,
    product_access: Option<Vec<Product>>,
}

/// `account_status`: the same words in both versions of the API (Organizations API spec).
fn account_status(word: Option<&Value>) -> OwnerStatus {
    match status_word(word).as_deref() {
        Some("active") => OwnerStatus::Active,
        Some("inactive") => OwnerStatus::Inactive,
        Some("closed") => OwnerStatus::Closed,
        Some(_) | None => OwnerStatus::Unknown,
    }
}

/// A product that an account may use (`product_access`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Product {
    key: Option<String>,
    name: Option<String>,
    url: Option<String>,
}

impl Product {
    /// `Jira at https://example.atlassian.net`.
    fn place(&self) -> Option<String> {
        let name = self.name.as_ref().or(self.key.as_ref())?;
        Some(self.url.as_ref().map_or_else(|| name.clone(), |url| format!("{name} at {url}")))
    }
}

impl ListedUser {
    /// The account in our words.
    ///
    /// # Errors
    /// [`Error::Upstream`] if the row has no account id.
    pub fn into_owner(self) -> Result<Owner> {
        let relation = self.relation();
        let id = AccountId::new(require(self.account_id.as_ref(), "the list of users", "account_id")?);
        Ok(Owner {
            status: account_status(self.account_status.as_ref()),
            last_active_at: parse_optional(self.last_active.as_ref()),
            access: self.product_access.map(|products| products.iter().filter_map(Product::place).collect()),
            name: self.name,
            email: self.email,
            ..Owner::new(id, relation)
        })
    }

    /// The list holds managed accounts only; `app` among them is no person (Organizations API spec).
    fn relation(&self) -> Relation {
        match status_word(self.account_type.as_ref()).as_deref() {
            Some("app") => Relation::System,
            Some(_) | None => Relation::Managed,
        }
    }
}

/// A page of the directories' users (Organizations API spec, v2: `MultiDirectoryUserPage`; `links.next` is a cursor).
pub type DirectoryPage = Listing<DirectoryUser>;

/// A user of a directory (`MultiDirectoryUser`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DirectoryUser {
    account_id: Option<Value>,
    account_status: Option<Value>,
    name: Option<String>,
    email: Option<String>,
    platform_roles: Option<Vec<Value>>,
    groups: Option<Vec<Group>>,
    product_access: Option<Vec<DirectoryProduct>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DirectoryProduct {
    id: Option<String>,
    key: Option<String>,
    last_active_timestamp: Option<Value>,
}

impl DirectoryUser {
    /// The account's id.
    ///
    /// # Errors
    /// [`Error::Upstream`] if the row has none.
    pub fn into_account(self) -> Result<AccountId> {
        require(self.account_id.as_ref(), "the directories' list of users", "accountId").map(AccountId::new)
    }

    /// An account that the org does not manage. Groups, roles and products are there only where the answer expands them.
    ///
    /// # Errors
    /// [`Error::Upstream`] if the row has no account id.
    pub fn into_external(self) -> Result<Owner> {
        let id = require(self.account_id.as_ref(), "the directories' list of users", "accountId")?;
        let products = self.product_access.as_deref();
        let active =
            products.unwrap_or_default().iter().filter_map(|one| parse_optional(one.last_active_timestamp.as_ref()));
        Ok(Owner {
            status: account_status(self.account_status.as_ref()),
            last_active_at: active.max(),
            org_admin: self.platform_roles.map(|roles| roles.iter().any(is_org_admin_role)),
            groups: self.groups.map(|groups| groups.into_iter().filter_map(|group| group.name).collect()),
            access: products.map(|all| all.iter().filter_map(|one| one.key.clone().or(one.id.clone())).collect()),
            name: self.name,
            email: self.email,
            ..Owner::new(AccountId::new(id), Relation::External)
        })
    }
}

/// The directories of an org (Organizations API spec, v2).
pub type DirectoryListing = Listing<ListedDirectory>;

/// A directory.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListedDirectory {
    directory_id: Option<Value>,
}

impl ListedDirectory {
    /// Its id.
    ///
    /// # Errors
    /// [`Error::Upstream`] if the row has none.
    pub fn into_id(self) -> Result<DirectoryId> {
        require(self.directory_id.as_ref(), "the list of directories", "directoryId").map(DirectoryId::new)
    }
}

/// A page of `users/search` in one directory (Organizations API spec, v2).
#[derive(Debug, Deserialize)]
pub struct MemberPage {
    data: Vec<FoundUser>,
}

impl MemberPage {
    /// Whether an account can use the directory (`membershipStatus`); `None` if it is no member of it.
    pub fn access(&self, account: &AccountId) -> Option<Access> {
        let is = |user: &&FoundUser| clean(user.account_id.as_ref()).as_deref() == Some(account.as_str());
        let status = status_word(self.data.iter().find(is)?.membership_status.as_ref());
        Some(if status.as_deref() == Some("suspended") { Access::Suspended } else { Access::Open })
    }
}

/// A page of `users/search` (Organizations API spec, v2).
#[derive(Debug, Deserialize)]
pub struct UserSearchPage {
    data: Vec<FoundUser>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct FoundUser {
    account_id: Option<Value>,
    membership_status: Option<Value>,
    platform_roles: Option<Vec<Value>>,
}

impl UserSearchPage {
    /// Whether the account holds the org admin's role: `atlassian/org-admin` in the spec; other spellings are read too.
    ///
    /// # Errors
    /// [`Error::Upstream`] if the answer does not speak of the account or not of its roles: then nothing is known.
    pub fn is_org_admin(&self, account: &AccountId) -> Result<bool> {
        let unknown = |reason: &str| Error::Upstream { what: "the search for users".into(), reason: reason.into() };
        let rows: Vec<_> = self
            .data
            .iter()
            .filter(|user| clean(user.account_id.as_ref()).as_deref() == Some(account.as_str()))
            .collect();
        if rows.iter().any(|user| user.platform_roles.iter().flatten().any(is_org_admin_role)) {
            return Ok(true);
        }
        match rows.as_slice() {
            [] => Err(unknown("the answer does not hold the account")),
            rows if rows.iter().any(|user| user.platform_roles.is_none()) => {
                Err(unknown("the answer does not say the account's platformRoles"))
            }
            _all_say_their_roles => Ok(false),
        }
    }
}

/// A role is an id as text; should it be an object, any of its texts may be the id (unconfirmed).
fn is_org_admin_role(role: &Value) -> bool {
    match role {
        Value::String(text) => {
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase().contains("orgadmin")
        }
        Value::Object(fields) => fields.values().any(is_org_admin_role),
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(row: &str) -> Result<Owner> {
        serde_json::from_str::<ListedUser>(row).unwrap().into_owner()
    }

    #[test]
    fn a_managed_account() {
        let owner = owner(
            r#"{"account_id":"557058:a","account_type":"atlassian","account_status":"inactive","name":"Ann",
                "email":"ann@example.com","picture":null,"access_billable":true,"product_access":[]}"#,
        )
        .unwrap();
        assert_eq!((owner.status, owner.relation), (OwnerStatus::Inactive, Relation::Managed));
        assert_eq!((owner.name.as_deref(), owner.email.as_deref()), (Some("Ann"), Some("ann@example.com")));
    }

    #[test]
    fn what_is_not_said_is_unknown_and_an_app_is_no_person() {
        assert_eq!(owner(r#"{"account_id":"a","account_status":"dormant"}"#).unwrap().status, OwnerStatus::Unknown);
        assert_eq!(owner(r#"{"account_id":"a","account_type":"app"}"#).unwrap().relation, Relation::System);
    }

    #[test]
    fn a_row_without_an_account_id_is_an_error_that_names_it() {
        let error = owner(r#"{"name":"Ann"}"#).unwrap_err();
        assert_eq!(error.to_string(), "Atlassian: the list of users: a row has no account_id");
    }

    #[test]
    fn the_org_admin_role_is_known_in_any_spelling_and_only_where_it_is_said() {
        let asked = |data: &str| {
            serde_json::from_str::<UserSearchPage>(&format!(r#"{{"data":{data}}}"#)).unwrap().is_org_admin(&"a".into())
        };
        for role in [r#""atlassian/org-admin""#, r#""ORG_ADMIN""#, r#"{"key":"orgAdmin"}"#] {
            assert_eq!(asked(&format!(r#"[{{"accountId":"a","platformRoles":[{role}]}}]"#)), Ok(true), "{role}");
        }
        assert_eq!(asked(r#"[{"accountId":"a","platformRoles":["atlassian/site-admin"]}]"#), Ok(false));
        assert_eq!(asked(r#"[{"accountId":"a","platformRoles":[]}]"#), Ok(false));
        assert!(asked("[]").is_err());
        assert!(asked(r#"[{"accountId":"a"}]"#).is_err());
        assert!(asked(r#"[{"accountId":"b","platformRoles":["atlassian/org-admin"]}]"#).is_err());
    }
}
