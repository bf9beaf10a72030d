//! What a new policy allows that the one in force does not. What only makes it stricter needs nobody else's word.

mod recipients;

use super::plan::response_for;
use crate::model::{ActionKind, Limits, Mode, Policy, Response, Step};

/// Each way in which the new policy is looser, as a sentence; empty if it is in none.
pub fn loosenings(old: &Policy, new: &Policy) -> Vec<String> {
    if new.mode == Mode::Observe {
        return Vec::new();
    }
    let mut found = Vec::new();
    if old.mode == Mode::Observe {
        found.push("the mode goes from observe to enforce".to_owned());
    }
    found.extend(limits(&old.limits, &new.limits));
    for account in old.protected.difference(&new.protected) {
        found.push(format!("{account} is no longer protected"));
    }
    if new.approval_valid_days > old.approval_valid_days {
        found.push("approvals are valid for longer".to_owned());
    }
    if new.in_use_days < old.in_use_days {
        found.push("a credential counts as in use for fewer days".to_owned());
    }
    if new.auth_policies.is_some() && new.auth_policies != old.auth_policies {
        found.push("people may be moved to other authentication policies".to_owned());
    }
    if !old.calendar.weekend.is_subset(&new.calendar.weekend)
        || !old.calendar.holidays.is_subset(&new.calendar.holidays)
    {
        found.push("steps fall due on days on which they did not".to_owned());
    }
    found.extend(recipients::loosenings(old, new));
    found.extend(new.rules.keys().flat_map(|rule| of_rule(old, new, rule)));
    found
}

fn limits(old: &Limits, new: &Limits) -> Vec<String> {
    let looser = [
        ("more actions are allowed in a window", new.max_actions > old.max_actions),
        ("a larger share is allowed in a window", new.max_share_percent > old.max_share_percent),
        ("the window is shorter", new.window_hours < old.window_hours),
    ];
    looser.into_iter().filter(|(_, looser)| *looser).map(|(reason, _)| reason.to_owned()).collect()
}

fn of_rule(old: &Policy, new: &Policy, rule: &str) -> Vec<String> {
    let Some(answer) = acting(new, rule) else { return Vec::new() };
    let Some(before) = acting(old, rule) else { return vec![format!("{rule} is answered by an action")] };
    let mut found = Vec::new();
    if answer.approval.persons() < before.approval.persons() {
        found.push(format!("fewer persons must agree to what {rule} asks for"));
    }
    if last(answer).map(|step| step.action) != last(before).map(|step| step.action) {
        found.push(format!("{rule} is answered by another action"));
    }
    if last(answer).map(|step| step.after_days) < last(before).map(|step| step.after_days) {
        found.push(format!("{rule} acts earlier"));
    }
    if messages(answer) < messages(before) {
        found.push(format!("{rule} tells people fewer times before it acts"));
    }
    if tickets(answer) < tickets(before) {
        found.push(format!("{rule} opens fewer tickets before it acts"));
    }
    if parameters(old, rule) != parameters(new, rule) {
        found.push(format!("the parameters of {rule} change, so that it may act on more"));
    }
    found
}

fn last(answer: &Response) -> Option<&Step> {
    answer.steps.last()
}

fn tickets(answer: &Response) -> usize {
    answer.steps.iter().filter(|step| step.action == ActionKind::Ticket).count()
}

/// How often it tells whoever answers for a credential.
fn messages(answer: &Response) -> usize {
    answer.steps.iter().filter(|step| step.action.only_tells()).count() - tickets(answer)
}

/// A rule's answer, if it changes something in Atlassian and the rule's own mode does not hold it back.
fn acting<'a>(policy: &'a Policy, rule: &str) -> Option<&'a Response> {
    let answer = response_for(policy, rule)?;
    let acts = answer.steps.last().is_some_and(|step| !step.action.only_tells());
    let own = policy.rules.get(rule).and_then(|settings| settings.mode);
    (acts && own != Some(Mode::Observe)).then_some(answer)
}

fn parameters<'a>(policy: &'a Policy, rule: &str) -> Option<&'a crate::rules::Parameters> {
    policy.rules.get(rule).map(|settings| &settings.parameters).filter(|parameters| !parameters.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::plan::tests::policy;
    use crate::model::{ActionKind, Approval, AuthPolicies};

    fn in_force() -> Policy {
        policy(Mode::Enforce, Approval::Required).policy
    }

    fn changed(change: impl FnOnce(&mut Policy)) -> Vec<String> {
        let mut new = in_force();
        change(&mut new);
        loosenings(&in_force(), &new)
    }

    fn respond(policy: &mut Policy) -> &mut Response {
        policy.rules.get_mut("unused").unwrap().respond.as_mut().unwrap()
    }

    #[test]
    fn the_same_and_what_is_stricter_needs_nobody() {
        assert_eq!(changed(|_| {}), Vec::<String>::new());
        assert_eq!(changed(|new| new.mode = Mode::Observe), Vec::<String>::new());
        assert_eq!(changed(|new| new.limits.max_actions = 0), Vec::<String>::new());
        assert_eq!(changed(|new| respond(new).approval = Approval::TwoPersons), Vec::<String>::new());
        assert_eq!(changed(|new| respond(new).steps[0].after_days = 30), Vec::<String>::new());
        assert_eq!(changed(|new| new.protected.extend(["more".into()])), Vec::<String>::new());
        assert_eq!(changed(|new| drop(new.rules.remove("unused"))), Vec::<String>::new());
    }

    #[test]
    fn each_way_of_being_looser_is_named() {
        let loosened = |change: fn(&mut Policy), part: &str| {
            let found = changed(change);
            assert!(found.len() == 1 && found[0].contains(part), "{part}: {found:?}");
        };
        loosened(|new| new.limits.max_actions += 1, "more actions");
        loosened(|new| new.limits.max_share_percent += 0.5, "larger share");
        loosened(|new| new.limits.window_hours -= 1, "window is shorter");
        loosened(|new| new.protected.clear(), "boss is no longer protected");
        loosened(|new| new.approval_valid_days += 1, "valid for longer");
        loosened(|new| new.in_use_days -= 1, "in use for fewer days");
        loosened(
            |new| new.auth_policies = Some(AuthPolicies { blocking: "b".into(), allowing: "a".into() }),
            "other authentication policies",
        );
        loosened(|new| respond(new).approval = Approval::Waived, "fewer persons");
        loosened(|new| respond(new).steps[0].after_days = 6, "acts earlier");
        loosened(
            |new| drop(new.rules.insert("never-used".into(), new.rules["unused"].clone())),
            "never-used is answered",
        );
        loosened(
            |new| drop(new.rules.get_mut("unused").unwrap().parameters.insert("window_days".into(), 9.into())),
            "parameters of unused",
        );
    }

    #[test]
    fn from_observe_to_enforce_is_one_and_a_rule_s_own_mode_another() {
        let observed = Policy { mode: Mode::Observe, ..in_force() };
        assert_eq!(loosenings(&observed, &in_force()), ["the mode goes from observe to enforce"]);
        let mut own = in_force();
        own.rules.get_mut("unused").unwrap().mode = Some(Mode::Observe);
        assert_eq!(loosenings(&own, &in_force()), ["unused is answered by an action"]);
    }

    #[test]
    fn fewer_messages_and_a_message_that_becomes_an_action_are_looser() {
        let mut told = in_force();
        respond(&mut told).steps.insert(0, Step { action: ActionKind::Notify, after_days: 0 });
        assert_eq!(loosenings(&told, &in_force()), ["unused tells people fewer times before it acts"]);
        let mut tells = in_force();
        respond(&mut tells).steps[0].action = ActionKind::Notify;
        assert_eq!(loosenings(&tells, &in_force()), ["unused is answered by an action"]);
    }

    #[test]
    fn a_ticket_less_is_looser_even_where_a_message_takes_its_place() {
        let mut with_ticket = in_force();
        respond(&mut with_ticket).steps.insert(0, Step { action: ActionKind::Ticket, after_days: 0 });
        let mut with_notice = in_force();
        respond(&mut with_notice).steps.insert(0, Step { action: ActionKind::Notify, after_days: 0 });
        assert_eq!(loosenings(&with_ticket, &with_notice), ["unused opens fewer tickets before it acts"]);
        assert_eq!(loosenings(&with_notice, &with_ticket), ["unused tells people fewer times before it acts"]);
        assert_eq!(loosenings(&in_force(), &with_ticket), Vec::<String>::new());
    }
}
