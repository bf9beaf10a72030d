use super::*;
use shared::{
    decide::{
        head::{message, sealed, unsigned},
        ledger::chain,
    },
    model::{LedgerKind, LedgerRecord, Seal, SignerKey, Timestamp},
    ports::HeadSigner,
    signing::LocalSigner,
};

fn org() -> OrgId {
    OrgId::new("org-1")
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn record(n: u64) -> LedgerRecord {
    LedgerRecord {
        at: now(),
        kind: LedgerKind::ActionDone,
        principal: "policy".into(),
        action: None,
        credential: None,
        plan_hash: None,
        policy_version: Some(n),
        detail: "revoked".into(),
        evidence_digest: None,
        answer: None,
    }
}

struct Signer(LocalSigner, SignerKey);

impl Signer {
    async fn new() -> Self {
        let signer = LocalSigner::new(&LocalSigner::generate().unwrap()).unwrap();
        let key = signer.key().await.unwrap().unwrap();
        Self(signer, key)
    }

    async fn head(&self, org: &OrgId, head: &LedgerHead) -> SignedHead {
        let head = unsigned(org, head.clone(), now());
        let signature = self.0.sign(&message(&head, &self.1.key_id)).await.unwrap();
        sealed(head, &self.1, &signature).unwrap()
    }
}

/// A ledger of five entries, with heads at the second and the fourth from its server.
async fn subject(signer: &Signer) -> Subject {
    let (mut entries, mut heads, mut head) = (Vec::new(), Vec::new(), LedgerHead::default());
    for n in 1..=5 {
        let entry = chain(&org(), &head, record(n));
        head = LedgerHead { seq: entry.seq, hash: entry.hash.clone() };
        entries.push(entry);
        if n % 2 == 0 {
            heads.push(signer.head(&org(), &head).await);
        }
    }
    let transcript = Transcript { entries, broken_off: None };
    let keys = Some(vec![signer.1.public]);
    let (heads_given, keys_given) = (Given::ByServer, Given::ByServer);
    Subject { org: org(), transcript, heads, heads_given, named: None, keys, keys_given }
}

fn text(subject: &Subject) -> String {
    subject.told(&subject.judge().unwrap()).join("\n")
}

#[tokio::test]
async fn a_whole_ledger_is_told_with_how_far_that_is_proven() {
    let signer = Signer::new().await;
    let subject = subject(&signer).await;
    let told = text(&subject);
    assert!(told.starts_with("whole, 5 entries; head 5:"), "{told}");
    for part in ["fits: 2, the newest at entry 4", "entries after 4 rest on no", &signer.1.public.fingerprint()] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.contains("proves less than ones kept elsewhere"), "{told}");
    let kept = Subject { heads_given: Given::Kept, keys_given: Given::Kept, ..subject };
    assert!(!text(&kept).contains("elsewhere"), "{}", text(&kept));
    let bare = Subject { heads: Vec::new(), ..kept };
    assert!(text(&bare).contains("a tail that was cut off would not show"), "{}", text(&bare));
}

#[tokio::test]
async fn a_head_by_another_key_of_another_org_or_without_a_signature_is_refused() {
    let (signer, other) = (Signer::new().await, Signer::new().await);
    let whole = subject(&signer).await;
    let refused = |subject: &Subject| subject.judge().unwrap_err();
    let wrong_key = Subject { keys: Some(vec![other.1.public]), ..whole.clone() };
    assert!(refused(&wrong_key).contains("is not signed by the key"), "{}", refused(&wrong_key));
    let no_key = Subject { keys: Some(Vec::new()), ..whole.clone() };
    assert!(refused(&no_key).contains("is not signed by any of the keys"), "{}", refused(&no_key));
    let mut changed = whole.clone();
    changed.heads[1].at += chrono::TimeDelta::days(1);
    assert!(refused(&changed).contains("is not signed"), "{}", refused(&changed));
    let mut renamed = whole.clone();
    renamed.heads[0].org = "org-2".into();
    assert!(refused(&renamed).contains("is not signed"), "{}", refused(&renamed));
    let of_another = signer.head(&"org-2".into(), &whole.heads[0].head()).await;
    let elsewhere = Subject { heads: vec![of_another], ..whole.clone() };
    assert_eq!(refused(&elsewhere), "not verified: the heads that were given are of other orgs");
    let mut bare = Subject { keys_given: Given::Kept, ..whole };
    bare.heads[0].seal = Seal::None;
    assert!(refused(&bare).contains("is unsigned"), "{}", refused(&bare));
}

#[tokio::test]
async fn unsigned_heads_are_followed_where_no_key_was_kept_and_told() {
    let mut subject = subject(&Signer::new().await).await;
    subject.heads[0].seal = Seal::None;
    assert!(text(&subject).contains("unsigned heads: 1"), "{}", text(&subject));
    subject.keys = None;
    assert!(text(&subject).contains("no signature was checked"), "{}", text(&subject));
}

#[tokio::test]
async fn a_cut_tail_and_a_changed_entry_are_named() {
    let whole = subject(&Signer::new().await).await;
    let mut cut = whole.clone();
    cut.transcript.entries.truncate(3);
    assert_eq!(cut.judge().unwrap_err(), "broken: entry 4 of the ledger is missing");
    cut.transcript.broken_off = Some("entry 4 of the ledger cannot be read".into());
    assert_eq!(cut.judge().unwrap_err(), "broken: entry 4 of the ledger cannot be read");
    let mut changed = whole;
    changed.transcript.entries[4].record.detail.push('!');
    assert_eq!(changed.judge().unwrap_err(), "broken: entry 5 of the ledger was changed");
    let named = LedgerHead { seq: 5, hash: "f".repeat(64) };
    changed.transcript.entries.truncate(4);
    changed.named = Some(named);
    assert_eq!(changed.judge().unwrap_err(), "broken: entry 5 of the ledger is missing");
}
