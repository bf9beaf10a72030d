//! What the issue says that is opened for a credential.

use super::{NoticeFacts, Text, notice};

/// Somebody should look into it: what, whose, why, what is planned and when, and what to do.
pub fn ticket(facts: &NoticeFacts<'_>) -> Text {
    let (subject, coming) = match facts.next {
        Some(_) => (notice(facts).subject, facts.coming()),
        None => (format!("{}: please have a look", facts.subject()), "Nothing is planned for it.".to_owned()),
    };
    facts.text(subject, &[&facts.introduction(), &coming, &facts.effects(), wanted(facts)])
}

fn wanted(facts: &NoticeFacts<'_>) -> &'static str {
    match facts.next {
        Some(_) => {
            "What to do: find out with whoever answers for it whether a job needs it. If one does, refuse the action in \
             Tokenwarden or grant an exemption there, and say why. If none does, agree to the action where an approval is \
             asked for. Closing this issue changes nothing in Tokenwarden."
        }
        None => {
            "What to do: find out with whoever answers for it whether it is still needed. If it is, grant an exemption in \
             Tokenwarden, and say why. If it is not, have its owner remove it, or ask for the action in Tokenwarden. \
             Closing this issue changes nothing there."
        }
    }
}
