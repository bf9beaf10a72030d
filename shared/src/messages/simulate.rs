//! What is said of a simulated past: what would have been done, and what such a simulation cannot know.

use super::{counted, day, days};
use crate::model::{Mode, Timestamp};
use chrono::NaiveDate;

/// A rule of which nobody kept what it would have to know.
pub fn not_replayed(rule: &str, missing: &str) -> String {
    format!("{rule} is not replayed, because this is not known: {missing}.")
}

/// A use that ended a case.
pub fn used_meanwhile(at: Timestamp) -> String {
    format!("it was used on {}, so nothing is held against it any more", day(at))
}

/// Where nobody agrees.
pub fn not_agreed() -> &'static str {
    "waits for an approval, which this simulation takes as refused"
}

/// Another rule was first.
pub fn gone_already() -> &'static str {
    "another rule would have revoked it by then"
}

/// A revocation after which it was used.
pub fn would_have_broken(first_on: NaiveDate, days_after: i64, days_used: usize) -> String {
    let again = match days_used {
        1 => String::new(),
        more => format!(", and on {} in all", counted(more, "day")),
    };
    format!("would have broken: used on {first_on}, {} after{again}", days(days_after))
}

/// A revocation after which no use is known.
pub fn no_use_known() -> &'static str {
    "no use is known afterwards"
}

/// A case that ended with messages.
pub fn only_told() -> &'static str {
    "its owner would have been told, nothing else"
}

/// What is true of the whole simulation: what it assumes.
pub fn assumed(mode: Mode, approvals: &str, first: NaiveDate) -> Vec<String> {
    let mode = match mode {
        Mode::Observe => {
            "The mode of this policy is observe, so nothing would have been done; this is what enforce would have done."
        }
        Mode::Enforce => "The mode of this policy is enforce.",
    };
    vec![
        mode.to_owned(),
        format!("The policy is taken to come into force on {first}, and judges at the end of each day (UTC)."),
        format!("Where the policy asks for an approval, it is taken as {approvals}."),
        "Messages are taken as sent when they are due; exemptions and the kill switch are left out.".to_owned(),
        "Whether an owner is an org admin, and what is proven about the log, is taken as it is today.".to_owned(),
    ]
}

/// Why a good result is no proof.
pub fn survivorship() -> &'static str {
    "Only credentials that the latest report lists are looked at: those that were revoked, or expired and left the list, \
     before it are missing, and with them what revoking them earlier would have broken. Of the uses only those that left \
     an event that we hold, and the last one of Atlassian's list, are known: a use that leaves no event is not seen. So \
     \u{201c}no use is known afterwards\u{201d} is no proof that nothing would have broken."
}

/// More credentials than one simulation reads.
pub fn left_out(read: usize) -> String {
    format!("Only the first {read} credentials of the report were read; the others are left out.")
}

/// How far back uses are known.
pub fn window(from: NaiveDate, to: NaiveDate) -> String {
    format!("Replayed: {from} to {to}, {}.", days((to - from).num_days() + 1))
}

/// What a policy would have done, in numbers.
pub fn summary(whose: &str, credentials: usize, revoked: usize, broken: usize, messages: usize) -> String {
    let of = counted(credentials, "credential");
    format!("{whose} would have revoked {revoked} of {of}; used afterwards: {broken}; messages sent: {messages}.")
}

/// How two policies differ, in numbers.
pub fn difference(both: usize, candidate_only: usize, in_force_only: usize) -> String {
    format!(
        "Revoked by both: {both}; by this policy only: {candidate_only}; by the one in force only: {in_force_only}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_reads_as_it_was_agreed() {
        let on: NaiveDate = "2026-11-21".parse().unwrap();
        let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let said = [
            not_replayed("owner-deactivated", "which state its owner's account had then"),
            not_replayed("never-used", "proof that uses leave events in this org's log"),
            used_meanwhile(at),
            not_agreed().to_owned(),
            gone_already().to_owned(),
            would_have_broken(on, 1, 1),
            would_have_broken(on, 59, 12),
            no_use_known().to_owned(),
            only_told().to_owned(),
            assumed(Mode::Observe, "given at once", on).join("\n"),
            assumed(Mode::Enforce, "refused", on).join("\n"),
            survivorship().to_owned(),
            left_out(20_000),
            window(on, on),
            summary("This policy", 154, 12, 1, 0),
            difference(1, 11, 0),
        ];
        insta::assert_snapshot!(said.join("\n"));
    }
}
