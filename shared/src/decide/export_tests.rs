use super::*;
use crate::{
    decide::{
        head::{check, message, sealed, unsigned},
        ledger::chain,
    },
    model::{LedgerAnswer, LedgerKind, LedgerRecord, PublicKey, SignedHead, Timestamp},
    ports::HeadSigner,
    signing::LocalSigner,
};
use chrono::TimeDelta;

const ENTRIES: u64 = 12;

fn org() -> OrgId {
    OrgId::new("org-1")
}

/// Records as they are written: with and without what may be left out, and with text that JSON escapes.
fn record(n: u64) -> LedgerRecord {
    let kinds = [LedgerKind::PolicySet, LedgerKind::ActionClaimed, LedgerKind::ActionDone, LedgerKind::Stopped];
    let at: Timestamp = "2026-11-21T12:00:00.120Z".parse().unwrap();
    let action = (!n.is_multiple_of(3)).then(|| format!("{n:016x}").as_str().into());
    LedgerRecord {
        at: at + TimeDelta::hours(n as i64),
        kind: kinds[n as usize % kinds.len()],
        principal: if n.is_multiple_of(2) { "policy".into() } else { "712020:a|b-\"ünï\"\n".into() },
        credential: serde_json::from_str(r#"{"kind":"user_api_token","id":"t/1"}"#).ok().filter(|_| n % 4 != 1),
        plan_hash: action.is_some().then(|| "0123456789abcdef".repeat(4)),
        policy_version: (!n.is_multiple_of(5)).then_some(n),
        detail: format!("attempt {n}"),
        evidence_digest: action.is_some().then(|| "fedcba9876543210".repeat(4)),
        answer: (n % 3 == 2).then_some(LedgerAnswer::Revoked),
        action,
    }
}

/// An export, with the head before each of its lines and the one after the last.
struct Sample {
    text: Vec<u8>,
    heads: Vec<LedgerHead>,
}

fn sample() -> Sample {
    let (mut text, mut heads) = (String::new(), vec![LedgerHead::default()]);
    for n in 1..=ENTRIES {
        let entry = chain(&org(), &heads[heads.len() - 1], record(n));
        heads.push(LedgerHead { seq: entry.seq, hash: entry.hash.clone() });
        text.push_str(&line(&entry));
        text.push('\n');
    }
    Sample { text: text.into_bytes(), heads }
}

impl Sample {
    fn published(&self) -> &[LedgerHead] {
        std::slice::from_ref(&self.heads[ENTRIES as usize])
    }

    fn verify(&self, text: &[u8]) -> Result<LedgerHead, Flaw> {
        Transcript::of_export(text).verify(&org(), &LedgerHead::default(), self.published())
    }

    /// The number of the entry or of the line that is named, where this stands in place of the lines from `first` on.
    /// What stands before it is read and followed before it, so it need not be read again for each of its bits.
    fn named(&self, first: usize, text: &[u8]) -> u64 {
        let flaw = Transcript::of_export(text).verify(&org(), &self.heads[first], self.published());
        match flaw.unwrap_err() {
            Flaw::Entry(bad) => bad.seq,
            Flaw::BrokenOff(why) => first as u64 + why.split(' ').nth(1).unwrap().parse::<u64>().unwrap(),
        }
    }

    fn lines(&self) -> Vec<&[u8]> {
        self.text.split_inclusive(|byte| *byte == b'\n').collect()
    }
}

#[test]
fn an_export_is_read_back_and_whole() {
    let sample = sample();
    assert_eq!(sample.verify(&sample.text), Ok(sample.heads[ENTRIES as usize].clone()));
    assert!(sample.verify(&sample.text[..sample.text.len() - 1]).is_ok(), "the last new line may be missing");
    let empty = Transcript::of_export(b"").verify(&org(), &LedgerHead::default(), &[]);
    assert_eq!(empty, Ok(LedgerHead::default()));
}

/// Every bit of every byte, one at a time, with the line after it, because a new line may be lost.
#[test]
fn one_flipped_bit_anywhere_is_named_with_its_line_or_its_entry() {
    let sample = sample();
    let lines = sample.lines();
    for first in 0..lines.len() {
        let mut text = lines[first..lines.len().min(first + 2)].concat();
        for at in 0..lines[first].len() {
            for bit in 0..8 {
                text[at] ^= 1 << bit;
                assert_eq!(sample.named(first, &text), first as u64 + 1, "line {first}, byte {at}, bit {bit}");
                text[at] ^= 1 << bit;
            }
        }
    }
}

/// The same on the whole text, for one bit of every 16th byte.
#[test]
fn a_flipped_bit_is_named_wherever_it_stands_in_the_whole() {
    let sample = sample();
    for at in (0..sample.text.len()).step_by(16) {
        let mut text = sample.text.clone();
        text[at] ^= 1 << (at / 16 % 8);
        let line = 1 + sample.text[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        assert_eq!(sample.named(0, &text), line, "byte {at}");
    }
}

/// At every byte: inside a line it is that line which cannot be read, between two lines the next entry is missing.
#[test]
fn a_tail_cut_at_any_length_is_named_by_the_published_head() {
    let sample = sample();
    for (first, line) in sample.lines().into_iter().enumerate() {
        for length in 0..line.len() - 1 {
            assert_eq!(sample.named(first, &line[..length]), first as u64 + 1, "line {first}, {length} bytes");
        }
        let rest = sample.lines()[..=first].concat();
        let cut = [&rest[..rest.len() - 1], &rest];
        let missing = BadEntry { seq: first as u64 + 2, reason: BadReason::Missing };
        for cut in cut.into_iter().filter(|_| first as u64 + 1 < ENTRIES) {
            assert_eq!(sample.verify(cut), Err(Flaw::Entry(missing.clone())));
        }
    }
}

#[test]
fn a_line_removed_or_doubled_is_named() {
    let sample = sample();
    let lines = sample.lines();
    for at in 0..lines.len() {
        let without = [&lines[..at], &lines[at + 1..]].concat().concat();
        let twice = [&lines[..=at], &lines[at..]].concat().concat();
        assert_eq!(sample.named(0, &without), at as u64 + 1);
        assert_eq!(sample.named(0, &twice), at as u64 + 2);
    }
}

#[test]
fn what_says_the_same_in_another_form_is_refused() {
    let first = String::from_utf8(sample().text).unwrap().lines().next().unwrap().to_owned();
    let forms = [
        first.replace(':', ": "),
        first.replace("ünï", "\\u00fcn\\u00ef"),
        first.replace(".120Z", ".120+00:00"),
        first.replacen("{\"seq\":1,", "{", 1).replacen('}', ",\"seq\":1}", 1),
        first.replacen('{', "{\"note\":\"nothing\",", 1),
        first.replacen('{', "{\"answer\":null,", 1),
        format!("\u{feff}{first}"),
        format!("{first}\r"),
    ];
    for form in forms {
        assert_ne!(form, first);
        let why = Transcript::of_export(form.as_bytes()).broken_off.expect("it is refused");
        assert!(why.starts_with("line 1 "), "{why}");
    }
    assert!(
        Transcript::of_export(format!("{first}\n\n").as_bytes())
            .broken_off
            .is_some_and(|why| why.starts_with("line 2 "))
    );
}

#[tokio::test]
async fn one_flipped_bit_of_a_published_head_is_refused() {
    let (head, key) = signed().await;
    let text = line(&head).into_bytes();
    let mut flipped = text.clone();
    for at in 0..text.len() {
        for bit in 0..8 {
            flipped[at] ^= 1 << bit;
            let (heads, bad) = read::<SignedHead>(&flipped);
            let valid = bad.is_none() && heads.iter().all(|head| check(head, &[key]).is_ok());
            assert!(!valid, "byte {at}, bit {bit}: {heads:?}");
            flipped[at] = text[at];
        }
    }
}

async fn signed() -> (SignedHead, PublicKey) {
    let signer = LocalSigner::new(&LocalSigner::generate().unwrap()).unwrap();
    let (key, head) =
        (signer.key().await.unwrap().unwrap(), unsigned(&org(), sample().heads[12].clone(), record(1).at));
    let signature = signer.sign(&message(&head, &key.key_id)).await.unwrap();
    (sealed(head, &key, &signature).unwrap(), key.public)
}
