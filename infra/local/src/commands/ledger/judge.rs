//! What is known of a ledger, judged: pure, and told in sentences.

use shared::{
    decide::{
        export::Transcript,
        head::{Vouched, check},
    },
    model::{LedgerHead, OrgId, PublicKey, SignedHead},
};

/// Who gave the heads, or the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// The deployment whose ledger it is.
    ByServer,
    /// Whoever kept them elsewhere.
    Kept,
}

/// A ledger with what it is to be held against.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// Whose.
    pub(super) org: OrgId,
    /// The entries.
    pub(super) transcript: Transcript,
    /// Published heads, those of other orgs among them.
    pub(super) heads: Vec<SignedHead>,
    /// Who gave them.
    pub(super) heads_given: Given,
    /// A head that was named on the command line.
    pub(super) named: Option<LedgerHead>,
    /// The public keys; `None` where nobody gave any.
    pub(super) keys: Option<Vec<PublicKey>>,
    /// Who gave them.
    pub(super) keys_given: Given,
}

/// A ledger that is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Whole {
    /// Its end.
    pub(super) head: LedgerHead,
    /// The newest published head that it fits.
    pub(super) newest: Option<LedgerHead>,
    /// How many published heads it fits.
    pub(super) fits: usize,
    /// How many of them a key vouches for.
    pub(super) signed: usize,
    /// The keys that do.
    pub(super) keys: Vec<PublicKey>,
}

impl Subject {
    /// Checks the signatures and follows the chain through every head.
    ///
    /// # Errors
    /// The first fault, as the end of a sentence.
    pub(super) fn judge(&self) -> Result<Whole, String> {
        let mut whole = Whole::default();
        for head in &self.heads {
            self.vouched(head, &mut whole)?;
        }
        let ours = self.heads.iter().filter(|head| head.org == self.org);
        let published: Vec<LedgerHead> = ours.map(SignedHead::head).chain(self.named.clone()).collect();
        if published.is_empty() && !self.heads.is_empty() {
            return Err("not verified: the heads that were given are of other orgs".into());
        }
        let head = self.transcript.verify(&self.org, &LedgerHead::default(), &published);
        let newest = published.iter().max_by_key(|head| head.seq).cloned();
        Ok(Whole { head: head.map_err(|flaw| format!("broken: {flaw}"))?, newest, fits: published.len(), ..whole })
    }

    fn vouched(&self, head: &SignedHead, whole: &mut Whole) -> Result<(), String> {
        let Some(keys) = &self.keys else { return Ok(()) };
        match check(head, keys).map_err(|bad| format!("broken: {bad}"))? {
            Vouched::By(key) => {
                whole.signed += usize::from(head.org == self.org);
                if !whole.keys.contains(&key) {
                    whole.keys.push(key);
                }
            }
            Vouched::ByNobody if self.keys_given == Given::Kept => {
                return Err(format!("broken: the published head {}:{} is unsigned", head.seq, head.hash));
            }
            Vouched::ByNobody => {}
        }
        Ok(())
    }

    /// What a person should know of a ledger that is whole: how far that is proven.
    pub(super) fn told(&self, whole: &Whole) -> Vec<String> {
        let Whole { head, newest, fits, .. } = whole;
        let mut lines = vec![format!("whole, {} entries; head {}:{}", head.seq, head.seq, head.hash)];
        let Some(newest) = newest else {
            lines.push("no published head was there to hold it against: a tail that was cut off would not show".into());
            return lines;
        };
        lines.push(format!("published heads that it fits: {fits}, the newest at entry {}", newest.seq));
        if head.seq > newest.seq {
            lines.push(format!("entries after {} rest on no published head yet", newest.seq));
        }
        lines.extend(self.signatures(whole));
        lines.extend(self.provenance());
        lines
    }

    fn signatures(&self, whole: &Whole) -> Vec<String> {
        let signed = |key: &PublicKey| format!("signed by the key with the SHA-256 {}", key.fingerprint());
        let mut lines: Vec<String> = whole.keys.iter().map(signed).collect();
        let unsigned = whole.fits - whole.signed - usize::from(self.named.is_some());
        match &self.keys {
            None if unsigned > 0 => lines.push("no key was given: no signature was checked".into()),
            Some(_) if unsigned > 0 => lines.push(format!("unsigned heads: {unsigned}; nobody vouches for them")),
            None | Some(_) => {}
        }
        lines
    }

    fn provenance(&self) -> Option<String> {
        let keep = "keep what `ledger heads` and `ledger key` print elsewhere, and give it with --heads and --key";
        match (self.heads_given, self.keys_given) {
            (Given::Kept, Given::Kept) => None,
            (Given::Kept, Given::ByServer) => None,
            (Given::ByServer, _) if self.heads.is_empty() => None,
            (Given::ByServer, Given::Kept) => Some(format!(
                "the heads came from the server whose ledger it is: it may hold back the newest ones; {keep}"
            )),
            (Given::ByServer, Given::ByServer) => Some(format!(
                "heads and key came from the server whose ledger it is: whoever can rewrite all three is not found out, \
                 so this proves less than ones kept elsewhere; {keep}"
            )),
        }
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
