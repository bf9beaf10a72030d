//! Authentication policies: people are moved into one by a task (Control API).

use super::row::{Listing, clean};
use crate::model::{AccountId, AuthPolicyId, TaskId, TaskState};
use serde::Deserialize;
use serde_json::Value;

/// The answer to `add-users`: 202 with the task that moves them (auth-policy cookbook).
#[derive(Debug, Deserialize)]
pub struct StartedTask {
    #[serde(rename = "taskId")]
    task_id: TaskId,
}

impl StartedTask {
    /// The task's id.
    pub fn id(self) -> TaskId {
        self.task_id
    }
}

/// Where a task stands (auth-policy cookbook); it has ended when nobody is in progress.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskAnswer {
    in_progress_count: u64,
    #[serde(default)]
    failure_count: u64,
    #[serde(default)]
    failure_reasons: Vec<FailureReason>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FailureReason {
    emails: Vec<String>,
    details: Details,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    title: Option<String>,
    detail: Option<String>,
}

impl TaskAnswer {
    /// In our words. A failure that names nobody stands under the empty address: it may be anybody's.
    pub fn state(self) -> TaskState {
        if self.in_progress_count > 0 {
            return TaskState::Running(self.in_progress_count);
        }
        let mut failed = Vec::new();
        for FailureReason { emails, details } in self.failure_reasons {
            let said = details.title.into_iter().chain(details.detail).collect::<Vec<_>>().join(": ");
            failed.extend(emails.into_iter().map(|email| (email, said.clone())));
        }
        if failed.is_empty() && self.failure_count > 0 {
            failed.push((String::new(), "no reason was given".to_owned()));
        }
        TaskState::Ended(failed)
    }
}

/// The answer to `bulk-fetch`: the policies of managed accounts. The names of its fields are unconfirmed.
#[derive(Debug, Deserialize)]
pub struct AccountPolicies(Listing<AccountPolicy>);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AccountPolicy {
    account_id: Option<Value>,
    policies: Vec<NamedPolicy>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedPolicy {
    id: Option<Value>,
    r#type: Option<String>,
}

impl AccountPolicies {
    /// The one authentication policy of an account; `None` where the answer does not say exactly one.
    pub fn of(&self, account: &AccountId) -> Option<AuthPolicyId> {
        let of_account = |row: &&AccountPolicy| clean(row.account_id.as_ref()).as_deref() == Some(account.as_str());
        let mut policies = self.0.data.iter().filter(of_account).flat_map(|row| &row.policies);
        let mut next = || policies.by_ref().find(|policy| policy.r#type.as_deref().is_none_or(is_authentication));
        let (first, second) = (next(), next());
        first.filter(|_| second.is_none()).and_then(|policy| clean(policy.id.as_ref())).map(AuthPolicyId::new)
    }
}

fn is_authentication(word: &str) -> bool {
    word.to_ascii_lowercase().contains("auth")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(text: &str) -> TaskState {
        serde_json::from_str::<TaskAnswer>(text).unwrap().state()
    }

    #[test]
    fn a_task_runs_until_nobody_is_in_progress_and_says_who_failed() {
        assert_eq!(state(r#"{"inProgressCount":2,"successCount":1,"failureCount":0}"#), TaskState::Running(2));
        assert_eq!(state(r#"{"inProgressCount":0,"successCount":1,"failureCount":0}"#), TaskState::Ended(vec![]));
        let failed = state(
            r#"{"inProgressCount":0,"successCount":1,"failureCount":1,
                "failureReasons":[{"emails":["a@x.example"],"details":{"status":"404","title":"T","detail":"D"}}]}"#,
        );
        assert_eq!(failed, TaskState::Ended(vec![("a@x.example".into(), "T: D".into())]));
        let unnamed = state(r#"{"inProgressCount":0,"failureCount":1}"#);
        assert!(matches!(&unnamed, TaskState::Ended(failed) if failed[0].0.is_empty()));
    }

    #[test]
    fn the_policy_of_an_account_is_known_only_if_exactly_one_is_named() {
        let of = |text: &str| serde_json::from_str::<AccountPolicies>(text).unwrap().of(&"a".into());
        let one = r#"{"data":[{"accountId":"a","policies":[{"id":"p","type":"authentication-policy"}]}]}"#;
        assert_eq!(of(one), Some("p".into()));
        assert_eq!(of(r#"{"data":[{"accountId":"b","policies":[{"id":"p"}]}]}"#), None);
        assert_eq!(of(r#"{"data":[{"accountId":"a","policies":[{"id":"p"},{"id":"q"}]}]}"#), None);
        assert_eq!(of(r#"{"data":[]}"#), None);
    }
}
