//! Advancing cases: one transaction for everything that a step changes.

use super::{
    Store,
    call::{TRIES, back_off, failed},
    cases::StoredPolicy,
    item::{Draft, Entity, Item, WRITTEN_IN, body, number, read_key},
    keys::{self, Key},
    orgs::put_org,
    outbox::message_draft,
    transact::{Outcome, Reason, delete, put, put_new, put_next, remove_pending, unexplained},
};
use crate::{
    decide::ledger::chain,
    error::{Error, Result},
    model::{
        Action, ActionId, Decision, FindingId, LedgerHead, MessageId, OrgId, Outgoing, PolicyVersion, Timestamp,
        Versioned,
    },
    ports::{CaseChange, CaseReader, CaseStore, Pending, Written},
};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

impl CaseStore for Store {
    /// What is `handled` leaves the index if it is still there. If its item is gone altogether, the rest is applied all
    /// the same; if it is a finding that was opened anew since a new `action` was planned from it, the change is contended.
    /// A decision that is stored already means that this change was applied before.
    async fn apply(&self, org: &OrgId, change: &CaseChange) -> Result<Written> {
        let mut change = change.clone();
        for tries in 0..TRIES {
            let writes = self.writes(org, &change).await?;
            let Some(reasons) = self.attempt(&writes).await? else { return Ok(Written::Stored) };
            match judge(&writes, &reasons) {
                Verdict::Stop(written) => return Ok(written),
                Verdict::WithoutHandled => change.handled = None,
                Verdict::WithoutMessages(stored) => {
                    let mut stored = stored.into_iter();
                    change.messages.retain(|_| stored.next() != Some(Stored::Already));
                }
                Verdict::Again => {}
                Verdict::Unexplained => return Err(unexplained(&self.tables.cases, &reasons)),
            }
            back_off(tries).await;
        }
        Err(Error::Contended("the ledger".into()))
    }

    async fn pending(&self, org: &OrgId, until: Timestamp, limit: u32) -> Result<Vec<Pending>> {
        let table = &self.tables.cases;
        let mut found = Vec::new();
        let mut start = None;
        while found.len() < limit as usize {
            let request = self
                .client
                .query()
                .table_name(table)
                .index_name("pending")
                .key_condition_expression("pending_org = :org AND pending_since <= :until")
                .expression_attribute_values(":org", AttributeValue::S(org.as_str().to_owned()))
                .expression_attribute_values(":until", number(until.timestamp()))
                .limit((limit as usize - found.len()).min(1000) as i32)
                .set_exclusive_start_key(start);
            let answer = request.send().await.map_err(failed("Query", table))?;
            for item in answer.items.unwrap_or_default() {
                found.extend(pending_of(&read_key(&item)?).map(|(_, pending)| pending));
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(found)
    }

    async fn decision(&self, org: &OrgId, id: &str) -> Result<Option<Decision>> {
        self.get(&self.tables.cases, keys::decision(org, id)).await?.map(body).transpose()
    }
}

/// What a key of the cases table stands for, if it can be pending: for the index and for the table's stream.
pub fn pending_of(key: &Key) -> Option<(OrgId, Pending)> {
    let (kind, org) = key.pk.split_once('#')?;
    let id = keys::unordered(&key.sk);
    let pending = match kind {
        "F" => Pending::Finding(FindingId::new(id)),
        "D" => Pending::Decision(id),
        "A" => Pending::Action(ActionId::new(id)),
        "M" => Pending::Message(MessageId::new(id)),
        _ => return None,
    };
    Some((OrgId::new(keys::unpart(org)), pending))
}

/// What one write of the transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Org, action, budget, campaign, seats, erasure or policy: if it moved, the caller must look again.
    State,
    /// An entry that simply replaces what was there.
    Entry,
    Decision,
    Message,
    Handled,
    Ledger,
}

type Writes = Vec<(Part, TransactWriteItem)>;

impl Store {
    async fn attempt(&self, writes: &Writes) -> Result<Option<Vec<Reason>>> {
        if writes.is_empty() {
            return Ok(None);
        }
        let items = writes.iter().map(|(_, write)| write.clone()).collect();
        match self.transact(&self.tables.cases, items).await? {
            Outcome::Done => Ok(None),
            Outcome::Cancelled(reasons) => Ok(Some(reasons)),
        }
    }

    async fn writes(&self, org: &OrgId, change: &CaseChange) -> Result<Writes> {
        let table = &self.tables.cases;
        let mut writes = Writes::new();
        if let Some(org) = &change.org {
            writes.push((Part::State, put_org(table, org)?));
        }
        if let Some(action) = &change.action {
            writes.push((Part::State, put_next(table, action_draft(org, &action.value)?, action.version)?));
        }
        if let Some(budget) = &change.budget {
            let draft = Draft::new(keys::budget(org), Entity::Budget).text(WRITTEN_IN, table).body(&budget.value)?;
            writes.push((Part::State, put_next(table, draft, budget.version)?));
        }
        if let Some(policy) = &change.policy {
            writes.extend(policy_writes(table, org, policy)?);
        }
        if let Some(proposal) = &change.proposal {
            let draft = Draft::new(keys::policy_proposal(org), Entity::Policy).body(&StoredPolicy::of(proposal)?)?;
            writes.push((Part::Entry, put(table, draft)?));
        }
        for entry in &change.register {
            let draft = Draft::new(keys::register_entry(org, &entry.credential), Entity::RegisterEntry).body(entry)?;
            writes.push((Part::Entry, put(table, draft)?));
        }
        if let Some(sponsor) = &change.sponsor {
            let draft = Draft::new(keys::sponsor(org, &sponsor.account), Entity::Sponsor).body(sponsor)?;
            writes.push((Part::Entry, put(table, draft)?));
        }
        if let Some(credential) = &change.unregister {
            writes.push((Part::Entry, delete(table, keys::register_entry(org, credential))?));
        }
        if let Some(campaign) = &change.campaign {
            let draft = Draft::new(keys::campaign(org, &campaign.value.id), Entity::Campaign).body(&campaign.value)?;
            writes.push((Part::State, put_next(table, draft, campaign.version)?));
        }
        if let Some(seats) = &change.seats {
            let draft = Draft::new(keys::seats(org), Entity::Seats).body(&seats.value)?;
            writes.push((Part::State, put_next(table, draft, seats.version)?));
        }
        if let Some(erasure) = &change.erasure {
            let draft = Draft::new(keys::erasure(org, &erasure.value.id), Entity::Erasure).body(&erasure.value)?;
            writes.push((Part::State, put_next(table, draft, erasure.version)?));
        }
        if let Some(exemption) = &change.exemption {
            let draft = Draft::new(keys::exemption(org, &exemption.id), Entity::Exemption).body(exemption)?;
            writes.push((Part::Entry, put(table, draft)?));
        }
        if let Some(decision) = &change.decision {
            writes.push((Part::Decision, put_new(table, decision_draft(org, decision)?)?));
        }
        for message in &change.messages {
            writes.push((Part::Message, put_next(table, message_draft(org, &Outgoing::new(message.clone()))?, 0)?));
        }
        if let Some(handled) = &change.handled {
            writes.extend(handled_write(table, org, handled, change.action.as_ref())?);
        }
        if let Some(record) = &change.record {
            let head = self.ledger_head(org).await?;
            let entry = chain(org, &head, record.clone());
            let new_head = LedgerHead { seq: entry.seq, hash: entry.hash.clone() };
            let entry_draft = Draft::new(keys::ledger_entry(org, entry.seq), Entity::LedgerEntry).body(&entry)?;
            let head_draft = Draft::new(keys::ledger_head(org), Entity::LedgerHead).body(&new_head)?;
            writes.push((Part::Ledger, put_new(table, entry_draft)?));
            writes.push((Part::Ledger, put_next(table, head_draft, head.seq)?));
        }
        Ok(writes)
    }
}

fn action_draft(org: &OrgId, action: &Action) -> Result<Draft> {
    let draft = Draft::new(keys::action(org, &action.id), Entity::Action).body(action)?;
    Ok(match action.wake_at.filter(|_| !action.state.is_final()) {
        Some(at) => draft.pending(org, at),
        None => draft,
    })
}

fn decision_draft(org: &OrgId, decision: &Decision) -> Result<Draft> {
    let draft = Draft::new(keys::decision(org, &decision.id), Entity::Decision).body(decision)?;
    Ok(draft.pending(org, decision.at))
}

fn policy_writes(table: &str, org: &OrgId, policy: &PolicyVersion) -> Result<Writes> {
    let Some(previous) = policy.version.checked_sub(1) else {
        return Err(Error::invalid("policy version", "the first version is 1"));
    };
    let draft =
        Draft::new(keys::policy_version(org, policy.version), Entity::Policy).body(&StoredPolicy::of(policy)?)?;
    let pointer = Draft::new(keys::policy_pointer(org), Entity::PolicyPointer);
    Ok(vec![(Part::State, put_new(table, draft)?), (Part::State, put_next(table, pointer, previous)?)])
}

/// An action or a message leaves the index by its own write, so handling one adds nothing.
fn handled_write(
    table: &str,
    org: &OrgId,
    handled: &Pending,
    action: Option<&Versioned<Action>>,
) -> Result<Option<(Part, TransactWriteItem)>> {
    let (key, generation) = match handled {
        Pending::Finding(id) => {
            // A new action was planned from the finding as it was read; an older one may answer an older generation.
            let new = action.filter(|action| action.version == 0 && action.value.finding.as_ref() == Some(id));
            (keys::finding(org, id), new.map(|action| action.value.finding_generation))
        }
        Pending::Decision(id) => (keys::decision(org, id), None),
        Pending::Action(_) | Pending::Message(_) => return Ok(None),
    };
    Ok(Some((Part::Handled, remove_pending(table, key, generation)?)))
}

/// Whether a message is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    Already,
    NotYet,
}

/// What follows from a cancelled transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Stop(Written),
    WithoutHandled,
    /// Which messages are there already, in their order.
    WithoutMessages(Vec<Stored>),
    Again,
    Unexplained,
}

fn judge(writes: &Writes, reasons: &[Reason]) -> Verdict {
    let failed = |part: Part| writes.iter().zip(reasons).filter(move |((of, _), _)| *of == part).map(|(_, why)| why);
    let condition = |part: Part| failed(part).find(|reason| matches!(reason, Reason::Condition(_)));
    let standing = |reason: &Reason| -> Option<Item> {
        match reason {
            Reason::Condition(item) => item.clone(),
            Reason::None | Reason::Conflict | Reason::Other(_) => None,
        }
    };
    if condition(Part::State).is_some() {
        return Verdict::Stop(Written::Contended);
    }
    if condition(Part::Decision).is_some() {
        return Verdict::Stop(Written::Stored);
    }
    if condition(Part::Message).is_some() {
        let stored = |why| if matches!(why, &Reason::Condition(_)) { Stored::Already } else { Stored::NotYet };
        return Verdict::WithoutMessages(failed(Part::Message).map(stored).collect());
    }
    if let Some(reason) = condition(Part::Handled) {
        return standing(reason).map_or(Verdict::WithoutHandled, |_| Verdict::Stop(Written::Contended));
    }
    match condition(Part::Ledger).is_some() || reasons.contains(&Reason::Conflict) {
        true => Verdict::Again,
        false => Verdict::Unexplained,
    }
}
