use super::*;
use crate::decide::policy::{default_policy, parse};

const PUBLISHED: &str = include_str!("../../../../../docs/policy.schema.json");
const EXAMPLE: &str = include_str!("../../../../../docs/policy.example.yaml");
const LIMITS: &str = "limits: {max_actions: 5, max_share_percent: 5, window_hours: 24}";

fn allows(policy: &Value) -> bool {
    jsonschema::validator_for(&schema()).unwrap().is_valid(policy)
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn the_published_file_is_what_the_code_says() {
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    assert_eq!(published, schema(), "cargo run -p tokenwarden-local -- policy schema > docs/policy.schema.json");
}

#[test]
fn the_example_and_the_default_are_allowed_by_both() {
    assert!(EXAMPLE.starts_with("# yaml-language-server: $schema=policy.schema.json\n"));
    parse(EXAMPLE).unwrap();
    assert!(allows(&yaml(EXAMPLE)));
    assert!(allows(&json!(default_policy())));
}

#[test]
fn every_rule_with_its_defaults_is_allowed_by_both() {
    for rule in RULES {
        let given: Map<String, Value> =
            rule.parameters.iter().map(|one| (one.name.to_owned(), one.default_value())).collect();
        let policy = json!({
            "limits": { "max_actions": 5, "max_share_percent": 5, "window_hours": 24 },
            "rules": { rule.id: { "parameters": given, "respond": { "steps": [{ "do": "notify", "after_days": 0 }] } } },
        });
        parse(&policy.to_string()).unwrap();
        assert!(allows(&policy), "{policy}");
    }
}

#[test]
fn what_is_wrong_is_refused_by_both() {
    let with = |rest: &str| format!("{LIMITS}\n{rest}\n");
    let bad = [
        "mode: observe".to_owned(),
        with("mode: perhaps"),
        with("mode: enforce"),
        with("mode: enforce\nprotected: []"),
        with("colour: red"),
        with("approval_valid_days: 0"),
        with("keep_days: 366"),
        with("in_use_days: 0"),
        with("auth_policies: {blocking: a}"),
        with("auth_policies: {blocking: ' ', allowing: b}"),
        with("rules: {unused: {respond: {steps: [{do: release, after_days: 0}]}}}"),
        with("recipients: {sender: t@example.com}"),
        with("recipients: {sender: nobody, fallback: it@example.com}"),
        with("recipients: {security: [{chat: irc, secret: chat}]}"),
        with("recipients: {security: [{chat: slack}]}"),
        with("recipients: {security: [{webhook: Siem}]}"),
        with("recipients: {colour: red}"),
        with("recipients: {tickets: {secret: jira, project: SEC}}"),
        with("recipients: {tickets: {secret: jira, project: sec, issue_type: Task}}"),
        with("recipients: {tickets: {secret: jira, project: SEC, issue_type: ' '}}"),
        with("recipients: {tickets: {secret: Jira, project: SEC, issue_type: Task}}"),
        with("recipients: {tickets: {secret: jira, project: SEC, issue_type: Task, board: 1}}"),
        with("rules: {unused: {respond: {steps: [{do: ticket, after_days: 3}]}}}"),
        with("recipients: {questions: Ann}\nrules: {unused: {respond: {steps: [{do: ticket, after_days: 3}]}}}"),
        with("calendar: {from_hour: 24}"),
        with("calendar: {time_zone: \"not a zone\"}"),
        with("calendar: {weekend: [someday]}"),
        with("calendar: {weekend: [mon, tue, wed, thu, fri, sat, sun]}"),
        with("calendar: {holidays: [christmas]}"),
        with("rules: {unusd: {}}"),
        with("rules: {unused: {colour: red}}"),
        with("rules: {unused: {enabled: perhaps}}"),
        with("rules: {unused: {parameters: {window_days: 0}}}"),
        with("rules: {unused: {parameters: {windows_days: 3}}}"),
        with("rules: {no-expiry: {parameters: {days: 3}}}"),
        with("rules: {expires-soon: {parameters: {days: []}}}"),
        with("rules: {expires-soon: {parameters: {days: [366]}}}"),
        with("rules: {over-scoped: {parameters: {scopes_with: [' ']}}}"),
        with("rules: {owner-not-permitted: {parameters: {domains: [al@example.com]}}}"),
        with("rules: {unused: {respond: {steps: []}}}"),
        with("rules: {unused: {respond: {steps: [{do: revoke}]}}}"),
        with("rules: {unused: {respond: {steps: [{do: explode, after_days: 0}]}}}"),
        with("rules: {unused: {respond: {steps: [{do: revoke, after_days: 366}]}}}"),
        with("rules: {unused: {respond: {steps: [{do: revoke, after_days: 0}], approval: never}}}"),
        "limits: {max_actions: 1001, max_share_percent: 5, window_hours: 24}".to_owned(),
        "limits: {max_actions: 5, max_share_percent: 101, window_hours: 24}".to_owned(),
        "limits: {max_actions: 5, max_share_percent: 5, window_hours: 0}".to_owned(),
        "limits: {max_actions: 5, max_share_percent: 5}".to_owned(),
    ];
    for text in bad {
        assert!(parse(&text).is_err(), "the check takes {text}");
        assert!(!allows(&yaml(&text)), "the schema takes {text}");
    }
}
