//! The credentials that are set by hand: each case is in every population of the default size.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::client::{NOW_MS, ORG, World, options, own_path, text};
use atlassian_sim::SimOptions;

const HOUR_SECS: u64 = 3600;

/// The default company of three seeds, with fewer events than the program begins with.
async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for seed in [1, 2, 77] {
        worlds.push(World::start(SimOptions { seed, ..options() }).await);
    }
    worlds
}

fn of_kind<'a>(truth: &'a [Value], kind: &str) -> Vec<&'a Value> {
    truth.iter().filter(|token| token["kind"] == kind).collect()
}

/// The rows of the list of user API tokens.
async fn rows(world: &World) -> Vec<Value> {
    world.org("api-access/v1", "api-tokens?pageSize=1000").await.rows("data").clone()
}

fn millis(token: &Value, name: &str) -> Option<i64> {
    token[name].as_str().map(|at| chrono::DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis())
}

/// The uses in the log, by the id of their token.
async fn uses(world: &World) -> HashMap<String, Vec<Value>> {
    world.post("/_sim/rate", r#"{"stream_per_path":1000,"stream_per_user":1000}"#).await;
    let mut uses: HashMap<String, Vec<Value>> = HashMap::new();
    for event in world.events_since(0).await {
        if let Some(id) = event["attributes"]["actor"]["auth"]["tokenId"].as_str() {
            uses.entry(id.to_owned()).or_default().push(event["attributes"].clone());
        }
    }
    uses
}

#[tokio::test]
async fn some_tokens_are_blocked_and_not_used_since() {
    for world in worlds().await {
        let listed = world.org("api-access/v1", "api-tokens?status=BLOCKED").await.rows("data").clone();
        assert!((1..=3).contains(&listed.len()), "{}", listed.len());
        let fetch = format!(r#"{{"accountIds":["{}"]}}"#, text(&listed[0]["user"], "id"));
        let policies =
            world.post(&format!("/admin/control/v1/orgs/{ORG}/users/auth-policies/bulk-fetch"), &fetch).await;
        assert_eq!(policies.body["data"][0]["policies"][0]["id"], "sim-policy-no-tokens");
        for row in &listed {
            let token = world.token(|token| token["id"] == row["id"]).await;
            assert_eq!(token["state"], "blocked");
            assert!(millis(&token, "last_used_at").unwrap() < NOW_MS - 12 * 86_400_000, "{token}");
            let used = world.post("/_sim/use", &format!(r#"{{"token_id":"{}"}}"#, text(row, "id"))).await;
            assert_eq!(used.status, 409);
        }
        assert!(world.events_since(NOW_MS + 1).await.is_empty(), "a refused use leaves no event");
    }
}

#[tokio::test]
async fn one_token_that_expired_today_is_still_listed_and_vanishes_after_all() {
    for world in worlds().await {
        let expired: Vec<Value> = rows(&world)
            .await
            .into_iter()
            .filter(|row| millis(row, "expiresAt").is_some_and(|at| at < NOW_MS))
            .collect();
        assert_eq!(expired.len(), 1, "{expired:?}");
        assert!(millis(&expired[0], "expiresAt").unwrap() > NOW_MS - 86_400_000);
        let token = world.token(|token| token["id"] == expired[0]["id"]).await;
        assert_eq!((&token["state"], &token["listed"]), (&"expired".into(), &true.into()));
        world.advance(48 * HOUR_SECS).await;
        assert!(rows(&world).await.iter().all(|row| row["id"] != token["id"]));
    }
    let keeping = World::speaking("lists-expired").await;
    keeping.advance(40 * 24 * HOUR_SECS).await;
    let truth = keeping.truth().await;
    let expired: Vec<&Value> =
        of_kind(&truth, "user_api_token").into_iter().filter(|token| token["state"] == "expired").collect();
    assert!(expired.len() > 3 && expired.iter().all(|token| token["listed"] == true));
}

#[tokio::test]
async fn a_fixed_key_ends_within_30_days_and_those_that_programs_work_with_do_not() {
    let world = World::new().await;
    let keys = world.org("api-access/v1", "api-keys").await;
    let days_left = |id: &str| {
        let key = keys.rows("data").iter().find(|key| key["id"] == id).unwrap();
        (millis(key, "expiresAt").unwrap() - NOW_MS) / 86_400_000
    };
    assert_eq!(["sim-tokens-key-id", "sim-read-key-id", "sim-admin-key-id"].map(days_left), [29, 334, 334]);
}

#[tokio::test]
async fn a_users_and_an_external_users_token_are_used_from_many_networks() {
    for world in worlds().await {
        let (truth, uses) = (world.truth().await, uses(&world).await);
        for kind in ["user_api_token", "external_token"] {
            let networks = |token: &Value| {
                let uses = uses.get(text(token, "id")).map_or(&[][..], Vec::as_slice);
                let nets = uses.iter().map(|event| text(&event["location"], "ip").rsplit_once('.').unwrap().0);
                nets.collect::<HashSet<_>>().len()
            };
            let many = of_kind(&truth, kind).into_iter().filter(|token| networks(token) >= 6).count();
            assert_eq!(many, 1, "{kind}");
        }
    }
}

#[tokio::test]
async fn one_person_holds_six_living_tokens() {
    for world in worlds().await {
        let mut held: HashMap<String, Vec<Value>> = HashMap::new();
        for row in rows(&world).await {
            held.entry(text(&row["user"], "id").to_owned()).or_default().push(row);
        }
        let (account, own) = held.iter().max_by_key(|(_, own)| own.len()).unwrap();
        let labels: HashSet<&str> = own.iter().map(|row| text(row, "label")).collect();
        assert_eq!((own.len(), labels.len()), (6, 6));
        assert_eq!(world.get(&format!("/users/{account}/manage/api-tokens")).await.body.as_array().unwrap().len(), 6);
        let states = world.truth().await;
        let mut living = states.iter().filter(|token| token["owner"]["account_id"] == account.as_str());
        assert!(living.clone().count() == 6 && living.clone().all(|token| token["state"] == "active"));
        let status = world.ask("DELETE", &own_path(living.next_back().unwrap()), "sim-admin-key", "").await.status;
        assert_eq!(status, 204);
    }
}

#[tokio::test]
async fn some_rows_say_that_there_are_no_scopes_and_most_say_nothing() {
    for world in worlds().await {
        let rows = rows(&world).await;
        assert_eq!(rows.iter().filter(|row| row["scopes"] == Value::Array(Vec::new())).count(), 2);
        assert!(rows.iter().filter(|row| row.get("scopes").is_none()).count() > rows.len() / 2);
    }
}

#[tokio::test]
async fn some_tokens_that_may_write_only_view_every_day() {
    let world = World::start(SimOptions { max_events: 20_000, ..options() }).await;
    let uses = uses(&world).await;
    let may_write = |row: &Value| {
        let scopes = row["scopes"].as_array().into_iter().flatten();
        scopes.filter_map(Value::as_str).any(|scope| scope.starts_with("write:"))
    };
    let only_viewed = |row: &Value| {
        let uses = uses.get(text(row, "id")).map_or(&[][..], Vec::as_slice);
        let viewing = |event: &Value| ["jira_issue_viewed", "confluence_page_viewed"].contains(&text(event, "action"));
        uses.len() >= 89 && uses.iter().all(viewing)
    };
    assert_eq!(rows(&world).await.iter().filter(|row| may_write(row) && only_viewed(row)).count(), 3);
}

#[tokio::test]
async fn former_admins_left_tokens_and_keys_and_an_active_admin_has_a_token_in_use() {
    for world in worlds().await {
        let truth = world.truth().await;
        let keys = of_kind(&truth, "org_api_key");
        let gone: HashSet<&str> = keys
            .iter()
            .filter(|key| key["owner"]["status"] == "inactive")
            .map(|key| text(&key["owner"], "account_id"))
            .collect();
        let tokens = of_kind(&truth, "user_api_token");
        let theirs = tokens.iter().filter(|token| gone.contains(text(&token["owner"], "account_id")));
        assert!(
            theirs.clone().count() >= 1
                && theirs.clone().all(|token| token["state"] == "owner_deactivated" && token["listed"] == true)
        );
        let in_use = |token: &&&Value| {
            token["owner"]["admin"] == true
                && token["state"] == "active"
                && millis(token, "last_used_at").is_some_and(|at| at > NOW_MS - 86_400_000)
        };
        assert!(tokens.iter().filter(in_use).count() >= 1);
    }
}

#[tokio::test]
async fn the_use_of_a_product_names_site_and_product() {
    for world in worlds().await {
        let orgs = world.get("/_sim/orgs").await;
        let sites: HashSet<&str> =
            orgs.rows("items")[0]["sites"].as_array().unwrap().iter().map(|site| text(site, "name")).collect();
        assert_eq!(sites.len(), 2);
        let mut seen = HashSet::new();
        for event in uses(&world).await.into_values().flatten() {
            let container = event["container"].as_array().unwrap();
            let types: Vec<&str> = container.iter().map(|item| text(item, "type")).collect();
            assert_eq!(types, ["orgs", "sites", "products"]);
            let name = text(&container[1]["attributes"], "name").to_owned();
            assert!(sites.contains(name.as_str()) && text(&container[1]["attributes"], "url").contains(&name));
            let product = text(&container[2]["attributes"], "name");
            assert!(text(&event, "action").starts_with(&product.to_lowercase()));
            seen.insert((name, product.to_owned()));
        }
        assert_eq!(seen.len(), 4);
        let login = world.org("v1", "events?action=user_login&limit=1").await;
        assert_eq!(login.rows("data")[0]["attributes"]["container"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn two_hours_later_a_token_is_listed_that_no_event_announced() {
    for world in worlds().await {
        let ids = |rows: Vec<Value>| rows.into_iter().map(|row| text(&row, "id").to_owned()).collect::<HashSet<_>>();
        let (before, known) = (ids(rows(&world).await), world.truth().await.len());
        world.advance(2 * HOUR_SECS - 1).await;
        assert_eq!(ids(rows(&world).await), before);
        world.advance(1).await;
        let after = ids(rows(&world).await);
        let new: Vec<&String> = after.difference(&before).collect();
        assert_eq!((new.len(), world.truth().await.len()), (1, known + 1));
        assert!(world.events_since(NOW_MS + 1).await.is_empty());
        assert_eq!(world.post("/_sim/use", &format!(r#"{{"token_id":"{}"}}"#, new[0])).await.status, 200);
    }
}
