//! A credential's row: the facts joined, and what the rules make of them.

use super::{
    exempt::{self, Covered},
    history::{self, Log},
    holdings::Holdings,
};
use crate::error::{Error, Result};
use crate::model::{
    Credential, CredentialId, CredentialKind, CredentialRef, CredentialRow, Exemption, FactName, Facts, Finding,
    FindingStatus, JoinState, Knowledge, LastUsedSource, OrgId, Policy, RegisterEntry, RowFinding, RowHistory,
    Severity, Timestamp, Unjudged, UsageProfile, Use, Verdict,
};
use crate::rules::{Accounts, Begins, Judge, Of, Own, RULES, Rule, Subject};
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

/// The rules of a policy that are on, ready to judge.
pub struct Judges {
    all: Vec<ReadyRule>,
    /// Where the rules stand that judge a kind, for what is listed.
    of_present: [Vec<usize>; CredentialKind::ALL.len()],
    /// The same for what is in no list any more.
    of_gone: [Vec<usize>; CredentialKind::ALL.len()],
}

struct ReadyRule {
    rule: &'static Rule,
    judge: Judge,
    makes: Begins,
    needs: FactSet,
}

/// Facts as bits: a million rows ask for them.
#[derive(Debug, Clone, Copy)]
struct FactSet(u32);

impl FactSet {
    fn of(names: impl Iterator<Item = FactName>) -> Self {
        Self(names.fold(0, |set, name| set | 1 << name as u32))
    }

    fn proven(facts: &Facts) -> Self {
        Self::of(facts.0.iter().filter(|fact| fact.knowledge == Knowledge::Proven).map(|fact| fact.name))
    }

    fn is_subset(self, of: Self) -> bool {
        self.0 & !of.0 == 0
    }
}

impl Judges {
    /// Every rule with the policy's parameters, less those that it turns off.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names the rule and the parameter.
    pub fn new(policy: &Policy) -> Result<Self> {
        let mut judges = Vec::new();
        for rule in RULES {
            let named = policy.rules.get(rule.id);
            let settings = named.cloned().unwrap_or_default();
            if settings.enabled {
                let judge = rule.with(&settings.parameters);
                let judge = judge.map_err(|why| Error::invalid(format!("rule {}", rule.id), why))?;
                let makes = if named.is_some() { Begins::AsFinding } else { rule.begins };
                let needs = FactSet::of(rule.needs.iter().copied());
                judges.push(ReadyRule { rule, judge, makes, needs });
            }
        }
        let places = |of: Of, kind: CredentialKind| {
            let judges = judges.iter().enumerate();
            judges.filter(|(_, one)| one.rule.of == of && one.rule.kinds.contains(&kind)).map(|(at, _)| at).collect()
        };
        let of = |of| CredentialKind::ALL.map(|kind| places(of, kind));
        let (of_present, of_gone) = (of(Of::Present), of(Of::Gone));
        Ok(Self { all: judges, of_present, of_gone })
    }

    /// Whether a rule makes findings.
    pub fn judge(&self, rule: &str) -> bool {
        self.all.iter().any(|ready| ready.rule.id == rule && ready.makes == Begins::AsFinding)
    }
}

/// What is true for every row of a report.
pub struct Frame<'a> {
    /// The rules.
    pub judges: &'a Judges,
    /// The ids of our own keys, if known.
    pub own_key_ids: Option<&'a BTreeSet<CredentialId>>,
    /// Whether events name tokens by the lists' ids.
    pub join: JoinState,
    /// Whether the lists of accounts were read to their end.
    pub accounts: Accounts,
    /// What is known about the org.
    pub facts: &'a Facts,
    /// The exemptions.
    pub exemptions: &'a [Exemption],
    /// What the log says about credentials, and which time it covers.
    pub log: Log<'a>,
    /// What people entered.
    pub register: &'a HashMap<CredentialRef, RegisterEntry>,
    /// The moment as of which is judged.
    pub now: Timestamp,
}

/// What had to be looked up for each credential.
#[derive(Debug, Default)]
pub struct LookedUp {
    /// The row of the report before.
    pub before: HashMap<CredentialRef, CredentialRow>,
    /// The other governed orgs in which the same token was used.
    pub other_orgs: HashMap<CredentialRef, Vec<OrgId>>,
}

impl LookedUp {
    /// The row before, also where the credential was then only observed in use.
    pub fn before(&self, of: &CredentialRef) -> Option<&CredentialRow> {
        if self.before.is_empty() {
            return None;
        }
        let observed = || CredentialRef { kind: CredentialKind::ObservedToken, id: of.id.clone() };
        let listed_now = of.kind == CredentialKind::UserApiToken;
        self.before.get(of).or_else(|| listed_now.then(observed).and_then(|of| self.before.get(&of)))
    }
}

/// Judges everything that one account holds.
pub fn rows(holdings: Holdings, looked_up: &LookedUp, frame: &Frame<'_>) -> Vec<CredentialRow> {
    let judged: Vec<Judged> =
        (0..holdings.credentials.len()).map(|at| judge(&holdings, at, looked_up, frame)).collect();
    let made_our_key = judged.iter().any(|one| one.own != Own::No);
    let Holdings { mut owner, credentials, profiles, places, .. } = holdings;
    let mut left = credentials.len();
    // The last row takes the owner; most accounts hold one credential.
    let mut owner_of_row = move || {
        left -= 1;
        if left == 0 { owner.take() } else { owner.clone() }
    };
    let mut profiles: Vec<Option<UsageProfile>> = profiles.into_iter().map(Some).collect();
    let row = |((credential, place), judged): ((Credential, Option<usize>), Judged)| CredentialRow {
        owner: owner_of_row(),
        last_used_at: judged.last_used_at,
        last_used_source: judged.last_used_source,
        usage: judged.usage,
        own: judged.own == Own::Yes,
        owner_made_our_key: made_our_key && credential.owner.is_some(),
        profile: place.and_then(|at| profiles[at].take()),
        findings: judged.findings,
        notes: judged.notes,
        unjudged: judged.unjudged,
        history: judged.history,
        register: frame.register.get(&credential.reference).cloned(),
        credential,
    };
    credentials.into_iter().zip(places).zip(judged).map(row).collect()
}

/// What is made of one credential.
struct Judged {
    last_used_at: Option<Timestamp>,
    last_used_source: LastUsedSource,
    usage: Use,
    own: Own,
    findings: Vec<RowFinding>,
    notes: Vec<RowFinding>,
    unjudged: Vec<Unjudged>,
    history: RowHistory,
}

fn judge(holdings: &Holdings, at: usize, looked_up: &LookedUp, frame: &Frame<'_>) -> Judged {
    let credential = &holdings.credentials[at];
    let (owner, siblings) = (holdings.owner.as_ref(), holdings.credentials.as_slice());
    let profile = holdings.places[at].map(|at| &holdings.profiles[at]);
    let (last_used_at, last_used_source) = last_use(credential, profile);
    let usage = usage(credential, last_used_source, profile, holdings.is_ambiguous(frame.join));
    let own = own(credential, frame.own_key_ids);
    let making = || history::making(credential, siblings, &frame.log);
    let history = history::history(looked_up.before(&credential.reference), credential, owner, making, frame.now);
    let unlisted: Vec<&UsageProfile> = holdings.unlisted().collect();
    let subject = Subject {
        credential,
        owner,
        profile,
        last_used_at,
        last_used_source,
        usage,
        own,
        siblings,
        accounts: frame.accounts,
        history: &history,
        register: frame.register.get(&credential.reference),
        unlisted: &unlisted,
        other_orgs: looked_up.other_orgs.get(&credential.reference).map_or(&[], Vec::as_slice),
        log_since: frame.log.covered.map(|covered| covered.from),
    };
    let (findings, notes, unjudged) = frame.judges.verdicts(&subject, Of::Present, frame.facts, frame.now);
    Judged { last_used_at, last_used_source, usage, own, findings, notes, unjudged, history }
}

/// What the rules make of a credential of the report before that is in no list any more: findings and notes.
pub fn gone(row: &CredentialRow, frame: &Frame<'_>) -> (Vec<RowFinding>, Vec<RowFinding>) {
    let subject = Subject {
        credential: &row.credential,
        owner: row.owner.as_ref(),
        profile: row.profile.as_ref(),
        last_used_at: row.last_used_at,
        last_used_source: row.last_used_source,
        usage: row.usage,
        own: if row.own { Own::Yes } else { Own::No },
        siblings: &[],
        accounts: frame.accounts,
        history: &row.history,
        register: frame.register.get(&row.credential.reference),
        unlisted: &[],
        other_orgs: &[],
        log_since: frame.log.covered.map(|covered| covered.from),
    };
    let (findings, notes, _) = frame.judges.verdicts(&subject, Of::Gone, frame.facts, frame.now);
    (findings, notes)
}

type Verdicts = (Vec<RowFinding>, Vec<RowFinding>, Vec<Unjudged>);

impl Judges {
    fn verdicts(&self, subject: &Subject<'_>, of: Of, facts: &Facts, now: Timestamp) -> Verdicts {
        let (mut findings, mut notes, mut unjudged) = (Vec::new(), Vec::new(), Vec::new());
        let proven = FactSet::proven(facts);
        let places = match of {
            Of::Present => &self.of_present,
            Of::Gone => &self.of_gone,
        };
        for at in &places[subject.credential.reference.kind as usize] {
            let ReadyRule { rule, judge, makes, needs } = &self.all[*at];
            let lacks = if needs.is_subset(proven) { None } else { rule.lacks(facts) };
            let verdict = match lacks {
                Some(fact) => Verdict::Unknown { missing: fact.missing() },
                None => judge(subject, now),
            };
            let id = || Cow::Borrowed(rule.id);
            match (verdict, makes) {
                (Verdict::Clean, _) | (Verdict::Unknown { .. }, Begins::AsNote) => {}
                (Verdict::Guilty { severity, reason }, Begins::AsFinding) => {
                    findings.push(RowFinding { rule: id(), severity, reason });
                }
                (Verdict::Guilty { reason, .. }, Begins::AsNote) => {
                    notes.push(RowFinding { rule: id(), severity: Severity::Note, reason });
                }
                (Verdict::Unknown { missing }, Begins::AsFinding) => {
                    unjudged.push(Unjudged { rule: id(), missing: Cow::Borrowed(missing) });
                }
            }
        }
        (findings, notes, unjudged)
    }
}

fn last_use(credential: &Credential, profile: Option<&UsageProfile>) -> (Option<Timestamp>, LastUsedSource) {
    let event = profile.and_then(|profile| profile.last_used_at);
    match (credential.last_used_at, event) {
        (None, None) => (None, LastUsedSource::None),
        (Some(listed), event) if event.is_none_or(|event| event <= listed) => (Some(listed), LastUsedSource::Inventory),
        (_, event) => (event, LastUsedSource::Event),
    }
}

fn usage(credential: &Credential, source: LastUsedSource, profile: Option<&UsageProfile>, ambiguous: bool) -> Use {
    let named = || profile.is_some_and(|profile| profile.key.has_token_id());
    let unclear = match credential.reference.kind {
        CredentialKind::UserApiToken => ambiguous,
        // Events that do not name their token may be of several.
        CredentialKind::ObservedToken => !named(),
        CredentialKind::OrgApiKey
        | CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::Registered => false,
    };
    match source {
        LastUsedSource::None => Use::Unknown,
        LastUsedSource::Inventory | LastUsedSource::Event if unclear => Use::Unknown,
        LastUsedSource::Inventory | LastUsedSource::Event => Use::Known,
    }
}

fn own(credential: &Credential, own: Option<&BTreeSet<CredentialId>>) -> Own {
    match own {
        _ if credential.reference.kind != CredentialKind::OrgApiKey => Own::No,
        None => Own::NotKnown,
        Some(own) if own.contains(&credential.reference.id) => Own::Yes,
        Some(_) => Own::No,
    }
}

/// The row's findings as they are stored, generation 1, exempt where an exemption covers them; settling gives them
/// their history.
pub fn findings(org: &OrgId, row: &CredentialRow, exemptions: &[Exemption], now: Timestamp) -> Vec<Finding> {
    let subject = &row.credential.reference;
    let finding = |found: &RowFinding| Finding {
        id: Finding::id_of(org, &found.rule, subject),
        rule: found.rule.to_string(),
        subject: subject.clone(),
        label: row.credential.label.clone(),
        owner: row.credential.owner.clone(),
        severity: found.severity,
        reason: found.reason.clone(),
        status: FindingStatus::Open,
        opened_at: now,
        changed_at: now,
        generation: 1,
    };
    let exempted =
        |finding: Finding| Finding { status: exempt::status(exemptions, &Covered::finding(&finding), now), ..finding };
    row.findings.iter().map(finding).map(exempted).collect()
}

#[cfg(test)]
pub(crate) mod tests;
