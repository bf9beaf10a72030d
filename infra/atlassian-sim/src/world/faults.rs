//! Faults that a test orders: matching requests fail, wait or lose their answer.

use serde::{Deserialize, Serialize};

/// When the connection is closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Drop {
    /// Before the request has any effect.
    Before,
    /// After it has its effect.
    After,
}

/// One fault as it is ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Any method where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    pub(crate) path_prefix: String,
    /// Answer with this status instead of the effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Seconds in `Retry-After`, where a status is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<u64>,
    /// Wait before the effect.
    #[serde(default)]
    pub(crate) delay_ms: u64,
    /// Wait after the effect.
    #[serde(default)]
    pub(crate) delay_after_ms: u64,
    #[serde(default, deserialize_with = "drop_of", skip_serializing_if = "Option::is_none")]
    pub(crate) drop: Option<Drop>,
    /// How many requests it hits; without end where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u64>,
}

/// `true` and `"before"` mean before the effect, `"after"` after it.
fn drop_of<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Drop>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Flag(bool),
        Named(Drop),
    }
    Ok(match Option::<Written>::deserialize(from)? {
        Some(Written::Named(when)) => Some(when),
        Some(Written::Flag(true)) => Some(Drop::Before),
        Some(Written::Flag(false)) | None => None,
    })
}

/// The faults in force, in the order in which they were ordered.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }

    /// The first fault that a request meets, counted as met.
    pub(crate) fn meet(&mut self, method: &str, path: &str) -> Option<Fault> {
        let at = self.0.iter().position(|fault| {
            let method_fits = fault.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            method_fits && path.starts_with(&fault.path_prefix)
        })?;
        let fault = self.0[at].clone();
        match &mut self.0[at].times {
            Some(0 | 1) => {
                self.0.remove(at);
            }
            Some(times) => *times -= 1,
            None => {}
        }
        (fault.times != Some(0)).then_some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::{Drop, Fault, Faults};

    #[test]
    fn a_fault_is_met_so_many_times() {
        let mut faults = Faults::default();
        faults
            .add(serde_json::from_str(r#"{"path_prefix":"/users","method":"delete","drop":true,"times":2}"#).unwrap());
        assert!(faults.meet("GET", "/users/1").is_none());
        assert_eq!(faults.meet("DELETE", "/users/1").unwrap().drop, Some(Drop::Before));
        assert!(faults.meet("DELETE", "/users/1").is_some());
        assert!(faults.meet("DELETE", "/users/1").is_none());
        assert!(faults.all().is_empty());
    }

    #[test]
    fn drop_is_a_flag_or_a_name() {
        let drop = |text: &str| {
            serde_json::from_str::<Fault>(&format!(r#"{{"path_prefix":"/","drop":{text}}}"#)).unwrap().drop
        };
        assert_eq!(drop("\"after\""), Some(Drop::After));
        assert_eq!(drop("true"), Some(Drop::Before));
        assert_eq!(drop("false"), None);
    }
}
