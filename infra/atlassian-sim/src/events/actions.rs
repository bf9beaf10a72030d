//! The catalogue of audit actions.
//! Ids stand in public detection rules and parsers; those marked unconfirmed are one plausible reading,
//! and the `drawn-actions` dialect shows what happens where the reading is wrong.

use crate::draw::{Domain, hash};

/// An action that can occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Action {
    ApiTokenCreated,
    ApiTokenRevoked,
    AdminApiKeyCreated,
    AdminApiKeyRevoked,
    OauthClientDeleted,
    UserLogin,
    UserLoginFailed,
    UserLogout,
    UserCreated,
    UserDeactivated,
    UserReactivated,
    UserSuspended,
    UserRestored,
    UserInvitationSent,
    UserProfileViewed,
    OrganizationUsersViewed,
    UserGrantedRole,
    UserRevokedRole,
    AddedOrgAdmin,
    OrgSettingsUpdate,
    MarketplaceAppInstalled,
    JiraIssueViewed,
    JiraIssueCreated,
    JiraIssueUpdated,
    ConfluencePageViewed,
    ConfluencePageCreated,
    ConfluencePageUpdated,
    ConfluenceRestrictionRemoved,
}

/// An action's id, display name and group, in the order of the enum.
const CATALOGUE: [(Action, &str, &str, &str); 28] = [
    (Action::ApiTokenCreated, "api_token_created", "Created API token", "API tokens"),
    // Only the prefix `api_token_revok` is seen in a public parser.
    (Action::ApiTokenRevoked, "api_token_revoked", "Revoked API token", "API tokens"),
    // Unconfirmed ids; the display names are Atlassian's, and the entries do not say which key.
    (Action::AdminApiKeyCreated, "admin_api_key_created", "Created admin API key", "Admin API keys"),
    (Action::AdminApiKeyRevoked, "admin_api_key_revoked", "Revoked admin API key", "Admin API keys"),
    (Action::OauthClientDeleted, "oauth_client_deleted", "Deleted OAuth 2.0 credential", "Service accounts"),
    (Action::UserLogin, "user_login", "Logged in to account", "Atlassian accounts"),
    (Action::UserLoginFailed, "user_login_failed", "Failed to log in to account", "Atlassian accounts"),
    (Action::UserLogout, "user_logout", "Logged out of account", "Atlassian accounts"),
    (Action::UserCreated, "user_created", "Created user", "User management"),
    // Only the prefixes `user_deactiv` and `user_reactiv` are seen in a public parser.
    (Action::UserDeactivated, "user_deactivated", "Deactivated account", "Atlassian accounts"),
    (Action::UserReactivated, "user_reactivated", "Reactivated account", "Atlassian accounts"),
    // Unconfirmed ids.
    (Action::UserSuspended, "user_suspended", "Suspended user access", "User management"),
    (Action::UserRestored, "user_restored", "Restored user access", "User management"),
    (Action::UserInvitationSent, "user_invitation_sent", "Sent invitation to user", "User management"),
    (Action::UserProfileViewed, "user_profile_viewed", "Viewed user profile", "User management"),
    (Action::OrganizationUsersViewed, "organization_users_viewed", "Viewed organization users", "User management"),
    (Action::UserGrantedRole, "user_granted_role", "Granted role to user", "User management"),
    (Action::UserRevokedRole, "user_revoked_role", "Revoked role from user", "User management"),
    (Action::AddedOrgAdmin, "added_org_admin", "Added organization admin", "User management"),
    (Action::OrgSettingsUpdate, "org_settings_update", "Updated organization settings", "Organization settings"),
    (Action::MarketplaceAppInstalled, "marketplace_app_installed", "Installed app", "Apps"),
    (Action::JiraIssueViewed, "jira_issue_viewed", "Viewed issue", "Jira issues"),
    (Action::JiraIssueCreated, "jira_issue_created", "Created issue", "Jira issues"),
    (Action::JiraIssueUpdated, "jira_issue_updated", "Updated issue", "Jira issues"),
    (Action::ConfluencePageViewed, "confluence_page_viewed", "Viewed page", "Confluence pages"),
    (Action::ConfluencePageCreated, "confluence_page_created", "Created page", "Confluence pages"),
    (Action::ConfluencePageUpdated, "confluence_page_updated", "Updated page", "Confluence pages"),
    (
        Action::ConfluenceRestrictionRemoved,
        "confluence_audit_record_removed_content_restriction",
        "Removed content restriction",
        "Confluence pages",
    ),
];

/// What a token is used for.
pub(crate) const USES: [Action; 8] = [
    Action::JiraIssueViewed,
    Action::JiraIssueUpdated,
    Action::JiraIssueViewed,
    Action::JiraIssueCreated,
    Action::ConfluencePageViewed,
    Action::ConfluencePageUpdated,
    Action::ConfluencePageViewed,
    Action::ConfluencePageCreated,
];

/// What a token that only ever views is used for.
pub(crate) const VIEWS: [Action; 2] = [Action::JiraIssueViewed, Action::ConfluencePageViewed];

/// The products whose events the search can ask for and the simulator knows, with their display names.
const PRODUCTS: [(&str, &str); 2] = [("jira", "Jira"), ("confluence", "Confluence")];

/// The product that an action id belongs to, and its display name.
pub(crate) fn product_of(id: &str) -> Option<(&'static str, &'static str)> {
    PRODUCTS.into_iter().find(|product| id.starts_with(product.0))
}

impl Action {
    /// Every action.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(|line| line.0)
    }

    /// The action of a plain id.
    pub(crate) fn of(id: &str) -> Option<Self> {
        CATALOGUE.iter().find(|line| line.1 == id).map(|line| line.0)
    }

    pub(crate) const fn id(self) -> &'static str {
        CATALOGUE[self as usize].1
    }

    pub(crate) const fn display_name(self) -> &'static str {
        CATALOGUE[self as usize].2
    }

    pub(crate) const fn group(self) -> &'static str {
        CATALOGUE[self as usize].3
    }

    /// The product whose events these are, where it is one of those that the search can ask for.
    pub(crate) fn product(self) -> Option<&'static str> {
        product_of(self.id()).map(|product| product.0)
    }
}

/// The id that the `drawn-actions` dialect gives an action.
pub(crate) fn drawn_id(seed: u64, id: &str) -> String {
    format!("a{:012x}", hash(&[seed, Domain::Action as u64, crate::draw::hash_text(id)]) >> 16)
}

#[cfg(test)]
mod tests {
    use super::{Action, CATALOGUE};

    #[test]
    fn the_catalogue_is_in_the_order_of_the_enum() {
        for (at, line) in CATALOGUE.iter().enumerate() {
            assert_eq!(line.0 as usize, at);
            assert_eq!(Action::of(line.1), Some(line.0));
        }
    }
}
