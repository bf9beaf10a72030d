//! A policy, checked: every fault with its key, the reason and how to mend it.

mod recipients;
mod schema;

pub use schema::schema;

use super::{calendar, ladder};
use crate::{
    error::{Error, Result},
    model::{
        ActionKind, Approval, AuthPolicies, Calendar, Limits, Mode, Policy, Recipients, Response, RuleSettings, Step,
        stable_hash,
    },
    rules::{RULES, Rule},
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// The largest text that is taken for a policy, in bytes.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// Reads a policy from YAML or JSON and checks it.
///
/// # Errors
/// [`Error::Invalid`] with line, key, reason and mend of each fault.
pub fn parse(text: &str) -> Result<Policy> {
    checked(text, |text| serde_saphyr::from_str(text).map_err(|error| unreadable(&error)))
}

/// Reads a policy from JSON and checks it: for the API, which carries no reader of YAML.
///
/// # Errors
/// As [`parse`].
pub fn parse_json(text: &str) -> Result<Policy> {
    checked(text, |text| {
        serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}: ", error.line(), error.column());
            unread(&place, &error.to_string())
        })
    })
}

fn checked(text: &str, read: impl Fn(&str) -> Result<Policy>) -> Result<Policy> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(Error::TooLarge { limit_bytes: MAX_TEXT_BYTES });
    }
    let policy = read(text)?;
    refuse(&faults(&policy), |fault| match fault.line_in(text) {
        Some(line) => format!("line {line}: {fault}"),
        None => fault.to_string(),
    })?;
    Ok(policy)
}

/// Checks a policy that was read already.
///
/// # Errors
/// [`Error::Invalid`] with key, reason and mend of each fault.
pub fn check(policy: &Policy) -> Result<()> {
    refuse(&faults(policy), Fault::to_string)
}

/// What holds before anybody wrote a policy: observe, and plan only for what is long unused.
pub fn default_policy() -> Policy {
    let step = |action, after_days| Step { action, after_days };
    let steps = vec![step(ActionKind::Notify, 0), step(ActionKind::Remind, 7), step(ActionKind::Revoke, 21)];
    let respond = Response { steps, approval: Approval::Required };
    let unused = RuleSettings { respond: Some(respond), ..RuleSettings::default() };
    Policy {
        mode: Mode::Observe,
        protected: [].into(),
        limits: Limits { max_actions: 5, max_share_percent: 5.0, window_hours: 24 },
        approval_valid_days: 30,
        keep_days: 90,
        in_use_days: 30,
        auth_policies: None,
        recipients: Recipients::default(),
        calendar: Calendar::default(),
        rules: [("unused".to_owned(), unused)].into(),
    }
}

/// Hex SHA-256 of the policy's canonical JSON.
///
/// # Errors
/// [`Error::Invalid`] if a number in it cannot be written as JSON.
pub fn digest(policy: &Policy) -> Result<String> {
    Ok(stable_hash(&[&canonical_json(policy)?]))
}

/// JSON with its keys in order, whatever map the build of `serde_json` uses.
fn canonical_json<T: Serialize>(value: &T) -> Result<String> {
    let value = serde_json::to_value(value).map_err(|error| Error::invalid("policy", error.to_string()))?;
    Ok(ordered(&value).to_string())
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|key| (key.clone(), ordered(&map[key]))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(ordered).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// One thing that is wrong.
struct Fault {
    /// The keys that lead to it.
    path: Vec<String>,
    reason: String,
    mend: &'static str,
}

impl Fault {
    fn new(path: &[&str], reason: impl Into<String>, mend: &'static str) -> Self {
        Self { path: path.iter().map(|&key| key.to_owned()).collect(), reason: reason.into(), mend }
    }

    /// The line where the last key of the path stands: each key is looked for after the one that leads to it.
    fn line_in(&self, text: &str) -> Option<usize> {
        let lines: Vec<&str> = text.lines().collect();
        let find = |from: usize, key: &String| (from..lines.len()).find(|at| has_key(lines[*at], key));
        self.path.iter().try_fold(0, find).map(|at| at + 1)
    }
}

fn has_key(line: &str, key: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "{,\"'".contains(c));
    let after = |at: usize| line[at + key.len()..].trim_start_matches(['"', '\'']).trim_start().starts_with(':');
    line.match_indices(key).any(|(at, _)| before(at) && after(at))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.path.join("."), self.reason, self.mend)
    }
}

fn refuse(faults: &[Fault], show: impl Fn(&Fault) -> String) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("the policy", faults.iter().map(show).collect::<Vec<_>>().join("\n")))
}

/// The parser's message without the text that it quotes: nothing of a body is repeated.
fn unreadable(error: &serde_saphyr::Error) -> Error {
    let place = error.location().map(|at| format!("line {}, column {}: ", at.line(), at.column())).unwrap_or_default();
    unread(&place, &error.without_snippet().to_string())
}

fn unread(place: &str, message: &str) -> Error {
    let message = unquoted(message);
    Error::invalid(
        "the policy",
        format!("{place}{message}; name only the documented keys, each with a value of its type"),
    )
}

/// Takes out the values that serde repeats, and the place, which is told before. Names of keys stay.
fn unquoted(message: &str) -> String {
    let message = message.split_once(" at line ").map_or(message, |(message, _)| message);
    let message = without_value(message, "string \"", "a string", '"');
    without_value(&message, "unknown variant `", "an unknown word", '`')
}

fn without_value(message: &str, begin: &str, instead: &str, end: char) -> String {
    let Some((before, rest)) = message.split_once(begin) else { return message.to_owned() };
    let after = rest.split_once(end).map_or("", |(_, after)| after);
    format!("{before}{instead}{after}")
}

fn faults(policy: &Policy) -> Vec<Fault> {
    let mut faults = limit_faults(&policy.limits);
    if policy.mode == Mode::Enforce && policy.protected.is_empty() {
        let mend = "name the accounts that are never acted on without a person's approval, or use `mode: observe`";
        faults.push(Fault::new(&["protected"], "is empty while `mode` is `enforce`", mend));
    }
    if !(1..=365).contains(&policy.approval_valid_days) {
        let reason = format!("is {}", policy.approval_valid_days);
        faults.push(Fault::new(&["approval_valid_days"], reason, "use a whole number from 1 to 365"));
    }
    if policy.keep_days > 365 {
        let reason = format!("is {}", policy.keep_days);
        faults.push(Fault::new(&["keep_days"], reason, "use a whole number from 0 to 365"));
    }
    if !(1..=365).contains(&policy.in_use_days) {
        let reason = format!("is {}", policy.in_use_days);
        faults.push(Fault::new(&["in_use_days"], reason, "use a whole number from 1 to 365"));
    }
    faults.extend(policy.auth_policies.iter().flat_map(auth_policy_faults));
    faults.extend(recipients::faults(&policy.recipients));
    faults.extend(recipients::without_a_tracker(policy));
    faults.extend(calendar_faults(&policy.calendar));
    faults.extend(policy.rules.iter().flat_map(|(rule, settings)| rule_faults(rule, settings)));
    faults
}

fn limit_faults(limits: &Limits) -> Vec<Fault> {
    let Limits { max_actions, max_share_percent, window_hours } = *limits;
    let bounds = [
        ("max_actions", f64::from(max_actions), 0.0..=1000.0, "use a whole number from 0 to 1000"),
        ("max_share_percent", max_share_percent, 0.0..=100.0, "use a number from 0 to 100"),
        ("window_hours", f64::from(window_hours), 1.0..=720.0, "use a whole number from 1 to 720"),
    ];
    let wrong = bounds.into_iter().filter(|(_, value, bounds, _)| !bounds.contains(value));
    wrong.map(|(key, value, _, mend)| Fault::new(&["limits", key], format!("is {value}"), mend)).collect()
}

fn rule_faults(rule: &str, settings: &RuleSettings) -> Vec<Fault> {
    let Some(known) = Rule::named(rule) else {
        let all = RULES.iter().map(|rule| rule.id).collect::<Vec<_>>().join(", ");
        let reason = format!("is no known rule; known rules: {all}");
        return vec![Fault::new(&["rules", rule], reason, "remove it or correct its name")];
    };
    let mut faults = Vec::new();
    if let Err(reason) = known.check(&settings.parameters) {
        faults.push(Fault::new(&["rules", rule, "parameters"], reason, "see the rule's documented parameters"));
    }
    let steps = settings.respond.iter().flat_map(|respond| ladder::faults(&respond.steps));
    faults.extend(steps.map(|(reason, mend)| Fault::new(&["rules", rule, "respond", "steps"], reason, mend)));
    faults
}

fn auth_policy_faults(policies: &AuthPolicies) -> Vec<Fault> {
    let mend = "copy the policy's id from the admin console; no API lists them";
    let named = [("blocking", &policies.blocking), ("allowing", &policies.allowing)];
    let empty = named.into_iter().filter(|(_, id)| id.as_str().trim().is_empty());
    let mut faults: Vec<Fault> = empty.map(|(key, _)| Fault::new(&["auth_policies", key], "is empty", mend)).collect();
    if faults.is_empty() && policies.blocking == policies.allowing {
        let mend = "name two policies: one that blocks API tokens, one that allows them";
        faults.push(Fault::new(&["auth_policies", "allowing"], "is the blocking policy as well", mend));
    }
    faults
}

fn calendar_faults(calendar: &Calendar) -> Vec<Fault> {
    let mut faults = Vec::new();
    if calendar::time_zone(calendar).is_none() {
        let mend = "use a name of the IANA time zone database, such as Europe/Berlin or UTC";
        faults.push(Fault::new(&["calendar", "time_zone"], "is no known time zone", mend));
    }
    if !calendar::has_working_days(calendar) {
        faults.push(Fault::new(&["calendar", "weekend"], "leaves no working day", "leave at least one day out of it"));
    }
    if calendar.from_hour > 23 {
        faults.push(Fault::new(&["calendar", "from_hour"], format!("is {}", calendar.from_hour), "use 0 to 23"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
mode: enforce
protected: [admin-1]
limits:
  max_actions: 5
  max_share_percent: 5
  window_hours: 24
rules:
  unused:
    respond:
      steps:
        - do: notify
          after_days: 0
        - do: revoke
          after_days: 7
";

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn yaml_and_json_give_the_same_policy() {
        let policy = parse(GOOD).unwrap();
        assert_eq!(parse(&serde_json::to_string_pretty(&policy).unwrap()).unwrap(), policy);
    }

    #[test]
    fn json_is_read_alone_as_well_and_its_faults_have_lines() {
        let json = serde_json::to_string_pretty(&parse(GOOD).unwrap()).unwrap();
        assert_eq!(parse_json(&json).unwrap(), parse(GOOD).unwrap());
        let refusal = |text: &str| parse_json(text).unwrap_err().to_string();
        assert!(refusal(GOOD).contains("line 1, column"), "{}", refusal(GOOD));
        let secret = refusal(&json.replace("\"max_actions\": 5", "\"max_actions\": \"ATATT3xSecret\""));
        assert!(secret.contains("line ") && !secret.contains("ATATT3xSecret"), "{secret}");
        let share = refusal(&json.replace("\"max_share_percent\": 5.0", "\"max_share_percent\": 250"));
        assert!(share.contains("limits.max_share_percent: is 250; use a number from 0 to 100"), "{share}");
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let message = refusal(&GOOD.replace("after_days: 7", "after_hours: 7"));
        assert!(message.contains("line 14") && message.contains("after_hours"), "{message}");
    }

    #[test]
    fn a_missing_delay_and_a_missing_bound_are_named() {
        assert!(refusal(&GOOD.replace("          after_days: 7\n", "")).contains("after_days"));
        assert!(refusal(&GOOD.replace("  max_actions: 5\n", "")).contains("max_actions"));
    }

    #[test]
    fn an_unknown_rule_is_named_with_its_line_and_the_known_ones() {
        let message = refusal(&GOOD.replace("unused:", "unusd:"));
        assert!(message.contains("line 8: rules.unusd") && message.contains("unused"), "{message}");
    }

    #[test]
    fn an_impossible_threshold_is_named_with_its_line_and_mend() {
        let message = refusal(&GOOD.replace("max_share_percent: 5", "max_share_percent: 250"));
        assert!(message.contains("line 5: limits.max_share_percent: is 250; use a number from 0 to 100"), "{message}");
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        assert!(
            refusal(&GOOD.replace("max_share_percent: 5", "max_share_percent: .nan")).contains("max_share_percent")
        );
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let text = GOOD.replace("window_hours: 24", "window_hours: 0").replace("unused:", "unusd:");
        assert!(refusal(&text).contains("window_hours") && refusal(&text).contains("unusd"));
    }

    #[test]
    fn enforce_without_protected_people_is_refused() {
        let message = refusal(&GOOD.replace("[admin-1]", "[]"));
        assert!(message.contains("line 2: protected: is empty while `mode` is `enforce`"), "{message}");
    }

    #[test]
    fn a_ladder_without_steps_or_in_a_wrong_order_is_named_with_its_line() {
        let none = "      steps: []\n";
        let steps = &GOOD[GOOD.find("      steps:").unwrap()..];
        assert!(refusal(&GOOD.replace(steps, none)).contains("line 10: rules.unused.respond.steps: is empty"));
        assert!(refusal(&GOOD.replace("after_days: 0", "after_days: 8")).contains("before the one above it"));
        assert!(refusal(&GOOD.replace("do: notify", "do: revoke")).contains("must stand last"));
        assert!(refusal(&GOOD.replace("after_days: 7", "after_days: 366")).contains("366"));
    }

    #[test]
    fn a_calendar_of_no_zone_or_without_working_days_is_named() {
        let with = |calendar: &str| refusal(&format!("{GOOD}calendar: {calendar}\n"));
        assert!(with("{time_zone: Europe/Berlim}").contains("calendar.time_zone: is no known time zone"));
        assert!(with("{weekend: [mon, tue, wed, thu, fri, sat, sun]}").contains("calendar.weekend"));
        assert!(with("{from_hour: 24}").contains("calendar.from_hour: is 24"));
    }

    #[test]
    fn policies_that_are_empty_or_the_same_and_a_span_of_use_out_of_bounds_are_named() {
        let with = |line: &str| refusal(&format!("{GOOD}{line}\n"));
        let same = with("auth_policies: {blocking: p, allowing: p}");
        assert!(same.contains("line 15: auth_policies.allowing: is the blocking policy as well"), "{same}");
        assert!(with("auth_policies: {blocking: '', allowing: p}").contains("auth_policies.blocking: is empty"));
        assert!(with("auth_policies: {blocking: p}").contains("allowing"));
        assert!(with("in_use_days: 0").contains("line 15: in_use_days: is 0; use a whole number from 1 to 365"));
    }

    #[test]
    fn what_only_a_person_asks_for_is_no_step() {
        for kind in ["restore", "allow", "release"] {
            let message = refusal(&GOOD.replace("do: revoke", &format!("do: {kind}")));
            assert!(message.contains("line 10: rules.unused.respond.steps") && message.contains(kind), "{message}");
        }
        assert!(parse(&GOOD.replace("do: revoke", "do: suspend")).is_ok());
    }

    #[test]
    fn a_wrong_value_is_not_repeated() {
        let message = refusal(&GOOD.replace("max_actions: 5", "max_actions: ATATT3xSecret"));
        assert!(message.contains("line 4") && !message.contains("ATATT3xSecret"), "{message}");
    }

    #[test]
    fn the_default_is_sound_and_only_observes() {
        let policy = default_policy();
        assert_eq!(check(&policy), Ok(()));
        assert_eq!(policy.mode, Mode::Observe);
    }

    #[test]
    fn the_digest_changes_with_the_policy_only() {
        let policy = parse(GOOD).unwrap();
        assert_eq!(digest(&policy), digest(&policy.clone()));
        assert_ne!(digest(&policy), digest(&default_policy()));
    }
}
