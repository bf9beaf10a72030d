//! Which profile belongs to which credential of one owner, and which uses belong to none.

use crate::model::{Credential, CredentialId, JoinState, ProfileKey, Timestamp, UsageProfile};
use std::{cell::LazyCell, collections::HashMap};

/// An owner's profiles, joined.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Joined<'a> {
    by_credential: HashMap<&'a str, usize>,
    unjoined_uses: Vec<usize>,
    shared_ids: u32,
}

impl Joined<'_> {
    /// Where the profile of a credential stands among those that were joined. It is no other credential's.
    pub fn place(&self, credential: &Credential) -> Option<usize> {
        self.by_credential.get(credential.reference.id.as_str()).copied()
    }

    /// Where the profiles that joined no credential and hold a use stand among those that were joined.
    pub fn unjoined_places(&self) -> &[usize] {
        &self.unjoined_uses
    }

    /// How many profiles name a credential by its listed id.
    pub fn shared_ids(&self) -> u32 {
        self.shared_ids
    }
}

/// Joins one owner's credentials with the profiles of which he is the actor: by token id, else by a label that only
/// one of his credentials bears.
pub fn join<'a>(credentials: &'a [Credential], profiles: &[UsageProfile]) -> Joined<'a> {
    let by_id: HashMap<&str, &str> = credentials
        .iter()
        .map(|credential| (credential.reference.id.as_str(), credential.reference.id.as_str()))
        .collect();
    // Hashing every label costs more than all the rest, and where events name ids nobody asks for it.
    let by_label = LazyCell::new(|| unique_labels(credentials));
    let mut joined = Joined::default();
    for (at, profile) in profiles.iter().enumerate() {
        let named = profile.token_id.as_ref().and_then(|id| by_id.get(id.as_str()).copied());
        joined.shared_ids += u32::from(named.is_some());
        let labelled = || by_label.get(profile.key.identity.as_str()).copied();
        match named.or_else(|| if profile.key.has_token_id() { None } else { labelled() }) {
            Some(id) => {
                let kept = joined.by_credential.entry(id).or_insert(at);
                if profile.last_used_at > profiles[*kept].last_used_at {
                    *kept = at;
                }
            }
            None if profile.uses > 0 => joined.unjoined_uses.push(at),
            None => {}
        }
    }
    joined
}

/// The last use of one token in its owner's profiles. A use of which it cannot be said whether it was this token's
/// counts if it came after `judged_at`: what was known before has been judged already.
pub fn last_use_of(
    id: &CredentialId,
    label: &str,
    profiles: &[UsageProfile],
    join: JoinState,
    judged_at: Timestamp,
) -> Option<Timestamp> {
    let counted = profiles.iter().filter_map(|profile| {
        let last = profile.last_used_at?;
        match belongs(id, label, profile, join) {
            Belongs::Yes => Some(last),
            Belongs::Perhaps => Some(last).filter(|last| *last > judged_at),
            Belongs::No => None,
        }
    });
    counted.max()
}

enum Belongs {
    Yes,
    No,
    Perhaps,
}

fn belongs(id: &CredentialId, label: &str, profile: &UsageProfile, join: JoinState) -> Belongs {
    let labels = profile.labels.members();
    match (&profile.token_id, join) {
        (Some(named), _) if named.as_str() == id.as_str() => Belongs::Yes,
        (Some(_), JoinState::Proven) => Belongs::No,
        (Some(_) | None, _) if labels.iter().any(|seen| seen == label && !seen.is_empty()) => Belongs::Perhaps,
        (Some(_) | None, _) if labels.iter().any(|seen| !seen.is_empty()) => Belongs::No,
        (Some(_) | None, _) => Belongs::Perhaps,
    }
}

fn unique_labels(credentials: &[Credential]) -> HashMap<String, &str> {
    let mut seen: HashMap<String, Option<&str>> = HashMap::new();
    for credential in credentials.iter().filter(|credential| !credential.label.is_empty()) {
        let key = ProfileKey::of_label(credential.owner.as_ref(), &credential.label).identity;
        seen.entry(key).and_modify(|id| *id = None).or_insert(Some(credential.reference.id.as_str()));
    }
    seen.into_iter().filter_map(|(key, id)| Some((key, id?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::holdings::Holdings;
    use crate::rules::{Accounts, tests::token};

    fn held(credentials: Vec<Credential>, profiles: Vec<UsageProfile>) -> Holdings {
        Holdings::new(None, credentials, profiles, Accounts::NotWhole)
    }

    fn profile_of_first(holdings: &Holdings) -> Option<&UsageProfile> {
        holdings.places[0].map(|at| &holdings.profiles[at])
    }

    fn credential(id: &str, label: &str) -> Credential {
        let mut credential = token();
        credential.reference.id = CredentialId::new(id);
        credential.label = label.to_owned();
        credential
    }

    fn by_id(id: &str) -> UsageProfile {
        let key = ProfileKey::of_token(Some(&"a1".into()), &id.into());
        UsageProfile { token_id: Some(id.into()), uses: 3, ..UsageProfile::empty(key) }
    }

    fn by_label(label: &str) -> UsageProfile {
        UsageProfile { uses: 3, ..UsageProfile::empty(ProfileKey::of_label(Some(&"a1".into()), label)) }
    }

    #[test]
    fn a_token_id_that_is_listed_joins_and_proves() {
        let holdings = held(vec![credential("t1", "x")], vec![by_id("t1")]);
        assert_eq!(profile_of_first(&holdings), Some(&by_id("t1")));
        assert!(holdings.shared_ids > 0 && !holdings.is_ambiguous(JoinState::Unproven));
    }

    #[test]
    fn a_foreign_token_id_is_ambiguous_until_ids_are_proven() {
        let holdings = held(vec![credential("t1", "x")], vec![by_id("gone")]);
        assert!(holdings.is_ambiguous(JoinState::Unproven) && !holdings.is_ambiguous(JoinState::Proven));
    }

    #[test]
    fn a_label_joins_only_if_one_credential_bears_it() {
        let one = held(vec![credential("t1", "x"), credential("t2", "y")], vec![by_label("x")]);
        assert!(profile_of_first(&one).is_some());
        let two = held(vec![credential("t1", "x"), credential("t2", "x")], vec![by_label("x")]);
        assert!(two.is_ambiguous(JoinState::Proven));
    }

    #[test]
    fn a_later_use_that_may_have_been_this_token_s_counts_and_another_s_does_not() {
        let (judged, later) = (crate::rules::tests::at("2026-11-01"), crate::rules::tests::at("2026-11-02"));
        let mut unnamed = by_label("");
        unnamed.last_used_at = Some(later);
        let last =
            |profile: &UsageProfile, join| last_use_of(&"t1".into(), "x", std::slice::from_ref(profile), join, judged);
        assert_eq!(last(&unnamed, JoinState::Proven), Some(later));
        let mut other = by_id("t2");
        other.last_used_at = Some(later);
        assert_eq!(last(&other, JoinState::Proven), None);
        assert_eq!(last(&other, JoinState::Unproven), Some(later));
        other.labels.insert("y");
        assert_eq!(last(&other, JoinState::Unproven), None);
    }

    #[test]
    fn a_use_without_id_and_label_is_always_ambiguous() {
        let holdings = held(vec![credential("t1", "")], vec![by_label("")]);
        assert!(holdings.is_ambiguous(JoinState::Proven));
    }
}
