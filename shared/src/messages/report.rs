//! What a report says before anything else, and why a finding no longer stands.

use crate::model::{Knowledge, SectionName};

/// The ids of our own keys are not known.
pub fn own_key_unknown() -> String {
    "The ids of the API keys that Tokenwarden itself uses are not known: they cannot be told from the others in this \
     report, and no org API key is ever offered for revocation until they are."
        .to_owned()
}

/// No event has named a listed token yet.
pub fn join_unproven() -> String {
    "No audit event has named a token by the id of Atlassian's list yet: where an owner's use cannot be joined to one \
     of his tokens, their use is unknown, and nothing acts on it."
        .to_owned()
}

/// Something is in quarantine.
pub fn quarantined(count: u64) -> String {
    format!("Deliveries and events that could not be understood, and are kept in quarantine: {count}.")
}

/// What can be known of external users' tokens.
pub fn external_tokens(shown: Knowledge) -> String {
    let known = match shown {
        Knowledge::Proven => {
            "Those that were used in the time that the log covers are shown as observed tokens; one that was not used \
             does not appear."
        }
        Knowledge::Refuted | Knowledge::Unknown => {
            "This org's log has shown no use of one; whether it would show one is not known."
        }
    };
    format!("The tokens of external users are in no list of Atlassian's. {known}")
}

/// A section is declared out of scope.
pub fn out_of_scope(section: SectionName) -> String {
    format!("The section {section} is declared out of scope.")
}

/// The rule judged the credential again.
pub fn judged_clean() -> &'static str {
    "The rule no longer holds anything against it."
}

/// The policy switched the rule off.
pub fn rule_off() -> &'static str {
    "The policy switched its rule off."
}

/// A token that was only known by its uses.
pub fn forgotten() -> &'static str {
    "No use of it is in the events that we hold any more."
}

/// A credential that is in no list any more.
pub fn vanished() -> &'static str {
    "It is in no list any more: its owner or an admin may have removed it, or it expired."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_first_what_it_cannot_know() {
        let said = [
            own_key_unknown(),
            join_unproven(),
            quarantined(3),
            external_tokens(Knowledge::Proven),
            external_tokens(Knowledge::Unknown),
            out_of_scope(SectionName::OrgApiKeys),
        ];
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn why_a_finding_no_longer_stands() {
        insta::assert_snapshot!([judged_clean(), rule_off(), forgotten(), vanished()].join("\n"));
    }
}
