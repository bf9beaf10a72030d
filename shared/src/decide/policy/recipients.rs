//! What can be wrong with the recipients of messages. No fault repeats a value: it may be an address or a secret.

use super::Fault;
use crate::model::{ActionKind, Channel, MailAddress, Policy, Recipients, Response, SecretName, Tracker, mask::mask};

const CHANNELS_MAX: usize = 10;
const QUESTIONS_CHARS: usize = 200;
const ADDRESS: &str = "write one plain mail address such as it-security@example.com";

pub(super) fn faults(recipients: &Recipients) -> Vec<Fault> {
    let Recipients { questions, sender, fallback, security, tickets } = recipients;
    let mut faults = Vec::new();
    faults.extend(questions.as_deref().and_then(of_questions));
    faults.extend(sender.as_ref().and_then(|address| of_address(&["recipients", "sender"], address)));
    faults.extend(fallback.as_ref().and_then(|address| of_address(&["recipients", "fallback"], address)));
    faults.extend(of_mail(recipients));
    faults.extend(security.iter().filter_map(of_channel));
    faults.extend(of_list(security));
    faults.extend(tickets.iter().flat_map(of_tracker));
    faults
}

/// The ladders that open tickets although nobody says where.
pub(super) fn without_a_tracker(policy: &Policy) -> Vec<Fault> {
    if policy.recipients.tickets.is_some() {
        return Vec::new();
    }
    let mend = "say there where tickets are opened, as `tickets: {secret: NAME, project: SEC, issue_type: Task}`, or take \
                the step out";
    let opens = |respond: &Response| respond.steps.iter().any(|step| step.action == ActionKind::Ticket);
    let rules = policy.rules.iter().filter(|(_, settings)| settings.respond.as_ref().is_some_and(opens));
    let fault = |rule: &String| {
        let path = ["rules", rule.as_str(), "respond", "steps"];
        Fault::new(&path, "holds `ticket` while `recipients.tickets` is absent", mend)
    };
    rules.map(|(rule, _)| fault(rule)).collect()
}

fn of_tracker(tracker: &Tracker) -> Vec<Fault> {
    let at = |key| ["recipients", "tickets", key];
    let project = "write the key of a project of Jira, such as SEC where its issues are SEC-1, SEC-2";
    let issue_type = "write the name of one of the project's issue types, such as Task";
    let wrong = [
        (!tracker.project.is_sound()).then(|| Fault::new(&at("project"), "is no project's key", project)),
        (!tracker.has_sound_type()).then(|| Fault::new(&at("issue_type"), "is no issue type's name", issue_type)),
    ];
    of_name(&at("secret"), &tracker.secret).into_iter().chain(wrong.into_iter().flatten()).collect()
}

fn of_questions(text: &str) -> Option<Fault> {
    let path = ["recipients", "questions"];
    let plain = !text.trim().is_empty() && !text.contains("://") && !text.chars().any(char::is_control);
    let fits = text.chars().count() <= QUESTIONS_CHARS && mask(text) == text;
    let mend = "name a person with mail address or room, such as `Ann Admin (ann@example.com)`, without a link";
    (!plain || !fits).then(|| Fault::new(&path, "is no short line of plain text", mend))
}

fn of_address(path: &[&str], address: &MailAddress) -> Option<Fault> {
    (!address.is_sound()).then(|| Fault::new(path, "is no mail address", ADDRESS))
}

/// Mails need a sender; and whoever writes to owners must be able to write about those who cannot be reached.
fn of_mail(recipients: &Recipients) -> Option<Fault> {
    let by_mail = recipients.security.iter().any(|channel| matches!(channel, Channel::Mail(_)));
    match (&recipients.sender, &recipients.fallback) {
        (None, Some(_)) => Some(no_sender("while `fallback` is set")),
        (None, None) if by_mail => Some(no_sender("while a channel of `security` is a mail address")),
        (Some(_), None) => {
            let reason = "is missing while `sender` is set";
            let mend = "name the address for owners without one and for externals without a sponsor";
            Some(Fault::new(&["recipients", "fallback"], reason, mend))
        }
        (None, None) | (Some(_), Some(_)) => None,
    }
}

fn no_sender(when: &str) -> Fault {
    let mend = "name the address that mails come from; Amazon SES must have verified it or its domain";
    Fault::new(&["recipients", "sender"], format!("is missing {when}"), mend)
}

fn of_channel(channel: &Channel) -> Option<Fault> {
    match channel {
        Channel::Chat(_, name) => of_name(&["recipients", "security", "secret"], name),
        Channel::Webhook(name) => of_name(&["recipients", "security", "webhook"], name),
        Channel::Mail(address) => of_address(&["recipients", "security", "mail"], address),
        Channel::EventBus(_) => None,
    }
}

fn of_name(path: &[&str], name: &SecretName) -> Option<Fault> {
    let mend = "use lower-case letters, digits and hyphens; the endpoint's address belongs into the secret `messages` \
                under that name, never into the policy";
    (!name.is_sound()).then(|| Fault::new(path, "is no name of a secret's entry", mend))
}

fn of_list(channels: &[Channel]) -> Option<Fault> {
    let path = ["recipients", "security"];
    if channels.len() > CHANNELS_MAX {
        return Some(Fault::new(&path, format!("has {} channels", channels.len()), "use at most 10"));
    }
    let twice = (1..channels.len()).any(|at| channels[..at].iter().any(|other| other.key() == channels[at].key()));
    twice.then(|| Fault::new(&path, "has one channel twice", "name each channel once"))
}

#[cfg(test)]
mod tests {
    use crate::decide::policy::parse;

    const GOOD: &str = "\
limits: {max_actions: 5, max_share_percent: 5, window_hours: 24}
recipients:
  questions: Ann Admin (ann@example.com)
  sender: tokens@example.com
  fallback: it-security@example.com
  security:
    - {chat: slack, secret: security-chat}
    - {chat: teams, secret: security-team}
    - mail: security@example.com
    - webhook: siem
    - event_bus: on
  tickets: {secret: jira, project: SEC, issue_type: Task}
";

    fn refusal(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from));
        parse(&GOOD.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn yaml_and_json_give_the_same_recipients() {
        let policy = parse(GOOD).unwrap();
        assert_eq!(policy.recipients.security.len(), 5);
        assert_eq!(parse(&serde_json::to_string_pretty(&policy).unwrap()).unwrap(), policy);
        assert_eq!(parse(&GOOD.replace("event_bus: on", "event_bus: off")).unwrap().recipients.channels().count(), 4);
    }

    #[test]
    fn a_policy_without_recipients_is_as_it_was() {
        let policy = parse(GOOD.split_once("recipients").unwrap().0).unwrap();
        assert!(policy.recipients.is_absent());
        assert!(!serde_json::to_string(&policy).unwrap().contains("recipients"), "its digest stays the same");
    }

    #[test]
    fn each_fault_has_its_key_its_reason_and_its_mend() {
        let sender = refusal("  sender: tokens@example.com\n", "");
        assert!(sender.contains("recipients.sender: is missing while `fallback` is set; name the address"), "{sender}");
        let fallback = refusal("  fallback: it-security@example.com\n", "");
        assert!(fallback.contains("recipients.fallback: is missing while `sender` is set"), "{fallback}");
        let address = refusal("mail: security@example.com", "mail: security");
        assert!(address.contains("line 9: recipients.security.mail: is no mail address"), "{address}");
        let questions = refusal("Ann Admin (ann@example.com)", "https://example.com/help");
        assert!(questions.contains("line 3: recipients.questions"), "{questions}");
        let twice = refusal("webhook: siem", "{chat: slack, secret: security-chat}");
        assert!(twice.contains("one channel twice"), "{twice}");
    }

    #[test]
    fn an_endpoint_s_address_in_the_policy_is_refused_and_not_repeated() {
        let refused = refusal("secret: security-chat", "secret: \"https://hooks.example.com/services/T0/B0/x\"");
        assert!(
            refused.contains("recipients.security.secret") && refused.contains("the secret `messages`"),
            "{refused}"
        );
        assert!(!refused.contains("hooks.example.com"), "{refused}");
    }

    #[test]
    fn a_tracker_is_named_whole_and_as_jira_names_things() {
        let project = refusal("project: SEC", "project: sec");
        assert!(
            project.contains("line 12: recipients.tickets.project: is no project's key; write the key"),
            "{project}"
        );
        let issue_type = refusal("issue_type: Task", "issue_type: ''");
        assert!(issue_type.contains("recipients.tickets.issue_type: is no issue type's name"), "{issue_type}");
        let secret = refusal("secret: jira", "secret: \"https://acme.atlassian.net\"");
        assert!(secret.contains("recipients.tickets.secret") && !secret.contains("acme"), "{secret}");
        assert!(refusal(", issue_type: Task", "").contains("issue_type"));
        assert!(refusal("project: SEC", "project: SEC, board: 1").contains("board"));
    }

    #[test]
    fn a_ladder_that_opens_tickets_nowhere_is_refused_with_its_mend() {
        let ladder = "rules:\n  unused:\n    respond:\n      steps: [{do: ticket, after_days: 3}]\n";
        assert!(parse(&format!("{GOOD}{ladder}")).is_ok());
        let nowhere = GOOD.split_once("  tickets:").unwrap().0;
        let refused = parse(&format!("{nowhere}{ladder}")).unwrap_err().to_string();
        let said =
            "line 15: rules.unused.respond.steps: holds `ticket` while `recipients.tickets` is absent; say there";
        assert!(refused.contains(said), "{refused}");
    }

    #[test]
    fn half_a_channel_is_refused_with_the_forms_that_there_are() {
        let refused = refusal("{chat: slack, secret: security-chat}", "{chat: slack}");
        assert!(refused.contains("{webhook: NAME}"), "{refused}");
    }
}
