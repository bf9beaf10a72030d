//! Every request, with every id.

use super::*;

const BAD_IDS: [&str; 12] = ["", " ", ".", "..", "%2e%2E", "a/b", "/", "../api-tokens", "a%2Fb", "a\\b", "a\nb", "%2f"];

fn every(org: &OrgId, account: &AccountId, token: &CredentialId, visit: &mut dyn FnMut(Endpoint<'_>)) {
    let (directory, policy) = (DirectoryId::new(token.as_str()), AuthPolicyId::new(token.as_str()));
    let task = TaskId::new(token.as_str());
    [
        Endpoint::Org(org),
        Endpoint::Users(org),
        Endpoint::EventsStream(org),
        Endpoint::EventActions(org),
        Endpoint::ApiTokens(org),
        Endpoint::ApiKeys(org),
        Endpoint::ServiceAccounts(org),
        Endpoint::ServiceAccountTokens(org),
        Endpoint::OauthClients(org),
        Endpoint::FindUser(org, account),
        Endpoint::UserTokens(account),
        Endpoint::RevokeUserToken(account, token),
        Endpoint::RevokeOrgKey(org, token),
        Endpoint::Directories(org),
        Endpoint::FindMember(org, &directory, account),
        Endpoint::OneServiceAccountTokens(org, account),
        Endpoint::RevokeServiceTokens(org, account),
        Endpoint::Suspend(org, &directory, account),
        Endpoint::Restore(org, &directory, account),
        Endpoint::AddToPolicy(org, &policy, "a@example.com"),
        Endpoint::PolicyTask(org, &task),
        Endpoint::PoliciesOf(org, account),
    ]
    .into_iter()
    .for_each(visit);
}

fn built(org: &str, account: &str, token: &str) -> Vec<String> {
    let (mut urls, ids) = (vec![], (OrgId::new(org), AccountId::new(account), CredentialId::new(token)));
    every(&ids.0, &ids.1, &ids.2, &mut |endpoint| {
        if let Ok(path) = endpoint.path() {
            let url = reqwest::Url::parse(&format!("https://api.example{path}")).unwrap();
            urls.push(format!("{} {}", endpoint.method(), url.path()));
        }
    });
    urls
}

#[test]
fn these_are_all_requests_that_can_be_made() {
    assert_eq!(
        built("o", "557058:a", "t?#&"),
        [
            "GET /admin/v1/orgs/o",
            "GET /admin/v1/orgs/o/users",
            "GET /admin/v1/orgs/o/events-stream",
            "GET /admin/v1/orgs/o/event-actions",
            "GET /admin/api-access/v1/orgs/o/api-tokens",
            "GET /admin/api-access/v1/orgs/o/api-keys",
            "GET /admin/api-access/v1/orgs/o/service-accounts",
            "GET /admin/api-access/v1/orgs/o/service-accounts/api-tokens",
            "GET /admin/api-access/v1/orgs/o/oauth-clients",
            "POST /admin/v2/orgs/o/directories/-/users/search",
            "GET /users/557058%3Aa/manage/api-tokens",
            "DELETE /users/557058%3Aa/manage/api-tokens/t%3F%23%26",
            "PATCH /admin/api-access/v1/orgs/o/api-keys/revoke/t%3F%23%26",
            "GET /admin/v2/orgs/o/directories",
            "POST /admin/v2/orgs/o/directories/t%3F%23%26/users/search",
            "GET /admin/api-access/v1/orgs/o/service-accounts/557058%3Aa/api-tokens",
            "DELETE /admin/api-access/v1/orgs/o/service-accounts/557058%3Aa/api-tokens",
            "POST /admin/v2/orgs/o/directories/t%3F%23%26/users/557058%3Aa/suspend",
            "POST /admin/v2/orgs/o/directories/t%3F%23%26/users/557058%3Aa/restore",
            "POST /admin/control/v1/orgs/o/auth-policy/t%3F%23%26/add-users",
            "GET /admin/control/v1/orgs/o/auth-policy/task/t%3F%23%26",
            "POST /admin/control/v1/orgs/o/users/auth-policies/bulk-fetch",
        ]
    );
}

#[test]
fn no_id_changes_the_shape_of_a_path() {
    for bad in BAD_IDS {
        assert_eq!(built(bad, bad, bad), Vec::<String>::new(), "{bad:?}");
        for (account, token) in [("a", bad), (bad, "t"), (bad, bad)] {
            let urls = built("o", account, token);
            let one_token = |url: &String| url.starts_with("DELETE /users");
            assert!(!urls.iter().any(one_token), "{account:?} {token:?}: {urls:?}");
            let patched = |url: &String| url.starts_with("PATCH");
            assert!(token != bad || !urls.iter().any(patched), "{account:?} {token:?}: {urls:?}");
        }
    }
    for odd in ["a b", "ü", "a:b|c", "...", "a..b", "%", "%zz", "..;"] {
        let urls = built(odd, odd, odd);
        let shape = |url: &String| url.matches('/').count();
        assert_eq!(
            urls.iter().map(shape).collect::<Vec<_>>(),
            [4, 5, 5, 5, 6, 6, 6, 7, 6, 8, 4, 5, 8, 5, 8, 8, 8, 9, 9, 8, 8, 8],
            "{odd:?}"
        );
    }
}

#[test]
fn whatever_the_ids_a_delete_names_one_token_or_one_service_account() {
    let ids = BAD_IDS.into_iter().chain(["a", "api-tokens", "orgs", "manage"]);
    for (org, account, token) in ids.clone().flat_map(|a| ids.clone().map(move |b| (a, b, a))) {
        for url in built(org, account, token).iter().filter(|url| url.starts_with("DELETE")) {
            let parts: Vec<_> = url.trim_start_matches("DELETE /").split('/').collect();
            let one = match parts.as_slice() {
                ["users", _, "manage", "api-tokens", token] => !token.is_empty(),
                ["admin", "api-access", "v1", "orgs", _, "service-accounts", account, "api-tokens"] => {
                    !account.is_empty() && *account != "api-tokens"
                }
                _ => false,
            };
            assert!(one, "{url}");
        }
    }
}
