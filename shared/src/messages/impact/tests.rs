//! Every sentence once, with facts as they may be.

use super::*;

fn at(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn uses() -> Vec<String> {
    let (countries, places) = (texts(&["NL", "DE"]), texts(&["acme.atlassian.net"]));
    let actions = texts(&["jira_issue_viewed", "confluence_page_viewed"]);
    let nightly = Seen {
        uses: 412,
        days: 61,
        first: Some(at("2026-01-02")),
        last: Some(at("2026-11-20")),
        typical_days: Some(1),
        hours: &[2],
        weekdays: &[0, 1, 2, 3, 4],
        networks: 1,
        countries: &countries[1..],
        places: &places,
        actions: &actions,
    };
    let weekly = Seen { typical_days: Some(7), weekdays: &[0], hours: &[2, 3, 14], ..nightly };
    let person = Seen { typical_days: Some(2), hours: &[7, 9, 11, 18], networks: 3, countries: &countries, ..nightly };
    let service = Seen { hours: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 23], ..nightly };
    let once = Seen { uses: 1, days: 1, typical_days: None, networks: 0, places: &[], actions: &[], ..nightly };
    [nightly, weekly, person, service, once].iter().map(seen).collect()
}

#[test]
fn every_sentence_reads_as_it_was_agreed() {
    let (since, used) = (Some(at("2026-11-02")), Some(at("2026-05-03")));
    let mut all = uses();
    all.extend([nothing_seen(since), nothing_seen(None)]);
    all.extend([Some(91), Some(30), Some(7), Some(1), None].map(looks_like_a_schedule));
    all.extend([looks_like_a_person(), looks_like_a_one_off(), looks_irregular(), too_little_seen()]);
    all.extend([in_use(at("2026-11-20")), expired(at("2026-11-01")), owner_off(), moved(), quiet(90, 31)]);
    all.extend(entered(Some("payroll export"), Some("jenkins-1"), Some("Finance IT")));
    all.extend(entered(None, None, Some("Finance IT")));
    all.push(limits(used, None, since, Knowledge::Proven));
    all.push(limits(Some(at("2026-11-19")), Some(at("2026-11-20")), since, Knowledge::Unknown));
    all.push(limits(None, Some(at("2026-05-04")), None, Knowledge::Refuted));
    all.push(limits(None, None, None, Knowledge::Unknown));
    all.push(group(2, &[("payroll export", Some("Alice Ngo")), ("", None)], 20, 7));
    all.push(group(1, &[], 1, 0));
    all.push(group(6, &[("x", Some("Al")); 7], 0, 0));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_nobody_entered_is_no_sentence() {
    assert_eq!(entered(None, None, None), None);
}
