//! What becomes of a message on its way: when it may go, when it is tried again, when it is given up.

use crate::{
    decide::plan::mode_for,
    messages::{
        letter::{Capacity, Part, letter},
        notices::{self, Text},
    },
    model::{
        ActionId, AnswerLink, AnswersAs, Audience, Channel, Mailbox, Message, MessageId, MessageKind, MessageState,
        Mode, OpenMail, OrgId, Outgoing, Policy, Stop, TicketKey, Timestamp, short_hash,
    },
};
use chrono::TimeDelta;

/// How long after each failed try the next one comes; after the last one it is given up.
const DELAYS: [TimeDelta; 7] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(15),
    TimeDelta::minutes(30),
    TimeDelta::hours(1),
    TimeDelta::hours(3),
    TimeDelta::hours(6),
];
/// One recipient gets at most one mail in this time.
pub const MAIL_INTERVAL: TimeDelta = TimeDelta::days(7);
/// While a try is under way nobody else begins one: longer than an invocation lasts.
const LEASE: TimeDelta = TimeDelta::minutes(3);
/// While the kill switch is on a message is looked at so often.
const STOPPED_FOR: TimeDelta = TimeDelta::minutes(15);
/// A link opens for so long after its message was written: not after it was sent, or a repeated mail would differ.
const ANSWERED_WITHIN: TimeDelta = TimeDelta::days(90);
/// One mail holds at most so many messages; the rest waits for the next.
pub const MESSAGES_A_MAIL: usize = 40;

/// Whether a message may be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// It may.
    Go,
    /// Not before this, for this reason.
    Wait(Timestamp, String),
    /// Never, for this reason.
    Withhold(String),
}

/// Whether the policy in force and the kill switch let a message go, whatever they said when it was written.
pub fn leave(message: &Message, policy: &Policy, stopped: Option<&Stop>, now: Timestamp) -> Leave {
    let recipients = &policy.recipients;
    if recipients.is_absent() {
        return withhold("the policy names no recipients; add `recipients` to it, and send the message again");
    }
    match &message.audience {
        Audience::Security if recipients.channels().next().is_none() => {
            withhold("the policy names no channel of the security team (`recipients.security`)")
        }
        Audience::Security => Leave::Go,
        Audience::Tickets => to_tracker(message, policy, stopped, now),
        Audience::Owner(_) => to_owner(message, policy, stopped, now),
    }
}

fn to_tracker(message: &Message, policy: &Policy, stopped: Option<&Stop>, now: Timestamp) -> Leave {
    match (mode_for(policy, message.rule.as_deref()), &policy.recipients.tickets, stopped) {
        (Mode::Observe, _, _) => withhold("the mode is observe: no ticket is opened"),
        (Mode::Enforce, None, _) => withhold(
            "the policy does not say where tickets are opened; add `recipients.tickets` to it, and send it again",
        ),
        (Mode::Enforce, Some(_), Some(_)) => {
            Leave::Wait(now + STOPPED_FOR, "the kill switch is on: tickets are opened once it is released".into())
        }
        (Mode::Enforce, Some(_), None) => Leave::Go,
    }
}

fn to_owner(message: &Message, policy: &Policy, stopped: Option<&Stop>, now: Timestamp) -> Leave {
    match (mode_for(policy, message.rule.as_deref()), &policy.recipients.sender, stopped) {
        (Mode::Observe, _, _) => withhold("the mode is observe: no owner is written to"),
        (Mode::Enforce, None, _) => withhold("the policy names no sender (`recipients.sender`), so no mail is sent"),
        (Mode::Enforce, Some(_), Some(_)) => {
            Leave::Wait(now + STOPPED_FOR, "the kill switch is on: owners are written to once it is released".into())
        }
        (Mode::Enforce, Some(_), None) => Leave::Go,
    }
}

fn withhold(reason: &str) -> Leave {
    Leave::Withhold(reason.to_owned())
}

/// The message as it is stored before a try, so that a crash costs one try and two invocations make one.
pub fn claimed(outgoing: &Outgoing, now: Timestamp) -> Outgoing {
    let reason = Some("it is being sent".to_owned());
    Outgoing { attempts: outgoing.attempts + 1, next_at: Some(now + LEASE), reason, ..outgoing.clone() }
}

/// The message after a channel took it: sent once all have.
pub fn taken_by(outgoing: &Outgoing, channel: &Channel, all: &[&Channel], now: Timestamp) -> Outgoing {
    let mut taken = outgoing.clone();
    taken.delivered.insert(channel.key());
    match all.iter().all(|channel| taken.delivered.contains(&channel.key())) {
        true => sent(&taken, now),
        false => taken,
    }
}

/// The message once everybody has it.
pub fn sent(outgoing: &Outgoing, now: Timestamp) -> Outgoing {
    Outgoing { state: MessageState::Sent, next_at: None, sent_at: Some(now), reason: None, ..outgoing.clone() }
}

/// The message once its ticket is opened.
pub fn opened(outgoing: &Outgoing, ticket: TicketKey, now: Timestamp) -> Outgoing {
    let reason = Some(format!("opened {ticket}"));
    Outgoing { reason, ticket: Some(ticket), ..sent(outgoing, now) }
}

/// The message after a failed try: it waits for the next one, or is given up. `wait` is what the other side asked for.
pub fn failed(outgoing: &Outgoing, reason: &str, wait: Option<TimeDelta>, now: Timestamp) -> Outgoing {
    let tries = outgoing.attempts;
    let next = tries.checked_sub(1).and_then(|at| DELAYS.get(at as usize));
    match next {
        Some(delay) => {
            let next_at = Some(now + (*delay).max(wait.unwrap_or_default().min(DELAYS[DELAYS.len() - 1])));
            Outgoing { next_at, reason: Some(format!("try {tries} failed: {reason}")), ..outgoing.clone() }
        }
        None => dead(outgoing, format!("given up after {tries} tries: {reason}")),
    }
}

/// The message that nobody will get.
pub fn dead(outgoing: &Outgoing, reason: String) -> Outgoing {
    Outgoing { state: MessageState::Dead, next_at: None, reason: Some(reason), ..outgoing.clone() }
}

/// The message that is not to be sent.
pub fn withheld(outgoing: &Outgoing, reason: String) -> Outgoing {
    Outgoing { state: MessageState::Withheld, next_at: None, reason: Some(reason), ..outgoing.clone() }
}

/// The message that waits for something, which costs it no try.
pub fn postponed(outgoing: &Outgoing, until: Timestamp, reason: String) -> Outgoing {
    Outgoing { next_at: Some(until), reason: Some(reason), ..outgoing.clone() }
}

/// The message that a person wants to be sent after all; `None` where it is sent or on its way.
pub fn revived(outgoing: &Outgoing, by: &str, now: Timestamp) -> Option<Outgoing> {
    match outgoing.state {
        MessageState::Waiting | MessageState::Sent => None,
        MessageState::Withheld | MessageState::Dead => Some(Outgoing {
            state: MessageState::Waiting,
            attempts: 0,
            next_at: Some(now),
            reason: Some(format!("{by} wants it to be sent again")),
            ..outgoing.clone()
        }),
    }
}

/// When the next mail may go to a recipient; `None` if at once.
pub fn next_mail(mailbox: &Mailbox, now: Timestamp) -> Option<Timestamp> {
    mailbox.last_sent_at.map(|at| at + MAIL_INTERVAL).filter(|at| *at > now)
}

/// The mail that is made of these messages.
pub fn open_mail(org: &OrgId, messages: &[&Message]) -> OpenMail {
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id.clone()).collect();
    let id = match &ids[..] {
        [one] => one.clone(),
        several => {
            let parts: Vec<&str> = [org.as_str()].into_iter().chain(several.iter().map(MessageId::as_str)).collect();
            MessageId::new(short_hash(&parts))
        }
    };
    OpenMail { id, messages: ids }
}

/// What a mail of one message says.
pub fn mail_text(message: &Message, now: Timestamp) -> Text {
    letter(&[part(message, &Capacity::Owner, None)], now)
}

/// A message as a part of a mail; `answer` is the address at which its reader answers.
pub fn part<'a>(message: &'a Message, capacity: &'a Capacity, answer: Option<&'a str>) -> Part<'a> {
    Part { capacity, subject: &message.subject, text: &message.text, answer, written_at: message.at }
}

/// The action whose page is of use to the readers of a message: those who decide on it, and those who look into it.
pub fn page_of(message: &Message) -> Option<&ActionId> {
    match message.kind {
        MessageKind::ApprovalWanted | MessageKind::Ticket => message.action.as_ref(),
        MessageKind::Notice
        | MessageKind::Reminder
        | MessageKind::StepWanted
        | MessageKind::Done
        | MessageKind::Ended
        | MessageKind::BudgetSpent => None,
    }
}

/// The message with the address of its action's page as its last paragraph, where there is one.
pub fn with_page(message: &Message, page: Option<&str>) -> Message {
    let text = page.map_or_else(|| message.text.clone(), |page| notices::with_page(&message.text, page));
    Message { text, ..message.clone() }
}

/// What the reader of a message may answer for; nothing where the message tells of nothing that is to come.
pub fn answer_link(org: &OrgId, message: &Message, capacity: &Capacity) -> Option<AnswerLink> {
    let (Audience::Owner(account), Some(action)) = (&message.audience, &message.action) else { return None };
    match message.kind {
        MessageKind::Notice | MessageKind::Reminder => {}
        MessageKind::ApprovalWanted
        | MessageKind::StepWanted
        | MessageKind::Done
        | MessageKind::Ended
        | MessageKind::BudgetSpent
        | MessageKind::Ticket => return None,
    }
    let answers_as = match capacity {
        Capacity::Owner => AnswersAs::Owner,
        Capacity::Sponsor { .. } => AnswersAs::Sponsor,
        Capacity::Fallback { .. } => AnswersAs::Fallback,
    };
    let (org, action, account) = (org.clone(), action.clone(), account.clone());
    Some(AnswerLink { org, action, account, answers_as, until: message.at + ANSWERED_WITHIN })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decide::policy::parse,
        model::{ChatKind, SecretName},
    };

    const POLICY: &str = "\
mode: enforce
protected: [boss]
limits: {max_actions: 5, max_share_percent: 5, window_hours: 24}
recipients: {sender: t@example.com, fallback: it@example.com, security: [{event_bus: on}]}
rules: {unused: {mode: observe}}
";

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn message(audience: Audience, rule: Option<&str>) -> Message {
        Message {
            id: Message::id_of(&"o".into(), MessageKind::Notice, "c", &audience),
            audience,
            kind: MessageKind::Notice,
            action: None,
            credential: None,
            rule: rule.map(str::to_owned),
            subject: "s".into(),
            text: "t".into(),
            at: now(),
        }
    }

    fn to_owner(rule: Option<&str>) -> Message {
        message(Audience::Owner("a".into()), rule)
    }

    fn withheld_because(leave: Leave) -> String {
        let Leave::Withhold(reason) = leave else { panic!("{leave:?}") };
        reason
    }

    #[test]
    fn the_tries_come_at_growing_distances_and_the_eighth_is_the_last() {
        let (mut outgoing, mut at, mut waits) = (Outgoing::new(to_owner(None)), now(), Vec::new());
        while outgoing.state == MessageState::Waiting {
            outgoing = failed(&claimed(&outgoing, at), "status 500", None, at);
            waits.extend(outgoing.next_at.map(|next| (next - at).num_minutes()));
            at = outgoing.next_at.unwrap_or(at);
        }
        assert_eq!(waits, [1, 5, 15, 30, 60, 180, 360]);
        assert_eq!((outgoing.state, outgoing.attempts), (MessageState::Dead, 8));
        assert_eq!(outgoing.reason.as_deref(), Some("given up after 8 tries: status 500"));
    }

    #[test]
    fn who_asks_for_patience_gets_it_within_reason() {
        let first = claimed(&Outgoing::new(to_owner(None)), now());
        let after = |wait| failed(&first, "status 429", wait, now()).next_at.unwrap() - now();
        assert_eq!(after(Some(TimeDelta::minutes(9))), TimeDelta::minutes(9));
        assert_eq!(after(Some(TimeDelta::days(9))), TimeDelta::hours(6));
        assert_eq!(after(None), TimeDelta::minutes(1));
    }

    #[test]
    fn observe_the_kill_switch_and_silence_hold_back_what_is_for_owners() {
        let policy = parse(POLICY).unwrap();
        let stop = Stop { by: "ann".into(), at: now(), reason: "r".into() };
        assert_eq!(leave(&to_owner(None), &policy, None, now()), Leave::Go);
        assert!(withheld_because(leave(&to_owner(Some("unused")), &policy, None, now())).contains("observe"));
        assert!(matches!(leave(&to_owner(None), &policy, Some(&stop), now()), Leave::Wait(..)));
        assert_eq!(leave(&message(Audience::Security, Some("unused")), &policy, Some(&stop), now()), Leave::Go);
        let silent = Policy { recipients: Default::default(), ..policy };
        assert!(
            withheld_because(leave(&message(Audience::Security, None), &silent, None, now())).contains("recipients")
        );
    }

    #[test]
    fn a_ticket_is_held_back_as_a_mail_to_an_owner_is() {
        let policy =
            parse(&POLICY.replace("security:", "tickets: {secret: j, project: SEC, issue_type: Task}, security:"));
        let policy = policy.unwrap();
        let stop = Stop { by: "ann".into(), at: now(), reason: "r".into() };
        let (ticket, observed) = (message(Audience::Tickets, None), message(Audience::Tickets, Some("unused")));
        assert_eq!(leave(&ticket, &policy, None, now()), Leave::Go);
        assert!(withheld_because(leave(&observed, &policy, None, now())).contains("observe"));
        assert!(matches!(leave(&ticket, &policy, Some(&stop), now()), Leave::Wait(..)));
        let nowhere = parse(POLICY).unwrap();
        assert!(withheld_because(leave(&ticket, &nowhere, None, now())).contains("`recipients.tickets`"));
    }

    #[test]
    fn the_issue_that_was_opened_is_kept_with_its_message() {
        let opened = opened(&Outgoing::new(message(Audience::Tickets, None)), "SEC-12".into(), now());
        assert_eq!((opened.state, opened.reason.as_deref()), (MessageState::Sent, Some("opened SEC-12")));
        assert_eq!(opened.ticket, Some("SEC-12".into()));
    }

    #[test]
    fn the_page_of_an_action_is_the_last_paragraph_where_somebody_decides_or_looks_into_it() {
        let about = |kind| Message { kind, action: Some("act".into()), ..message(Audience::Security, None) };
        assert!(
            page_of(&about(MessageKind::ApprovalWanted)).is_some() && page_of(&about(MessageKind::Ticket)).is_some()
        );
        assert_eq!(page_of(&about(MessageKind::Done)), None);
        let asked = about(MessageKind::ApprovalWanted);
        let shown = with_page(&asked, Some("https://t.example.com/orgs/o/actions/act")).text;
        assert!(shown.starts_with("t\n\n") && shown.ends_with(": https://t.example.com/orgs/o/actions/act"), "{shown}");
        assert_eq!(with_page(&asked, None), asked);
    }

    #[test]
    fn a_message_is_sent_once_every_channel_took_it() {
        let chat = Channel::Chat(ChatKind::Slack, SecretName::new("chat"));
        let hook = Channel::Webhook(SecretName::new("siem"));
        let all = [&chat, &hook];
        let half = taken_by(&Outgoing::new(to_owner(None)), &chat, &all, now());
        assert_eq!((half.state, half.delivered.len()), (MessageState::Waiting, 1));
        assert_eq!(taken_by(&half, &hook, &all, now()).state, MessageState::Sent);
    }

    #[test]
    fn who_is_told_of_something_to_come_may_answer_and_the_security_team_may_not() {
        let told = Message { action: Some("act".into()), ..to_owner(None) };
        let link = |message: &Message, capacity| answer_link(&"o".into(), message, &capacity);
        let sponsor = Capacity::Sponsor { of: "Carol".into() };
        assert_eq!(link(&told, sponsor).unwrap().principal(), "sponsor for a");
        assert_eq!(link(&told, Capacity::Owner).unwrap().principal(), "owner a");
        assert_eq!(link(&to_owner(None), Capacity::Owner), None);
        assert_eq!(link(&Message { kind: MessageKind::Done, ..told.clone() }, Capacity::Owner), None);
        assert_eq!(link(&Message { audience: Audience::Security, ..told }, Capacity::Owner), None);
    }

    #[test]
    fn only_what_was_given_up_or_withheld_is_revived() {
        let waiting = Outgoing::new(to_owner(None));
        assert_eq!(revived(&waiting, "ann", now()), None);
        assert_eq!(revived(&sent(&waiting, now()), "ann", now()), None);
        let again = revived(&dead(&waiting, "no".into()), "ann", now()).unwrap();
        assert_eq!((again.state, again.attempts, again.is_due(now())), (MessageState::Waiting, 0, true));
    }

    #[test]
    fn a_mail_of_one_message_bears_its_id_and_the_next_goes_a_week_later() {
        let one = to_owner(None);
        assert_eq!(open_mail(&"o".into(), &[&one]).id, one.id);
        assert_ne!(open_mail(&"o".into(), &[&one, &one]).id, one.id);
        let mailbox = Mailbox { last_sent_at: Some(now()), open: None };
        assert_eq!(next_mail(&mailbox, now()), Some(now() + TimeDelta::days(7)));
        assert_eq!(next_mail(&mailbox, now() + TimeDelta::days(7)), None);
    }
}
