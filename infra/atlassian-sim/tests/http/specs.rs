//! Answers against Atlassian's own OpenAPI documents, which lie beside the repository and not in it.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::client::{ADMIN, ORG, World, plain, text};

/// The folder of the documents, where there is one.
#[expect(clippy::disallowed_methods, reason = "a test is told by the environment where the documents lie")]
fn folder() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("TOKENWARDEN_SHARED").map_or(beside, PathBuf::from);
    Some(root.join("specs")).filter(|folder| folder.is_dir())
}

/// A schema of OpenAPI 3.0 as JSON Schema: `nullable` becomes a type, and `format` is checked as it stands.
fn translate(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(translate).collect(),
        Value::Object(map) => {
            let mut out: Map<String, Value> =
                map.iter().map(|(name, value)| (name.clone(), translate(value))).collect();
            out.retain(|name, value| !(name == "example" || name == "nullable" && value.is_boolean()));
            if let Some(Value::String(pattern)) = out.get_mut("pattern") {
                // Some patterns of the documents end in a line break that YAML left there.
                *pattern = pattern.trim_end().to_owned();
            }
            if map.get("nullable") == Some(&Value::Bool(true)) {
                return json!({"anyOf": [out, {"type": "null"}]});
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}

/// The schema of an operation's answer, with the document's components beside it.
fn schema(document: &Value, path: &str, method: &str, status: &str) -> Value {
    let response = &document["paths"][path][method]["responses"][status];
    let response = match response["$ref"].as_str() {
        Some(pointer) => document.pointer(&pointer[1..]).expect("a response"),
        None => response,
    };
    let schema = &response["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{method} {path} {status} has no schema");
    let mut schema = translate(schema);
    if let Some(map) = schema.as_object_mut() {
        map.insert("components".into(), translate(&document["components"]));
    }
    schema
}

fn check(document: &Value, path: &str, method: &str, status: &str, body: &Value) {
    let validator = jsonschema::validator_for(&schema(document, path, method, status)).expect("a schema");
    let errors: Vec<String> =
        validator.iter_errors(body).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{method} {path} {status}: {}", errors.join("\n"));
}

fn document(folder: &std::path::Path, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[tokio::test]
async fn answers_fit_the_documents() {
    let Some(folder) = folder() else {
        println!(
            "SKIPPED: no ../shared/specs beside the repository and no TOKENWARDEN_SHARED: answers are not checked against Atlassian's documents"
        );
        return;
    };
    let world = World::new().await;
    let token = world.token(plain).await;
    organizations(&world, &document(&folder, "atlassian_org_openapi.json"), text(&token["owner"], "account_id")).await;
    accounts(&world, &document(&folder, "atlassian_user_management_openapi.json"), &token).await;
}

async fn organizations(world: &World, spec: &Value, account: &str) {
    for (path, query) in [
        ("/v1/orgs", ""),
        ("/v1/orgs/{orgId}", ""),
        ("/v1/orgs/{orgId}/users", ""),
        ("/v1/orgs/{orgId}/events", "?limit=500"),
        ("/v1/orgs/{orgId}/event-actions", ""),
        ("/v1/orgs/{orgId}/directory/users/{accountId}/last-active-dates", ""),
        ("/v2/orgs/{orgId}/directories", ""),
        ("/v2/orgs/{orgId}/directories/{directoryId}/users", "?limit=100"),
    ] {
        let real = path.replace("{orgId}", ORG).replace("{accountId}", account).replace("{directoryId}", "-");
        let reply = world.get(&format!("/admin{real}{query}")).await;
        assert_eq!(reply.status, 200, "{path}");
        check(spec, path, "get", "200", &reply.body);
        let bad = world.ask("GET", &format!("/admin{real}{query}"), "wrong", "").await;
        check(spec, path, "get", "401", &bad.body);
    }
    let stream = "/v1/orgs/{orgId}/events-stream";
    for page in ["limit=500", "limit=500&sortOrder=desc"] {
        check(spec, stream, "get", "200", &world.org("v1", &format!("events-stream?{page}")).await.body);
    }
    for bad in ["cursor=77", "from=x", "limit=0"] {
        check(spec, stream, "get", "400", &world.org("v1", &format!("events-stream?{bad}")).await.body);
    }
    let search = "/v2/orgs/{orgId}/directories/{directoryId}/users/search";
    let body = r#"{"limit":100,"expand":["platformRoles","counts.resources","productAccess","groups"]}"#;
    let reply = world.post(&format!("/admin/v2/orgs/{ORG}/directories/-/users/search"), body).await;
    check(spec, search, "post", "200", &reply.body);
    let reply =
        world.ask("POST", &format!("/admin/v2/orgs/{ORG}/directories/-/users/search"), "sim-read-key", body).await;
    check(spec, search, "post", "403", &reply.body);
}

async fn accounts(world: &World, spec: &Value, token: &Value) {
    let own = format!("/users/{}/manage", text(&token["owner"], "account_id"));
    let (manage, tokens) = ("/users/{account_id}/manage", "/users/{account_id}/manage/api-tokens");
    check(spec, manage, "get", "200", &world.get(&own).await.body);
    check(spec, tokens, "get", "200", &world.get(&format!("{own}/api-tokens")).await.body);
    check(spec, tokens, "get", "401", &world.ask("GET", &format!("{own}/api-tokens"), "wrong", "").await.body);
    check(spec, tokens, "get", "403", &world.ask("GET", &format!("{own}/api-tokens"), "sim-read-key", "").await.body);
    check(spec, tokens, "get", "404", &world.get("/users/nobody/manage/api-tokens").await.body);
    let one = "/users/{account_id}/manage/api-tokens/{tokenId}";
    let missing = world.ask("DELETE", &format!("{own}/api-tokens/unknown"), ADMIN, "").await;
    check(spec, one, "delete", "404", &missing.body);
    let enable = world.post(&format!("{own}/lifecycle/enable"), "").await;
    check(spec, "/users/{account_id}/manage/lifecycle/enable", "post", &enable.status.to_string(), &enable.body);
}
