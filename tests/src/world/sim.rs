//! What a test says to the simulator itself.

use super::World;
use serde_json::Value;

impl World {
    /// Asks the simulator itself.
    ///
    /// # Panics
    /// If it does not answer with JSON.
    pub async fn sim_get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.sim.url())).send().await.expect("the simulator answers");
        answer.json().await.expect("the simulator answers JSON")
    }

    /// Tells the simulator something.
    ///
    /// # Panics
    /// If it refuses.
    pub async fn sim_post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.sim.url())).json(body);
        let answer = request.send().await.expect("the simulator answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or(Value::Null)
    }

    /// Lets something in the simulator disappear, as its owner would.
    ///
    /// # Panics
    /// If it refuses.
    pub async fn sim_delete(&self, path: &str) {
        let answer = self.http.delete(format!("{}{path}", self.sim.url())).send().await.expect("the simulator answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// The calls that deleted a token, with their statuses.
    ///
    /// # Panics
    /// If the simulator does not answer.
    pub async fn deletions(&self) -> Vec<(String, u64)> {
        let calls = self.sim_get("/_sim/calls").await;
        let calls = calls["items"].as_array().cloned().unwrap_or_default();
        let deletions = calls.iter().filter(|call| call["method"] == "DELETE");
        deletions.map(|call| (call["path"].to_string(), call["status"].as_u64().unwrap_or(0))).collect()
    }
}
