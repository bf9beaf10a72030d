use super::*;
use crate::{ports::HeadSigner, signing::LocalSigner};

fn now() -> Timestamp {
    "2026-11-21T12:00:00.25Z".parse().unwrap()
}

fn head(seq: u64) -> LedgerHead {
    LedgerHead { seq, hash: format!("{seq:064}") }
}

fn signer() -> LocalSigner {
    LocalSigner::new(&LocalSigner::generate().unwrap()).unwrap()
}

/// The local signer waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

fn signed_by(signer: &LocalSigner) -> (SignedHead, PublicKey) {
    let (key, head) = (at_once(signer.key()).unwrap().unwrap(), unsigned(&"org-1".into(), head(7), now()));
    let signature = at_once(signer.sign(&message(&head, &key.key_id))).unwrap();
    (sealed(head, &key, &signature).unwrap(), key.public)
}

#[test]
fn a_head_is_due_once_a_day_and_not_before_there_is_an_entry() {
    let last = unsigned(&"org-1".into(), head(7), now());
    assert_eq!(due(None, &LedgerHead::default(), now()), HeadDue::No);
    assert_eq!(due(None, &head(1), now()), HeadDue::Yes);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(due(Some(&last), &head(9), at("2026-11-21T23:59:59Z")), HeadDue::No);
    assert_eq!(due(Some(&last), &head(7), at("2026-11-22T00:00:00Z")), HeadDue::Yes);
    assert_eq!(due(Some(&last), &head(9), at("2026-11-20T12:00:00Z")), HeadDue::No, "a clock that went back");
}

#[test]
fn a_ledger_that_was_cut_or_replaced_is_not_signed_again() {
    let last = unsigned(&"org-1".into(), head(7), now());
    let rewritten = |seq, reason| HeadDue::Rewritten(BadEntry { seq, reason });
    assert_eq!(due(Some(&last), &head(6), now()), rewritten(7, BadReason::Missing));
    assert_eq!(due(Some(&last), &LedgerHead::default(), now()), rewritten(1, BadReason::Missing));
    let other = LedgerHead { hash: "f".repeat(64), ..head(7) };
    assert_eq!(due(Some(&last), &other, now()), rewritten(7, BadReason::Replaced));
}

#[test]
fn a_signature_is_valid_under_its_key_alone() {
    let (signed, key) = signed_by(&signer());
    let (_, other) = signed_by(&signer());
    assert_eq!(check(&signed, &[other, key]), Ok(Vouched::By(key)));
    let refused = check(&signed, &[other]).unwrap_err().to_string();
    assert!(
        refused.starts_with("the published head 7:0000") && refused.ends_with("is not signed by the key"),
        "{refused}"
    );
    assert!(check(&signed, &[]).is_err());
}

#[test]
fn an_unsigned_head_is_told_from_a_signed_one() {
    let (_, key) = signed_by(&signer());
    assert_eq!(check(&unsigned(&"org-1".into(), head(7), now()), &[key]), Ok(Vouched::ByNobody));
}

#[test]
fn a_signature_covers_all_that_the_head_says() {
    let (signed, key) = signed_by(&signer());
    let others = [
        SignedHead { org: "org-2".into(), ..signed.clone() },
        SignedHead { seq: 8, ..signed.clone() },
        SignedHead { hash: "f".repeat(64), ..signed.clone() },
        SignedHead { at: now() + chrono::TimeDelta::days(1), ..signed.clone() },
        resealed(&signed, |key_id, _| key_id.push('1')),
        resealed(&signed, |_, signature| signature.truncate(40)),
        resealed(&signed, |_, signature| signature.clear()),
    ];
    for other in others {
        assert!(check(&other, &[key]).is_err(), "{other:?}");
    }
}

fn resealed(head: &SignedHead, change: impl FnOnce(&mut String, &mut String)) -> SignedHead {
    let Seal::EcdsaSha256 { mut key_id, mut signature } = head.seal.clone() else { panic!("it is signed") };
    change(&mut key_id, &mut signature);
    SignedHead { seal: Seal::EcdsaSha256 { key_id, signature }, ..head.clone() }
}

#[test]
fn what_a_key_did_not_sign_is_not_published() {
    let (ours, head) = (signer(), unsigned(&"org-1".into(), head(7), now()));
    let key = at_once(ours.key()).unwrap().unwrap();
    let signature = at_once(signer().sign(&message(&head, &key.key_id))).unwrap();
    assert!(sealed(head, &key, &signature).is_err());
}

/// Made by `openssl dgst -sha256 -sign` over the message below; as docs/ledger.md tells auditors to check one.
#[test]
fn a_signature_of_another_program_is_valid() {
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEq5sA1o02bI7dOrpGRZ8RwY8mWgYY\n\
        HmmoTqGIKmDssd/LQomvG9S5Smtf+ChSNnuzlpkFiGgq69wGONf/IAtB6w==\n\
        -----END PUBLIC KEY-----\n";
    const LINE: &str = r#"{"org":"org-1","seq":12,"hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","at":"2026-11-21T00:00:03Z","algorithm":"ECDSA_SHA_256","key_id":"arn:aws:kms:eu-west-1:111122223333:key/0","signature":"MEQCIFqBE4eqakIZybvI12xHT3ytp8W8npaTNPylBlfoq/iSAiAb3QgMKs/QK4I3uxHBCKkiWsE2RYnnVVrNTl2aneTqew=="}"#;
    let signed: SignedHead = serde_json::from_str(LINE).unwrap();
    assert_eq!(crate::decide::export::line(&signed), LINE);
    let text = "tokenwarden ledger head v1\n12\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\
                2026-11-21T00:00:03Z\narn:aws:kms:eu-west-1:111122223333:key/0\norg-1";
    assert_eq!(message(&signed, "arn:aws:kms:eu-west-1:111122223333:key/0"), text);
    let key = PublicKey::read_pem(PEM).unwrap()[0];
    assert_eq!(check(&signed, &[key]), Ok(Vouched::By(key)));
    assert_eq!(crate::model::mask::mask(LINE), LINE, "the log shows all of it");
}
