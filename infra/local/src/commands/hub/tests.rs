use super::*;
use look::{Kept, Latest, OrgSeen};
use serde_json::json;

fn org(status: &str, high: u64) -> OrgSeen {
    let row = json!({"id": "o-1", "name": "One", "status": status, "last_report_at": "2026-11-21T12:00:00Z"});
    let report =
        json!({"id": "r1", "generated_at": "2026-11-21T12:00:00Z", "by_severity": {"high": high, "medium": 2}});
    let report: Latest = serde_json::from_value(report).unwrap();
    OrgSeen { row: serde_json::from_value(row).unwrap(), report: Some(report), kept: None }
}

fn asked(orgs: Vec<OrgSeen>) -> Watched {
    Watched { client: "acme".into(), url: "https://a.example".into(), seen: Seen::Orgs(orgs) }
}

fn silent() -> Watched {
    let seen = Seen::Nothing { reason: "no answer in 1 s".into() };
    Watched { client: "mute".into(), url: "https://b.example".into(), seen }
}

#[test]
fn the_exit_says_what_is_worst() {
    assert_eq!(verdict(&[asked(vec![org("ok", 0)])]), 0);
    for status in ["paused", "removed", "purging"] {
        assert_eq!(verdict(&[asked(vec![org(status, 3)])]), 0, "{status}: somebody wanted it so");
    }
    for status in ["partial", "lagging", "stopped", "no_report", "a word of a later release"] {
        assert_eq!(verdict(&[asked(vec![org("ok", 0), org(status, 0)])]), 1, "{status}");
    }
    assert_eq!(verdict(&[asked(vec![org("ok", 1)])]), 1, "a high finding");
    assert_eq!(verdict(&[asked(vec![])]), 1, "a token that sees nothing");
    assert_eq!(verdict(&[silent(), silent()]), 2);
    assert_eq!(verdict(&[silent(), asked(vec![org("partial", 1)])]), 3, "what is not known is worse than what is");
    let lacking = OrgSeen { kept: Some(Err("refused".into())), ..org("ok", 0) };
    assert_eq!(verdict(&[asked(vec![lacking])]), 3);
    let kept = OrgSeen { kept: Some(Ok(Kept::Already)), ..org("ok", 0) };
    assert_eq!(verdict(&[asked(vec![kept])]), 0);
}
