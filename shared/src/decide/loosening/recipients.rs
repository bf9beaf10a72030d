//! Fewer people who hear of what is done, or others. Whoever could take them away alone could act unseen.

use crate::model::{ActionKind, Policy};

pub(super) fn loosenings(old: &Policy, new: &Policy) -> Vec<String> {
    let (before, after) = (&old.recipients, &new.recipients);
    let lost = before.channels().filter(|channel| after.channels().all(|other| other.key() != channel.key()));
    let mut found: Vec<String> = lost.map(|channel| format!("{channel} no longer tells the security team")).collect();
    let same_fallback = before.fallback.as_ref().is_none_or(|address| {
        let other = after.fallback.as_ref();
        other.is_some_and(|other| other.is_same(address))
    });
    if !same_fallback {
        found.push("what reaches no owner goes to another address or to nobody".to_owned());
    }
    if opens_tickets(old) && before.tickets.is_some() && before.tickets != after.tickets {
        found.push("tickets are opened elsewhere or nowhere".to_owned());
    }
    found
}

/// Whether a ladder of the policy opens tickets.
fn opens_tickets(policy: &Policy) -> bool {
    let answers = policy.rules.values().filter(|settings| settings.enabled).filter_map(|one| one.respond.as_ref());
    answers.flat_map(|answer| &answer.steps).any(|step| step.action == ActionKind::Ticket)
}

#[cfg(test)]
mod tests {
    use crate::{
        decide::{loosening::loosenings, policy::parse},
        model::{Mode, Policy},
    };

    const POLICY: &str = "\
mode: enforce
protected: [boss]
limits: {max_actions: 5, max_share_percent: 5, window_hours: 24}
recipients:
  sender: t@example.com
  fallback: it@example.com
  security: [{chat: slack, secret: chat}, {mail: sec@example.com}, {event_bus: on}]
  tickets: {secret: jira, project: SEC, issue_type: Task}
rules:
  unused: {respond: {steps: [{do: notify, after_days: 0}, {do: ticket, after_days: 3}, {do: revoke, after_days: 7}]}}
";

    fn changed(from: &str, to: &str) -> Vec<String> {
        assert!(POLICY.contains(from));
        loosenings(&parse(POLICY).unwrap(), &parse(&POLICY.replace(from, to)).unwrap())
    }

    #[test]
    fn a_channel_that_is_taken_away_turned_off_or_changed_needs_a_second_person() {
        let chat = ["Slack (chat) no longer tells the security team"];
        assert_eq!(changed("{chat: slack, secret: chat}, ", ""), chat);
        assert_eq!(changed("secret: chat", "secret: another"), chat);
        assert_eq!(
            changed("{mail: sec@example.com}", "{mail: me@example.com}"),
            ["mail no longer tells the security team"]
        );
        assert_eq!(changed("{event_bus: on}", "{event_bus: off}"), ["event bus no longer tells the security team"]);
    }

    #[test]
    fn a_channel_more_or_the_same_in_another_order_needs_nobody() {
        let none = Vec::<String>::new();
        assert_eq!(changed("[{chat", "[{webhook: siem}, {chat"), none);
        assert_eq!(
            changed("{mail: sec@example.com}, {event_bus: on}", "{event_bus: on}, {mail: SEC@example.com}"),
            none
        );
        assert_eq!(changed("sender: t@", "sender: u@"), none);
        let silent = Policy { recipients: Default::default(), rules: Default::default(), ..parse(POLICY).unwrap() };
        let heard = Policy { rules: Default::default(), ..parse(POLICY).unwrap() };
        assert_eq!(loosenings(&silent, &heard), none);
    }

    #[test]
    fn another_fallback_needs_a_second_person() {
        let found = ["what reaches no owner goes to another address or to nobody"];
        assert_eq!(changed("fallback: it@", "fallback: me@"), found);
        assert_eq!(changed("fallback: it@", "fallback: IT@"), Vec::<String>::new());
    }

    #[test]
    fn tickets_elsewhere_need_a_second_person_while_a_ladder_opens_them() {
        let elsewhere = ["tickets are opened elsewhere or nowhere"];
        assert_eq!(changed("project: SEC", "project: OPS"), elsewhere);
        assert_eq!(changed("secret: jira", "secret: other"), elsewhere);
        let policy = parse(POLICY).unwrap();
        let mut nowhere = policy.clone();
        nowhere.recipients.tickets = None;
        nowhere.rules.clear();
        assert_eq!(loosenings(&policy, &nowhere), elsewhere);
        let unused = Policy { rules: Default::default(), ..policy.clone() };
        assert_eq!(loosenings(&unused, &nowhere), Vec::<String>::new());
        assert_eq!(loosenings(&policy, &Policy { mode: Mode::Observe, ..nowhere }), Vec::<String>::new());
    }
}
