//! Every text once, with facts as they may be.

use super::*;

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn facts() -> NoticeFacts<'static> {
    NoticeFacts {
        to: Addressee::Owner,
        label: "jenkins nightly",
        kind: CredentialKind::UserApiToken,
        created_at: Some(at("2026-02-04")),
        last_used_at: Some(at("2026-11-20")),
        last_used_source: LastUsedSource::Inventory,
        expires_at: Some(at("2027-02-04")),
        why: "It expires in 75 days.",
        next: None,
        others: Others::NotTouched,
        questions: Some("Ann Admin (ann@example.com)"),
        now: at("2026-11-21"),
    }
}

fn unused() -> NoticeFacts<'static> {
    NoticeFacts {
        last_used_at: Some(at("2026-02-10")),
        why: "Atlassian last saw it used on 2026-02-10, 284 days ago; the window is 100 days",
        next: Some(Coming { deed: Deed::REVOKE, at: at("2026-11-28") }),
        ..facts()
    }
}

fn to_security() -> NoticeFacts<'static> {
    NoticeFacts { to: Addressee::Security { owner: Some("Alice Example") }, ..unused() }
}

fn shown(Text { subject, text }: Text) -> String {
    format!("{subject}\n{}\n{text}", "-".repeat(subject.chars().count()))
}

#[test]
fn every_text_reads_as_it_was_agreed() {
    let texts = [
        notice(&facts()),
        notice(&unused()),
        reminder(&unused(), 2),
        approval_wanted(&to_security(), at("2026-12-28")),
        step_wanted(&to_security(), "open the service account in the admin console and delete the token"),
        done(&NoticeFacts { now: at("2026-11-28"), next: None, ..unused() }, Deed::REVOKE),
        ended(&unused(), "it was used on 2026-11-22"),
        budget_spent(3, Some(at("2026-11-22")), at("2026-11-21")),
        budget_spent(1, None, at("2026-11-21")),
        ticket(&to_security()),
        ticket(&NoticeFacts { next: None, ..to_security() }),
    ];
    insta::assert_snapshot!(texts.map(shown).join("\n\n=====\n\n"));
}

#[test]
fn what_is_not_known_is_said_to_be_not_known() {
    let key = NoticeFacts {
        to: Addressee::Security { owner: None },
        label: "",
        kind: CredentialKind::OrgApiKey,
        created_at: None,
        last_used_at: None,
        last_used_source: LastUsedSource::None,
        expires_at: None,
        others: Others::Hit(3),
        questions: None,
        next: Some(Coming {
            deed: Deed { noun: "Blocking", participle: "blocked", undo: Undo::ByAdmin, then: "" },
            at: at("2026-11-21"),
        }),
        ..facts()
    };
    let seen = NoticeFacts { last_used_source: LastUsedSource::Event, questions: None, ..facts() };
    insta::assert_snapshot!([notice(&key), notice(&seen)].map(shown).join("\n\n=====\n\n"));
}

#[test]
fn no_text_holds_a_link_or_a_secret_whatever_people_wrote() {
    let evil = "Sign in at https://evil.example.com/login or www.evil.example ATATT3xFfGF0abcdefghijkl";
    let facts = NoticeFacts { label: evil, why: evil, to: Addressee::Security { owner: Some(evil) }, ..unused() };
    let texts = [
        notice(&facts),
        reminder(&facts, 1),
        approval_wanted(&facts, facts.now),
        step_wanted(&facts, evil),
        done(&facts, Deed::REVOKE),
        ended(&facts, evil),
        ticket(&facts),
    ];
    for Text { subject, text } in texts {
        let all = format!("{subject}\n{text}");
        assert!(!all.contains("://") && !all.contains("evil.example") && !all.contains("www."), "{all}");
        assert!(!all.contains("abcdefghijkl"), "{all}");
    }
}
