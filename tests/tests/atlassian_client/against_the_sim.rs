//! The clients against the simulated org, which was written from Atlassian's documents and not from ours.

use crate::{Reader, Revoker, Secrets, clients, target_of, token_of};
use atlassian_sim::{Dialect, Dialects, OrgInfo, Sim, SimOptions};
use serde_json::{Value, json};
use shared::{
    error::Error,
    model::{Credential, CredentialId, OrgId, OwnerStatus, Relation, SectionName, Timestamp},
    ports::{EventQuery, EventSource, Reread, Revoked, Staged, TokenReader, TokenRevoker},
};
use std::{collections::BTreeSet, time::Duration};
use tokio::net::TcpListener;

struct Bench {
    sim: Sim,
    org: OrgId,
    reader: Reader,
    revoker: Revoker,
    http: reqwest::Client,
}

impl Bench {
    async fn start() -> Self {
        Self::speaking(Dialects::default(), |org| (org.read_key.clone(), org.admin_key.clone())).await
    }

    async fn speaking(dialects: Dialects, keys: impl Fn(&OrgInfo) -> (String, String)) -> Self {
        let options = SimOptions { users: 150, tokens: 60, max_events: 1_200, dialects, ..SimOptions::default() };
        let sim = Sim::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), options).await.unwrap();
        let org = sim.orgs().remove(0);
        let (read, unscoped) = keys(&org);
        let (reader, revoker) = clients(&sim.url(), Secrets::keys(&org.id, &read, &unscoped));
        let http = shared::http::atlassian_http_client(Duration::from_secs(5));
        Self { sim, org: OrgId::new(org.id), reader, revoker, http }
    }

    async fn control(&self, path: &str, body: Value) {
        let answer = self.http.post(format!("{}/_sim/{path}", self.sim.url())).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        let answer = self.http.get(format!("{}/_sim/{path}", self.sim.url())).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["items"].as_array().unwrap().clone()
    }

    async fn calls(&self, method: &str) -> usize {
        self.items("calls").await.iter().filter(|call| call["method"] == method).count()
    }

    async fn section(&self, section: SectionName) -> Vec<Staged> {
        let (mut rows, mut cursor) = (vec![], None);
        loop {
            let page = self.reader.section(&self.org, section, cursor).await.unwrap();
            rows.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                return rows;
            }
        }
    }

    async fn credentials(&self, section: SectionName) -> Vec<Credential> {
        let credential = |row| match row {
            Staged::Credential(credential) => credential,
            Staged::Owner(_) | Staged::OrgAdmin(_) => panic!("an account among credentials"),
        };
        self.section(section).await.into_iter().map(credential).collect()
    }

    /// The ids of what is listed, as the simulator knows it.
    async fn truth(&self, kind: &str) -> BTreeSet<String> {
        let listed = self.items(&format!("tokens?kind={kind}")).await.into_iter().filter(|row| row["listed"] == true);
        listed.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn some_token(&self) -> Credential {
        self.credentials(SectionName::UserApiTokens).await.into_iter().find(|token| token.owner.is_some()).unwrap()
    }
}

#[tokio::test]
async fn every_section_is_read_to_its_end() {
    let bench = Bench::start().await;
    let clients = bench.credentials(SectionName::OauthClients).await;
    let ids: BTreeSet<_> = clients.iter().map(|row| row.reference.id.to_string()).collect();
    assert_eq!(ids, bench.truth("oauth_client").await);
    let lists = [
        (SectionName::UserApiTokens, "user_api_token"),
        (SectionName::OrgApiKeys, "org_api_key"),
        (SectionName::ServiceAccountTokens, "service_account_token"),
    ];
    for (section, kind) in lists {
        let credentials = bench.credentials(section).await;
        let ids: BTreeSet<_> = credentials.iter().map(|row| row.reference.id.to_string()).collect();
        assert_eq!(ids, bench.truth(kind).await, "{kind}");
        assert!(credentials.iter().all(|row| row.created_at.is_some()), "{kind}");
        assert!(credentials.iter().any(|row| row.owner.is_some() && row.owner_name.is_some()), "{kind}");
        assert!(credentials.iter().any(|row| row.expires_at.is_some()), "{kind}");
    }
    let users = bench.section(SectionName::Users).await;
    let active = |row: &&Staged| matches!(row, Staged::Owner(owner) if owner.status == OwnerStatus::Active);
    assert!(users.len() > 50 && users.iter().filter(active).count() > 25, "{}", users.len());
    let services = bench.section(SectionName::ServiceAccounts).await;
    let service = |row: &Staged| matches!(row, Staged::Owner(owner) if owner.relation == Relation::Service);
    assert!(!services.is_empty() && services.iter().all(service), "{services:?}");
    assert!(bench.reader.org_name(&bench.org).await.is_ok());
    assert_eq!(bench.reader.own_key_ids(&bench.org).await, Ok(Some(vec![CredentialId::new("mine")])));
}

#[tokio::test]
async fn times_are_read_in_the_other_dialect_too() {
    let keys = |org: &OrgInfo| (org.read_key.clone(), org.admin_key.clone());
    let bench = Bench::speaking(Dialects::of([Dialect::OffsetTimes, Dialect::ListsExpired]), keys).await;
    let tokens = bench.credentials(SectionName::UserApiTokens).await;
    assert!(!tokens.is_empty() && tokens.iter().all(|token| token.created_at.is_some()));
}

#[tokio::test]
async fn the_stream_is_read_to_its_end_and_its_actions_have_names() {
    for dialect in [Dialect::Default, Dialect::CursorEnd] {
        let keys = |org: &OrgInfo| (org.read_key.clone(), org.admin_key.clone());
        let bench = Bench::speaking(Dialects::of([dialect]), keys).await;
        let mut query = EventQuery::Range { from: Timestamp::UNIX_EPOCH, to: None };
        let mut ids = BTreeSet::new();
        loop {
            let page = bench.reader.events(&bench.org, &query).await.unwrap();
            let id = |event: &String| serde_json::from_str::<Value>(event).unwrap()["id"].as_str().unwrap().to_owned();
            ids.extend(page.events.iter().map(id));
            match page.next {
                Some(next) if !page.events.is_empty() => query = EventQuery::Cursor(next),
                Some(_) | None => break,
            }
        }
        assert!(ids.len() > 500, "more than one page: {}", ids.len());
        assert!(!bench.reader.actions(&bench.org).await.unwrap().0.is_empty());
    }
}

#[tokio::test]
async fn a_token_is_read_again_revoked_and_gone() {
    let bench = Bench::start().await;
    let token = bench.some_token().await;
    let (target, id) = (target_of(&token), token.reference.id.clone());
    let Reread::Present(snapshot) = bench.revoker.reread(&bench.org, &target).await.unwrap() else { panic!() };
    assert_eq!((&snapshot.label, snapshot.created_at), (&token.label, token.created_at));

    assert_eq!(bench.revoker.revoke(&bench.org, &target).await, Ok(Revoked::Now));
    assert_eq!(bench.revoker.reread(&bench.org, &target).await, Ok(Reread::Gone));
    assert_eq!(bench.revoker.revoke(&bench.org, &target).await, Ok(Revoked::Already));
    assert!(!bench.truth("user_api_token").await.contains(id.as_str()));

    let stranger = token_of("557058:nobody", id.as_str());
    assert_eq!(bench.revoker.revoke(&bench.org, &stranger).await, Ok(Revoked::AccountUnknown));
    assert_eq!(bench.revoker.reread(&bench.org, &stranger).await, Ok(Reread::AccountUnknown));
}

#[tokio::test]
async fn a_key_of_the_org_is_read_again_from_its_list_revoked_and_gone() {
    let bench = Bench::start().await;
    let keys = bench.credentials(SectionName::OrgApiKeys).await;
    let key = keys.into_iter().find(|key| !key.reference.id.as_str().starts_with("sim-")).unwrap();
    let target = target_of(&key);
    let Reread::Present(snapshot) = bench.revoker.reread(&bench.org, &target).await.unwrap() else { panic!() };
    assert_eq!((&snapshot.label, snapshot.created_at), (&key.label, key.created_at));
    assert_eq!(bench.revoker.revoke(&bench.org, &target).await, Ok(Revoked::Now));
    assert_eq!(bench.revoker.reread(&bench.org, &target).await, Ok(Reread::Gone));
    assert_eq!(bench.revoker.revoke(&bench.org, &target).await, Ok(Revoked::Already));
    assert!(!bench.truth("org_api_key").await.contains(key.reference.id.as_str()));
    assert_eq!(bench.calls("DELETE").await, 0);
}

#[tokio::test]
async fn an_org_admin_is_known_and_an_unknown_account_is_an_error() {
    let bench = Bench::start().await;
    let owner = bench.some_token().await.owner.unwrap();
    for admin in [true, false] {
        bench.control(&format!("users/{owner}"), json!({"admin": admin})).await;
        assert_eq!(bench.revoker.is_org_admin(&bench.org, &owner).await, Ok(admin));
    }
    assert!(bench.revoker.is_org_admin(&bench.org, &"557058:nobody".into()).await.is_err());
}

#[tokio::test]
async fn a_scoped_key_reads_and_cannot_revoke() {
    let bench = Bench::speaking(Dialects::default(), |org| (org.read_key.clone(), org.read_key.clone())).await;
    let token = bench.some_token().await;
    let refused = bench.revoker.revoke(&bench.org, &target_of(&token)).await;
    assert!(matches!(refused, Err(Error::NotPermitted { .. })), "{refused:?}");
    assert!(bench.truth("user_api_token").await.contains(token.reference.id.as_str()));
}

#[tokio::test]
async fn a_section_that_the_key_may_not_read_says_so() {
    let bench = Bench::speaking(Dialects::default(), |org| (org.events_key.clone(), org.admin_key.clone())).await;
    // What people register is in no list of Atlassian's.
    for section in SectionName::ALL.into_iter().filter(|section| *section != SectionName::Registered) {
        let refused = bench.reader.section(&bench.org, section, None).await;
        assert!(matches!(refused, Err(Error::NotPermitted { .. })), "{section}: {refused:?}");
    }
    assert_eq!(bench.reader.org_name(&bench.org).await, Ok(None));
}

#[tokio::test]
async fn a_revocation_that_fails_on_the_way_is_sent_once() {
    let bench = Bench::start().await;
    let token = bench.some_token().await;
    for fault in [json!({"status": 503}), json!({"drop": true}), json!({"delay_ms": 1_500})] {
        let mut fault = fault;
        fault["method"] = "DELETE".into();
        fault["path_prefix"] = "/users/".into();
        fault["times"] = 1.into();
        let before = bench.calls("DELETE").await;
        bench.control("faults", fault.clone()).await;
        let failed = bench.revoker.revoke(&bench.org, &target_of(&token)).await;
        assert!(matches!(failed, Err(Error::Upstream { .. })), "{fault}: {failed:?}");
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(bench.calls("DELETE").await, before + 1, "{fault}");
    }
}

#[tokio::test]
async fn two_failures_of_a_list_are_sat_out() {
    let bench = Bench::start().await;
    for fault in [json!({"status": 500}), json!({"drop": true})] {
        let mut fault = fault;
        fault["path_prefix"] = "/admin/v1/".into();
        fault["times"] = 2.into();
        bench.control("faults", fault.clone()).await;
        assert!(bench.reader.section(&bench.org, SectionName::Users, None).await.is_ok(), "{fault}");
    }
}
