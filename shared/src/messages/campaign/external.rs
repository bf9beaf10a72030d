//! External users' tokens are blocked by hand: who is given a seat, what is clicked, what came of it.
//!
//! Sources: Atlassian's support pages "Block user API token access" (External user policy or Test policy, API token access,
//! Block) and "Add test policy" (at most five users; about ten minutes until it holds).

use super::super::{listed, plain, seats::WHERE};
use super::{Counts, Standing};
use crate::model::{CampaignId, Knowledge, LogSays, Seat, Seats, Settled, Stand};

/// How many accounts stand how, in a sentence.
pub(super) fn counted(counts: &Counts) -> String {
    let of = |stand: Stand| counts.get(&stand).copied().unwrap_or(0);
    format!(
        "External accounts seen with a token: {}. Of these {} have a seat in the Test policy, {} use a token and have \
         none, {} are unclear, {} are quiet, {} need a person's hand.",
        counts.values().sum::<u64>(),
        of(Stand::Done),
        of(Stand::Todo),
        of(Stand::Unclear),
        of(Stand::Stays),
        of(Stand::ByHand),
    )
}

/// What the list cannot hold, where the log is not proven to show what external users do.
pub fn unseen(knowledge: Knowledge) -> Option<String> {
    let because = match knowledge {
        Knowledge::Proven => return None,
        Knowledge::Refuted => "This org's log was seen not to show external users' uses of tokens",
        Knowledge::Unknown => "Whether this org's log shows external users' uses of tokens is not known",
    };
    Some(format!(
        "{because}, and no list holds their tokens: whoever is not listed here may use one all the same. Ask the people \
         who work with external users before tokens are blocked."
    ))
}

/// Why it is not clear whether an account's work stops.
pub fn not_shown() -> String {
    "Whether this org's log shows external users' uses is not proven, so that none is seen says nothing.".into()
}

/// Why nothing is to be done for an account.
pub fn quiet() -> String {
    "The log was read without a gap since its last use, and it has been quiet for more than twice its longest pause and \
     more than 30 days. A rarer use cannot be excluded."
        .into()
}

/// Why nothing is to be done for an account after the click.
pub fn silent_since() -> String {
    "No use is seen since an hour after the click.".into()
}

/// An account used a token although an hour had passed since the click.
pub fn used_since() -> String {
    "It used a token more than an hour after the click, and has no seat.".into()
}

/// An account keeps its tokens.
pub fn seated(seat: &Seat) -> String {
    format!("It has a seat in the Test policy until {}: {}", super::super::day(seat.until), plain(&seat.reason))
}

/// What is to be done next.
pub(super) fn next(standing: &Standing<'_>) -> Vec<String> {
    match standing.settled {
        Some(settled) => vec![came_of(settled)],
        None => [seats(standing), click(&standing.campaign.id)].concat(),
    }
}

fn seats(standing: &Standing<'_>) -> Vec<String> {
    let of = |stand: Stand| standing.counts.get(&stand).copied().unwrap_or(0);
    let mut next = Vec::new();
    if of(Stand::Todo) + of(Stand::Unclear) > 0 {
        next.push(format!(
            "Decide who must keep a token, and give each of them a seat in the Test policy ({} of {} are free): \
             tokenwarden seats take ACCOUNT --until DATE --reason \"…\". Then add each of them by hand: open {WHERE}, \
             choose Test policy (or Add test policy), add the users, leave its API token access on Allow, and save.",
            standing.free_seats,
            Seats::MOST,
        ));
        next.push("Tell all others, or their sponsors, from when on their tokens are refused.".into());
    }
    if of(Stand::ByHand) > 0 {
        next.push("Take those whose seat has ended out of the Test policy: tokenwarden seats list".into());
    }
    next
}

/// The click that no API does, step by step.
fn click(id: &CampaignId) -> Vec<String> {
    let steps = [
        "When nobody is left who must keep a token, block them by hand, because no API does it (it needs Atlassian Guard \
         Standard):"
            .to_owned(),
        "  1. Sign in to admin.atlassian.com as an org admin and choose the organization.".to_owned(),
        format!("  2. Open {WHERE}; menus move, so search the page for these words."),
        "  3. Choose External user policy; not the Test policy.".to_owned(),
        "  4. Under API token access choose Block, and save. It holds after about ten minutes.".to_owned(),
        format!("  5. Say that it is done: tokenwarden campaign clicked {id} --reason \"…\""),
        "It counts as verified once the log was read over a day from an hour after the click on, and holds no use by an \
         external account without a seat; only where the log is proven to show such uses."
            .to_owned(),
    ];
    steps.into()
}

/// What the log shows of the click.
fn came_of(settled: &Settled) -> String {
    match (settled.reported, settled.log) {
        (false, _) => super::wait_for_a_report(),
        (true, LogSays::Used) => format!(
            "Not verified: used by {} more than an hour after the click. Look whether the click was made in the External \
             user policy, and whether they are in the Test policy without a seat here.",
            listed(&settled.used_by.iter().map(|name| plain(name)).collect::<Vec<_>>()),
        ),
        (true, LogSays::NoUse) => {
            "Verified as far as the log shows: over a day from an hour after the click on, no external account without a \
             seat used a token. Whatever runs more rarely would be named here once it is seen."
                .into()
        }
        (true, LogSays::NotReadYet) => {
            "Not verified yet: no use is seen, but the log was not yet read without a gap over a day from an hour after \
             the click on. Wait for the report after that."
                .into()
        }
        (true, LogSays::CannotShow | LogSays::NotAsked) => {
            "It cannot be verified by the log: whether external users' uses leave events in this org is not proven. Try \
             it: have one external user without a seat call an API with a token; it should be refused, with the words \
             that an admin blocked the token."
                .into()
        }
    }
}
