//! Orgs, findings, and what people enter.

use super::*;

pub(super) fn register_entry(with: Options) -> RegisterEntry {
    RegisterEntry {
        credential: reference(),
        purpose: with.of(text()),
        system: with.of(text()),
        responsible: with.of(text()),
        backup: with.of(text()),
        review_by: with.of(at().date_naive()),
        registered: with.of(Registered {
            label: text(),
            owner: with.of("a".into()),
            expires: RegisteredExpiry::At(at()),
        }),
        updated_by: text(),
        updated_at: at(),
    }
}

#[test]
fn orgs_findings_and_decisions_come_back_as_they_were() {
    for with in BOTH {
        returns(&Org {
            id: "o".into(),
            name: text(),
            registered_at: at(),
            own_key_ids: with.of(with.many("k".into())),
            out_of_scope: with.many(SectionName::Users),
            state: OrgState::Purging,
            purge: with.of(Purge { asked_at: at(), place: PurgePlace::Events { day: at().date_naive() }, deleted: 3 }),
        });
        returns(&Decision {
            id: "d".into(),
            kind: DecisionKind::Approved,
            action: with.of("a".into()),
            by: text(),
            at: at(),
            reason: text(),
        });
        returns(&register_entry(with));
        returns(&Exemption {
            id: "x".into(),
            scope: ExemptionScope {
                finding: with.of("f".into()),
                credential: with.of(reference()),
                owner: with.of("a".into()),
                label: with.of(text()),
                rule: with.of(text()),
            },
            reason: text(),
            author: text(),
            created_at: at(),
            until: at(),
        });
        returns(&Budget {
            holds: with.many((text(), at())),
            stopped: with.of(Stop { by: text(), at: at(), reason: text() }),
            restored_at: with.of(at()),
            home: Home::Here,
        });
    }
    returns(&Finding {
        id: "f".into(),
        rule: "r".into(),
        subject: reference(),
        label: text(),
        owner: Some("a".into()),
        severity: Severity::Low,
        reason: text(),
        status: FindingStatus::Open,
        opened_at: at(),
        changed_at: at(),
        generation: 2,
    });
}
