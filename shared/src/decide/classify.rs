//! What an event is about, and what it says of a token.
//!
//! Atlassian's action ids are an open list that only `event-actions` serves, so topics are told by fragments of the
//! action id and of the names that this list gives it, never by whole ids.

use crate::{
    model::{ActionCatalogue, CredentialDeed, EventTokenId, TokenMark, TokenRole, Topic},
    wire::event::WireAuth,
};

/// Fragments, in lower case, and the topic that they tell. The first that is found decides, so what matters more for
/// credentials stands first.
const TOPICS: &[(Topic, &[&str])] = &[
    (
        Topic::Credential,
        &[
            "api_token",
            "api token",
            "apitoken",
            "api-token",
            "api_key",
            "api key",
            "apikey",
            "api-key",
            "access_token",
            "access token",
            "oauth_client",
            "oauth client",
            "oauth 2.0 client",
            "oauth_credential",
            "oauth credential",
            "client_secret",
            "client secret",
            "service_account",
            "service account",
        ],
    ),
    (
        Topic::AdminRights,
        &[
            "org_admin",
            "org admin",
            "organization admin",
            "site_admin",
            "site admin",
            "product_admin",
            "product admin",
            "admin_role",
            "admin role",
            "admin_access",
            "admin access",
            "admin_right",
            "admin right",
            "granted_role",
            "granted role",
            "revoked_role",
            "revoked role",
            "role_granted",
            "role_revoked",
            "logged_in_as",
            "logged in as",
        ],
    ),
    (
        Topic::Owner,
        &[
            "user_deactiv",
            "user_reactiv",
            "user_remov",
            "user_suspend",
            "user_delet",
            "user_restor",
            "account_clos",
            "account_deactiv",
            "account_reactiv",
            "account_delet",
            "deactivated account",
            "reactivated account",
            "closed account",
            "deleted account",
            "deletion of account",
            "deactivated user",
            "reactivated user",
            "suspended user",
            "removed user",
            "suspended access",
            "restored access",
        ],
    ),
    (
        Topic::Policy,
        &[
            "policy",
            "policies",
            "org_settings_update",
            "org_setting",
            "organization setting",
            "allowlist",
            "allow_list",
            "saml",
            "identity_provider",
            "identity provider",
            "twosv",
            "two-step",
            "two_step",
            "external_user_",
            "external user ",
        ],
    ),
];

/// Fragments of actions that are known to concern none of the topics; used while the org's own list was never read.
const HARMLESS: &[&str] = &[
    "jira_",
    "jsm_",
    "jsw_",
    "confluence_",
    "bitbucket_",
    "loom_",
    "trello_",
    "opsgenie_",
    "statuspage_",
    "compass_",
    "rovo_",
    "user_login",
    "user_logged",
    "user_logout",
    "user_created",
    "user_invit",
    "viewed",
    "group_",
    "marketplace_app",
];

/// What an event is about, and its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// What it is about.
    pub topic: Topic,
    /// The token that it bears, used or concerned.
    pub token: Option<TokenMark>,
}

/// Classes an event by its action, the org's list of actions, and its `auth`.
pub fn classify(action: &str, catalogue: &ActionCatalogue, auth: Option<&WireAuth>) -> Class {
    let told = told_topic(action, catalogue);
    let token = auth.and_then(|auth| token_of(told, auth));
    let used = token.as_ref().is_some_and(|token| token.role == TokenRole::Used);
    let topic = match told {
        Some(topic) => topic,
        None if used => Topic::TokenUse,
        None => untold_topic(action, catalogue),
    };
    Class { topic, token }
}

/// How many actions of the org's list concern tokens or keys.
pub fn credential_actions(catalogue: &ActionCatalogue) -> usize {
    catalogue.0.keys().filter(|action| told_topic(action, catalogue) == Some(Topic::Credential)).count()
}

/// Fragments that tell that something was made.
const MADE: &[&str] = &["creat", "generat", "added", "issued"];
/// Fragments that tell that it was an org admin's API key.
const KEY: &[&str] = &["api_key", "api key", "apikey", "api-key"];

/// What an action about credentials says was done, by its id and the names that the org's list gives it.
pub fn deed(action: &str, catalogue: &ActionCatalogue) -> CredentialDeed {
    let names = names(action, catalogue);
    let has = |fragments: &[&str]| fragments.iter().any(|fragment| names.contains(fragment));
    match (has(MADE), has(KEY)) {
        (false, _) => CredentialDeed::Other,
        (true, true) => CredentialDeed::KeyMade,
        (true, false) => CredentialDeed::TokenMade,
    }
}

fn told_topic(action: &str, catalogue: &ActionCatalogue) -> Option<Topic> {
    let names = names(action, catalogue);
    let has = |fragment: &&str| names.contains(fragment);
    TOPICS.iter().find(|(_, fragments)| fragments.iter().any(has)).map(|(topic, _)| *topic)
}

/// All that names an action, in lower case.
fn names(action: &str, catalogue: &ActionCatalogue) -> String {
    let id = action.to_lowercase();
    match catalogue.0.get(action) {
        Some(known) => format!("{id}\n{}\n{}", known.display.to_lowercase(), known.group.to_lowercase()),
        None => id,
    }
}

/// Unknown is not harmless, but only as long as there was no list to know it from.
fn untold_topic(action: &str, catalogue: &ActionCatalogue) -> Topic {
    let action = action.to_lowercase();
    let harmless = HARMLESS.iter().any(|fragment| action.contains(fragment));
    if harmless || !catalogue.0.is_empty() { Topic::Other } else { Topic::Unknown }
}

/// An event about credentials bears the token that it is about (`api_token_created` with authType `session`); any other
/// bears the token with which the actor acted.
fn token_of(told: Option<Topic>, auth: &WireAuth) -> Option<TokenMark> {
    let label = auth.token_label.clone().or_else(|| auth.token_name.clone());
    let named = auth.token_id.is_some() || label.is_some();
    let role = match auth_kind(auth) {
        _ if named && told == Some(Topic::Credential) => TokenRole::Subject,
        AuthKind::Session => return None,
        AuthKind::Token => TokenRole::Used,
        AuthKind::Unsaid if named => TokenRole::Used,
        AuthKind::Unsaid => return None,
    };
    Some(TokenMark { auth_type: auth.auth_type.clone(), id: auth.token_id.clone().map(EventTokenId::new), label, role })
}

enum AuthKind {
    Session,
    Token,
    Unsaid,
}

/// The specification names `container-token`, `api-token`, `connect-token`, `auth-token-for-2LO` and `-3LO`; `session`
/// was seen beside them, so the list is open.
fn auth_kind(auth: &WireAuth) -> AuthKind {
    let kind = auth.auth_type.as_deref().unwrap_or_default().to_lowercase();
    if kind.contains("session") {
        AuthKind::Session
    } else if kind.contains("token") || kind.contains("key") {
        AuthKind::Token
    } else {
        AuthKind::Unsaid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ActionName;

    fn auth(kind: Option<&str>, id: Option<&str>, label: Option<&str>) -> WireAuth {
        let text = |text: Option<&str>| text.map(str::to_owned);
        WireAuth { auth_type: text(kind), token_id: text(id), token_label: text(label), token_name: None }
    }

    fn catalogue(entries: &[(&str, &str, &str)]) -> ActionCatalogue {
        let name = |display: &str, group: &str| ActionName { display: display.into(), group: group.into() };
        ActionCatalogue(entries.iter().map(|(id, display, group)| ((*id).to_owned(), name(display, group))).collect())
    }

    fn topic(action: &str) -> Topic {
        classify(action, &ActionCatalogue::default(), None).topic
    }

    fn role(action: &str, auth: &WireAuth) -> Option<TokenRole> {
        classify(action, &ActionCatalogue::default(), Some(auth)).token.map(|token| token.role)
    }

    #[test]
    fn the_actions_that_were_seen_have_their_topics() {
        for (action, expected) in [
            ("api_token_created", Topic::Credential),
            ("API_TOKEN_REVOKED", Topic::Credential),
            ("org_settings_update", Topic::Policy),
            ("data_classification_policy_update", Topic::Policy),
            ("twosv_disabled_for_user", Topic::Policy),
            ("user_deactivated", Topic::Owner),
            ("user_removed_from_org", Topic::Owner),
            ("added_org_admin", Topic::AdminRights),
            ("group_granted_admin_access", Topic::AdminRights),
            ("user_granted_role", Topic::AdminRights),
            ("user_logged_in_as_user", Topic::AdminRights),
            ("user_login", Topic::Other),
            ("jira_issue_viewed", Topic::Other),
            ("organization_users_viewed", Topic::Other),
            ("jira_sprint_closed", Topic::Other),
            ("something_new", Topic::Unknown),
        ] {
            assert_eq!(topic(action), expected, "{action}");
        }
    }

    #[test]
    fn the_list_of_the_org_tells_the_topic_of_an_opaque_action() {
        let list = catalogue(&[("act_17", "Created API token", "API tokens"), ("act_18", "Moved a page", "Pages")]);
        assert_eq!(classify("act_17", &list, None).topic, Topic::Credential);
        assert_eq!(classify("act_18", &list, None).topic, Topic::Other);
    }

    #[test]
    fn what_a_list_that_was_read_does_not_name_is_other() {
        let list = catalogue(&[("act_18", "Moved a page", "Pages")]);
        assert_eq!(classify("something_new", &list, None).topic, Topic::Other);
    }

    #[test]
    fn the_token_of_an_event_about_credentials_is_its_subject() {
        let session = auth(Some("session"), Some("t1"), Some("new"));
        assert_eq!(role("api_token_created", &session), Some(TokenRole::Subject));
        assert_eq!(role("api_token_created", &auth(Some("session"), None, None)), None);
        assert_eq!(role("api_token_created", &auth(Some("api-token"), None, None)), Some(TokenRole::Used));
    }

    #[test]
    fn the_token_of_any_other_event_was_used_unless_it_is_a_session() {
        assert_eq!(role("jira_issue_viewed", &auth(Some("api-token"), Some("t1"), None)), Some(TokenRole::Used));
        assert_eq!(role("org_settings_update", &auth(None, None, Some("zapier"))), Some(TokenRole::Used));
        assert_eq!(role("jira_issue_viewed", &auth(Some("auth-token-for-2LO"), None, None)), Some(TokenRole::Used));
        assert_eq!(role("jira_issue_viewed", &auth(Some("session"), Some("t1"), None)), None);
        assert_eq!(role("jira_issue_viewed", &auth(Some("password"), None, None)), None);
        assert_eq!(role("jira_issue_viewed", &auth(None, None, None)), None);
    }

    #[test]
    fn a_use_of_a_token_is_a_topic_of_its_own_unless_the_action_matters_more() {
        let token = auth(Some("api-token"), Some("t1"), None);
        let of = |action| classify(action, &ActionCatalogue::default(), Some(&token)).topic;
        assert_eq!(of("jira_issue_viewed"), Topic::TokenUse);
        assert_eq!(of("org_settings_update"), Topic::Policy);
    }

    #[test]
    fn a_second_name_of_the_label_is_accepted() {
        let named = WireAuth { token_name: Some("zapier".into()), ..auth(Some("api-token"), None, None) };
        let class = classify("jira_issue_viewed", &ActionCatalogue::default(), Some(&named));
        assert_eq!(class.token.unwrap().label.as_deref(), Some("zapier"));
    }
}
