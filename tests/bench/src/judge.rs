//! Judging alone: what one core makes of credentials that are in memory already.

use crate::{Outcome, summary::Summary};
use shared::{
    decide::{
        history::Log,
        holdings::Holdings,
        judge::{Frame, Judges, LookedUp, rows},
        policy::default_policy,
        tally::Tally,
    },
    model::{Credential, Fact, FactName, Facts, JoinState, Knowledge, Owner, Totals, UsageProfile},
    rules::Accounts,
};
use std::{collections::HashMap, time::Instant};
use tokenwarden_tests::sample;

const PART: &str = "Judging (one core, nothing read or written)";
/// So many owners with three credentials each, judged so many times.
const OWNERS: i64 = 1_000;
const ROUNDS: usize = 50;
/// What is wanted.
const WANTED: f64 = 500_000.0;

/// One owner with what is known of him.
#[derive(Clone)]
struct Group {
    owner: Option<Owner>,
    credentials: Vec<Credential>,
    profiles: Vec<UsageProfile>,
}

/// Rows a second, all rules on.
pub(crate) fn measure(summary: &mut Summary) -> Outcome<()> {
    let groups: Vec<Group> = (0..OWNERS).map(group).collect();
    let judges = Judges::new(&default_policy())?;
    let (join_state, accounts, now) = (JoinState::Proven, Accounts::Whole, sample::now());
    let facts = Facts(FactName::ALL.map(proven).to_vec());
    let (log, register) = (Log { events: &[], covered: None }, HashMap::new());
    let frame = Frame {
        judges: &judges,
        own_key_ids: None,
        join: join_state,
        accounts,
        facts: &facts,
        exemptions: &[],
        log,
        register: &register,
        now,
    };
    let looked_up = LookedUp::default();
    // What is judged is given away, as the report gives it away; the copies are made before the clock starts.
    let given: Vec<Group> = (0..ROUNDS).flat_map(|_| groups.iter().cloned()).collect();
    let (begun, mut tally, mut totals) = (Instant::now(), Tally::default(), Totals::default());
    for Group { owner, credentials, profiles } in given {
        let holdings = Holdings::new(owner, credentials, profiles, accounts);
        rows(holdings, &looked_up, &frame).iter().for_each(|row| tally.count(row, now));
    }
    tally.add_to(&mut totals);
    let rate = totals.credentials as f64 / begun.elapsed().as_secs_f64();
    summary.compare(PART, "credentials joined, judged and counted, against 500,000", (rate, WANTED), "rows/s");
    summary.add(
        PART,
        "findings and notes of each",
        (totals.findings + notes(&totals)) as f64 / totals.credentials as f64,
        "a row",
    );
    Ok(())
}

/// So that every rule judges.
fn proven(name: FactName) -> Fact {
    Fact { name, knowledge: Knowledge::Proven, evidence: String::new() }
}

fn notes(totals: &Totals) -> u64 {
    totals.notes_by_rule.values().sum()
}

fn group(number: i64) -> Group {
    let rows: Vec<_> = (0..3).map(|n| sample::row(number * 3 + n)).collect();
    let owner = rows[0].credential.owner.clone();
    let own = |mut credential: Credential| {
        credential.owner.clone_from(&owner);
        credential
    };
    Group {
        owner: rows[0].owner.clone(),
        profiles: rows.iter().filter_map(|row| row.profile.clone()).collect(),
        credentials: rows.into_iter().map(|row| own(row.credential)).collect(),
    }
}
