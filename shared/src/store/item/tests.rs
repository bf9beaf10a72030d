use super::*;
use crate::{
    model::{
        AccountId, Action, ActionCatalogue, ActionKind, ActionName, ActionState, Actor, Agreement, Approval,
        AuditEvent, Budget, Changes, Claim, Credential, CredentialDeed, CredentialEvent, CredentialKind, CredentialRef,
        CredentialRow, CredentialStatus, Decision, DecisionKind, Delays, EventSource, Evidence, Exemption,
        ExemptionScope, Fact, FactName, Facts, Finding, FindingStatus, Hit, Intake, Interval, JoinState, Knowledge,
        LastUsedSource, LedgerAnswer, LedgerHead, LedgerKind, LedgerRecord, Location, Making, Means, MinuteUse, Notice,
        Observations, Org, OrgState, Owner, OwnerStatus, Phase, Plan, PlannedStep, PollState, ProfileKey, Purge,
        PurgePlace, Quarantined, Reader, Reading, RegisterEntry, Registered, RegisteredExpiry, Relation, Report,
        ReportSchedule, ReportStatus, RowFinding, RowHistory, Run, Scope, Section, SectionName, SectionStatus,
        Severity, Stop, Target, TokenMark, TokenRole, Told, Topic, Totals, Unjudged, UsageProfile, Use,
    },
    store::{Retention, keys, profile},
};
use chrono::DateTime;
use std::fmt::Debug;

mod entered;
mod frozen;
mod profiles;

const BOTH: [Options; 2] = [Options::Absent, Options::Present];

/// Whether a sample has its optional fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Options {
    Absent,
    Present,
}

impl Options {
    fn of<T>(self, value: T) -> Option<T> {
        (self == Self::Present).then_some(value)
    }

    fn many<T, C: FromIterator<T>>(self, value: T) -> C {
        self.of(value).into_iter().collect()
    }
}

fn at() -> Timestamp {
    DateTime::from_timestamp(1_795_305_600, 123_456_789).unwrap()
}

fn text() -> String {
    "ünï|code: #%\" '\n".into()
}

fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let key = Key { pk: "p".into(), sk: "s".into() };
    let item = Draft::new(key, Entity::Row).expires(Some(1)).number("version", 1).body(value).unwrap().build();
    assert_eq!(&body::<T>(item).unwrap(), value);
}

fn reference() -> CredentialRef {
    CredentialRef { kind: CredentialKind::UserApiToken, id: "t:1|2".into() }
}

fn credential(with: Options) -> Credential {
    Credential {
        reference: reference(),
        label: String::new(),
        owner: with.of("712020:a|b".into()),
        owner_name: with.of(text()),
        owner_email: with.of(String::new()),
        scopes: with.of(vec![]),
        created_at: with.of(at()),
        expires_at: with.of(at()),
        last_used_at: with.of(at()),
        never_expires: with == Options::Present,
        status: CredentialStatus::Unknown,
    }
}

fn owner(with: Options) -> Owner {
    Owner {
        account_id: "a".into(),
        name: with.of(text()),
        email: with.of(text()),
        status: OwnerStatus::Active,
        relation: Relation::Managed,
        last_active_at: with.of(at()),
        org_admin: with.of(false),
        groups: with.of(vec![text()]),
        access: with.of(vec![]),
    }
}

fn used_profile(key: ProfileKey) -> UsageProfile {
    let mut profile = UsageProfile::empty(key);
    profile.first_used_at = Some(at());
    profile.last_used_at = Some(at());
    profile.first_mentioned_at = Some(at());
    (profile.uses, profile.mentions) = (u64::MAX, 12);
    profile.days.insert(at());
    profile.hours.insert(at());
    ["a", "b", "c"].iter().for_each(|member| profile.networks.insert(member));
    profile
}

fn history(with: Options) -> RowHistory {
    let deed = CredentialDeed::KeyMade;
    let event = CredentialEvent { id: "e".into(), action: text(), at: at(), actor: with.of("a".into()), deed };
    let making = with.of(Making::Event(event)).unwrap_or_default();
    RowHistory { first_seen_at: with.of(at()), owner_reactivated_at: with.of(at()), making }
}

fn row(with: Options) -> CredentialRow {
    let profile = used_profile(ProfileKey { actor: "a".into(), identity: "t:1".into() });
    CredentialRow {
        credential: credential(with),
        owner: with.of(owner(with)),
        last_used_at: with.of(at()),
        last_used_source: LastUsedSource::None,
        usage: Use::Unknown,
        own: true,
        owner_made_our_key: true,
        profile: with.of(profile),
        findings: with.many(RowFinding { rule: "r".into(), severity: Severity::High, reason: text() }),
        notes: with.many(RowFinding { rule: "n".into(), severity: Severity::Note, reason: text() }),
        unjudged: with.many(Unjudged { rule: "r".into(), missing: text().into() }),
        history: history(with),
        register: with.of(entered::register_entry(with)),
    }
}

#[test]
fn credentials_owners_and_rows_come_back_as_they_were() {
    for with in BOTH {
        returns(&credential(with));
        returns(&owner(with));
        returns(&row(with));
    }
}

#[test]
fn events_come_back_as_they_were() {
    for with in BOTH {
        let token = TokenMark {
            auth_type: with.of(text()),
            id: with.of("t".into()),
            label: with.of(text()),
            role: TokenRole::Subject,
        };
        returns(&AuditEvent {
            id: "e".into(),
            action: text(),
            time: at(),
            processed_at: with.of(at()),
            actor: Actor { id: with.of("a".into()), name: with.of(text()), email: with.of(text()) },
            token: with.of(token),
            location: Location { ip: with.of(String::new()), country: with.of(text()), places: with.many(text()) },
            source: EventSource::GuardDetect,
            topic: Topic::Unknown,
            raw: r#"{"n":1.0,"s":null}"#.into(),
        });
    }
}

#[test]
fn what_the_poll_keeps_comes_back_as_it_was() {
    for with in BOTH {
        let reader = Reader {
            from: at(),
            to: with.of(at()),
            cursor: with.of(text()),
            watermark: with.of(at()),
            caught_up_at: with.of(at()),
        };
        returns(&PollState {
            live: reader.clone(),
            backfill: with.of(reader),
            coverage: with.many(Interval { from: at(), to: at() }),
            minute: MinuteUse { minute: -1, requests: u32::MAX },
            wait_until: with.of(at()),
            catalogue_at: with.of(at()),
            delays: Delays::default(),
            last_error: with.of(text()),
        });
        let name = ActionName { display: text(), group: String::new() };
        returns(&ActionCatalogue(with.many((text(), name))));
        returns(&Quarantined {
            id: "q".into(),
            intake: Intake::Poll,
            reason: text(),
            at: at(),
            size_bytes: u64::MAX,
            parts: 3,
        });
    }
}

fn section(with: Options) -> Section {
    Section { name: SectionName::Users, status: SectionStatus::Failed, reason: with.of(text()), count: 7 }
}

fn fact() -> Fact {
    Fact { name: FactName::UsesLeaveEvents, knowledge: Knowledge::Refuted, evidence: text() }
}

fn totals(with: Options) -> Totals {
    Totals { credentials: 1, by_kind: with.many(("k".to_owned(), 2)), ..Totals::default() }
}

#[test]
fn reports_come_back_as_they_were() {
    for with in BOTH {
        returns(&Report {
            id: "20261122-1".into(),
            generated_at: at(),
            status: ReportStatus::Partial,
            sections: with.many(section(with)),
            notices: with.many(Notice { code: "c".into(), text: text() }),
            totals: totals(with),
            facts: Facts(with.many(fact())),
            changes: Changes { against: None, added: 1, removed: 2, resolved: 3, new_findings: 4 },
            parts: 3,
            quarantined: 1,
            ignored_events: 2,
        });
        returns(&ReportSchedule {
            last_started_at: with.of(at()),
            requested_at: with.of(at()),
            requested_id: with.of("r".into()),
            join: JoinState::Proven,
            facts: Facts(with.many(fact())),
            observed: Observations { moved: 3, ..Observations::default() },
            observed_in: with.of("r".into()),
        });
    }
}

#[test]
fn a_run_comes_back_in_each_of_its_phases() {
    for with in BOTH {
        let phases = [
            Phase::Stage,
            Phase::Prove { shard: 0 },
            Phase::Judge { shard: 63 },
            Phase::Compare,
            Phase::Settle { after: with.of("f".into()) },
            Phase::Publish,
        ];
        for phase in phases {
            returns(&Run {
                report: "r".into(),
                started_at: at(),
                policy_version: 3,
                join: JoinState::Unproven,
                own_key_ids: with.of(with.many("k".into())),
                phase,
                sections: with.many(section(with)),
                readings: with.many((SectionName::OrgApiKeys, Reading { attempt: 2, cursor: with.of(text()) })),
                previous: with.of("q".into()),
                facts: Facts(with.many(fact())),
                parts: 2,
                changes: Changes::default(),
                wait_until: with.of(at()),
                lease_until: at(),
            });
        }
    }
}

fn hit(with: Options) -> Hit {
    Hit {
        credential: reference(),
        label: text(),
        last_used_at: with.of(at()),
        usage: Use::Known,
        exempt: with.of(text()),
    }
}

fn plan(with: Options) -> Plan {
    Plan {
        action: ActionKind::Revoke,
        before: vec![PlannedStep { action: ActionKind::Notify, due_at: at() }],
        scope: Scope::Credential,
        target: Target {
            credential: reference(),
            label: text(),
            owner: with.of(AccountId::from("a")),
            owner_name: with.of(text()),
            created_at: with.of(at()),
            expires_at: with.of(at()),
        },
        rule: with.of("r".into()),
        why: text(),
        evidence: Evidence {
            report: "r".into(),
            judged_at: at(),
            last_used_at: with.of(at()),
            last_used_source: LastUsedSource::Event,
            uses_seen: 1,
        },
        effects: with.many(text()),
        reversible: false,
        policy_version: 1,
        approval: Approval::Waived,
        protected: with.of(text()),
        due_at: at(),
        expires_at: at(),
        withheld: with.of(text()),
        hits: with.many(hit(with)),
        means: with.of(Means::Directories(vec!["d".into()])),
    }
}

#[test]
fn actions_come_back_as_they_were() {
    for with in BOTH {
        returns(&Action {
            id: "a".into(),
            finding: with.of("f".into()),
            finding_generation: 1,
            generation: 1,
            requested_by: with.of(text()),
            state: ActionState::Claimed,
            plan: plan(with),
            plan_hash: "h".into(),
            planned_at: at(),
            agreed: with.of(Agreement { by: text(), at: at(), reason: text() }).into_iter().collect(),
            told: with.of(Told { at: at(), message: text().as_str().into() }).into_iter().collect(),
            not_needed: with.of(Agreement { by: text(), at: at(), reason: text() }),
            claim: with.of(Claim { at: at(), attempt: 2, task: with.of("t".into()) }),
            reason: with.of(text()),
            changed_at: at(),
            wake_at: with.of(at()),
        });
    }
}

#[test]
fn ledger_entries_come_back_with_the_hash_that_they_had() {
    for with in BOTH {
        let record = LedgerRecord {
            at: at(),
            kind: LedgerKind::PolicySet,
            principal: text(),
            action: with.of("a".into()),
            credential: with.of(reference()),
            plan_hash: with.of(text()),
            policy_version: with.of(u64::MAX),
            detail: text(),
            evidence_digest: with.of(text()),
            answer: with.of(LedgerAnswer::AlreadyGone),
        };
        let entry = crate::decide::ledger::chain(&"o".into(), &LedgerHead::default(), record);
        returns(&entry);
        returns(&LedgerHead { seq: entry.seq, hash: entry.hash });
    }
}

const RETENTION: Retention = Retention { event_days: 120, report_days: 400 };

#[test]
fn no_lifted_attribute_is_lost_beside_a_value_with_the_same_names() {
    let draft = Draft::new(keys::org(&"o".into()), Entity::StagedCredential).expires(Some(9));
    let item = draft.body(&credential(Options::Present)).unwrap().build();
    assert_eq!(item["expires_at"], AttributeValue::N("9".into()));
    assert_eq!(body::<Credential>(item).unwrap().expires_at, Some(at()));
}
