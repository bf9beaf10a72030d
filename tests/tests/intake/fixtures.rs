//! Events in the shape of the recorded samples.

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use shared::model::{Timestamp, stable_hash};

/// Where the tests' clock stands at first.
pub(crate) fn now() -> Timestamp {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

/// A use of one of twenty tokens; every fourth names its token by the label alone.
pub(crate) fn token_event(n: i64) -> Value {
    let token = n % 20;
    let mut auth =
        json!({"authType": "api-token", "tokenId": format!("token-{token}"), "tokenLabel": format!("job {token}")});
    if token % 4 == 3 {
        auth = json!({"authType": "api-token", "tokenLabel": format!("job {token}")});
    }
    let mut event = event(&format!("event-{n}"), "jira_issue_viewed", now() - TimeDelta::minutes(7 * n + 1));
    event["attributes"]["actor"] = json!({"id": format!("712020:user-{}", token % 6), "name": "Alice", "email": "alice@example.com", "auth": auth});
    event["attributes"]["location"] = json!({"ip": format!("198.51.{}.{}", n % 40, n % 250), "countryName": format!("Country {}", n % 9), "city": ""});
    event
}

/// An event without a token.
pub(crate) fn event(id: &str, action: &str, time: Timestamp) -> Value {
    json!({
        "type": "events",
        "id": id,
        "attributes": {
            "time": time.to_rfc3339(),
            "processedAt": (time + TimeDelta::seconds(1)).to_rfc3339(),
            "action": action,
            "actor": {"id": "712020:user-1", "name": "Alice", "email": "alice@example.com"},
            "context": [],
            "container": [],
        },
        "message": {"content": "Alice did it", "format": "simple"},
    })
}

pub(crate) fn token_events(count: i64) -> Vec<Value> {
    (0..count).map(token_event).collect()
}

/// Another order, the same for each seed.
pub(crate) fn shuffled(events: &[Value], seed: &str) -> Vec<Value> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| stable_hash(&[seed, &event.to_string()]));
    events
}
