//! Bodies that are known, and known not to be what this intake takes: named, so that whoever configured them can mend it.

/// How to tell a foreign body, what it is, and what to do about it.
struct Foreign {
    /// Keys that must all be there.
    keys: &'static [&'static str],
    what: &'static str,
    mend: &'static str,
}

const POINT_AT_ORG: &str = "point the webhook of the Cloud organization (admin.atlassian.com, audit log) here instead";
const CLOUD_ONLY: &str = "it does not come from Atlassian Cloud; stop sending it here";
const NOT_WRAPPED: &str = "send the events themselves, as Atlassian sends them";

const DATA_CENTER: &str = "a Jira or Bitbucket Data Center audit record";
const JIRA_AUDIT: &str = "a Jira audit record";
const CONFLUENCE_AUDIT: &str = "a Confluence audit record";
const JIRA_WEBHOOK: &str = "a Jira or Confluence webhook";
const BITBUCKET_WEBHOOK: &str = "a Bitbucket webhook";

/// The first that fits names the body, so the more particular ones stand first.
const FOREIGN: &[Foreign] = &[
    Foreign { keys: &["pagingInfo"], what: DATA_CENTER, mend: CLOUD_ONLY },
    Foreign { keys: &["entities"], what: DATA_CENTER, mend: CLOUD_ONLY },
    Foreign { keys: &["auditType"], what: DATA_CENTER, mend: CLOUD_ONLY },
    Foreign { keys: &["affectedObjects", "method"], what: DATA_CENTER, mend: CLOUD_ONLY },
    Foreign { keys: &["extraAttributes"], what: DATA_CENTER, mend: CLOUD_ONLY },
    Foreign { keys: &["webhookEvent"], what: JIRA_WEBHOOK, mend: POINT_AT_ORG },
    Foreign { keys: &["issue_event_type_name"], what: JIRA_WEBHOOK, mend: POINT_AT_ORG },
    Foreign { keys: &["eventKey"], what: BITBUCKET_WEBHOOK, mend: POINT_AT_ORG },
    Foreign { keys: &["repository", "actor"], what: BITBUCKET_WEBHOOK, mend: POINT_AT_ORG },
    Foreign { keys: &["records"], what: "a page of Jira's audit records", mend: POINT_AT_ORG },
    Foreign { keys: &["objectItem"], what: JIRA_AUDIT, mend: POINT_AT_ORG },
    Foreign { keys: &["eventSource", "summary"], what: JIRA_AUDIT, mend: POINT_AT_ORG },
    Foreign { keys: &["results"], what: "a page of Confluence's audit records", mend: POINT_AT_ORG },
    Foreign { keys: &["creationDate", "summary"], what: CONFLUENCE_AUDIT, mend: POINT_AT_ORG },
    Foreign { keys: &["Records"], what: "a queue's or a topic's wrapper", mend: NOT_WRAPPED },
    Foreign { keys: &["detail-type"], what: "an event bus's wrapper", mend: NOT_WRAPPED },
];

/// Suffixes that Azure Log Analytics puts on the columns of what it stored.
const AZURE_SUFFIXES: &[&str] = &["_s", "_d", "_g", "_t", "_b", " [UTC]"];

/// What a body with these top-level keys is, and the mend; `None` if it is not known either.
pub(super) fn name(keys: &[String]) -> Option<String> {
    let has = |wanted: &&str| keys.iter().any(|key| key == wanted);
    if let Some(found) = FOREIGN.iter().find(|foreign| foreign.keys.iter().all(has)) {
        return Some(format!("this is {}; {}", found.what, found.mend));
    }
    let flattened = keys.iter().filter(|key| AZURE_SUFFIXES.iter().any(|suffix| key.ends_with(suffix))).count();
    (flattened >= 2).then(|| {
        "this is a row as Azure Log Analytics stores it (column names end in `_s`, `_d`, …), with renamed fields and \
         times in an unnamed zone; send what Atlassian sent, before Azure flattens it"
            .to_owned()
    })
}

/// Whether these are the keys of a Guard Detect alert.
pub(super) fn is_alert(keys: &[String]) -> bool {
    keys.iter()
        .any(|key| matches!(key.as_str(), "alertId" | "alertTitle" | "alertDetailURL" | "alert" | "detectionTime"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(keys: &[&str]) -> String {
        name(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()).unwrap_or_default()
    }

    #[test]
    fn each_foreign_body_is_named_with_its_mend() {
        assert!(named(&["entities", "pagingInfo"]).contains("Data Center"));
        assert!(named(&["auditType", "author"]).contains("Data Center"));
        assert!(named(&["offset", "limit", "total", "records"]).contains("page of Jira's"));
        assert!(named(&["timestamp", "webhookEvent"]).contains("point the webhook of the Cloud organization"));
        assert!(named(&["actor", "repository", "push"]).contains("Bitbucket webhook"));
        assert!(named(&["alertId_s", "alertTitle_s", "TimeGenerated [UTC]"]).contains("Azure"));
        assert_eq!(named(&["hello"]), "");
    }
}
