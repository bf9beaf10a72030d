//! What one account holds: its listed credentials, and the tokens of an account that is not managed, which no list
//! shows and only its uses betray.

use super::join::join;
use crate::model::{
    Credential, CredentialKind, CredentialRef, CredentialStatus, JoinState, Owner, Relation, UsageProfile,
};
use crate::rules::Accounts;

/// An account's credentials, each with the place of its profile.
#[derive(Debug, Default)]
pub struct Holdings {
    /// Who answers for them, if an account list shows him.
    pub owner: Option<Owner>,
    /// The credentials, listed ones first.
    pub credentials: Vec<Credential>,
    /// The profiles of which the account is the actor.
    pub profiles: Vec<UsageProfile>,
    /// The place of each credential's profile. No two credentials have the same.
    pub places: Vec<Option<usize>>,
    /// The places of profiles with uses that belong to no credential.
    unlisted: Vec<usize>,
    /// How many profiles name a credential by its listed id.
    pub shared_ids: u32,
}

impl Holdings {
    /// Joins an account's credentials and profiles.
    pub fn new(
        owner: Option<Owner>,
        credentials: Vec<Credential>,
        profiles: Vec<UsageProfile>,
        accounts: Accounts,
    ) -> Self {
        let joined = join(&credentials, &profiles);
        let places = credentials.iter().map(|credential| joined.place(credential)).collect();
        let (unlisted, shared_ids) = (joined.unjoined_places().to_vec(), joined.shared_ids());
        let mut holdings = Self { owner, credentials, profiles, places, unlisted, shared_ids };
        if holdings.is_unmanaged(accounts) {
            holdings.observe();
        }
        holdings
    }

    /// Who is in none of the lists of accounts, all of them read to their end, is not managed either. `-` is nobody.
    fn is_unmanaged(&self, accounts: Accounts) -> bool {
        match self.owner.as_ref().map(|owner| owner.relation) {
            Some(Relation::External) => true,
            Some(Relation::Managed | Relation::Service | Relation::System) => false,
            Some(Relation::Unknown) | None => {
                accounts == Accounts::Whole
                    && self.profiles.iter().all(|profile| is_account(profile.key.actor.as_str()))
            }
        }
    }

    /// Every token that was seen in use and is in no list becomes a credential.
    fn observe(&mut self) {
        for at in std::mem::take(&mut self.unlisted) {
            self.credentials.push(observed(&self.profiles[at]));
            self.places.push(Some(at));
        }
    }

    /// Uses by the account that belong to none of its credentials.
    pub fn unlisted(&self) -> impl Iterator<Item = &UsageProfile> {
        self.unlisted.iter().map(|at| &self.profiles[*at])
    }

    /// Whether one of its uses may have been a use of any of its listed credentials.
    ///
    /// A use that names a token by id belongs to none of them once ids are proven to be the lists' ids; a use that
    /// names none, or by a label that is not its own or not unique, may always be any.
    pub fn is_ambiguous(&self, join: JoinState) -> bool {
        self.unlisted().any(|profile| match join {
            JoinState::Unproven => true,
            JoinState::Proven => !profile.key.has_token_id(),
        })
    }
}

/// Account ids are long (Organizations API spec: `557058:…`, UUIDs); system actors are named by a word, such as
/// `confluence`, which a recorded sample shows.
fn is_account(actor: &str) -> bool {
    actor.contains(':') || actor.chars().any(|one| one.is_ascii_digit())
}

fn observed(profile: &UsageProfile) -> Credential {
    let key = &profile.key;
    let id = profile.token_id.as_ref().map_or(key.identity.as_str(), |id| id.as_str());
    Credential {
        reference: CredentialRef { kind: CredentialKind::ObservedToken, id: id.into() },
        label: profile.labels.members().first().cloned().unwrap_or_default(),
        owner: Some(key.actor.clone()),
        owner_name: None,
        owner_email: None,
        scopes: None,
        created_at: None,
        expires_at: None,
        never_expires: false,
        last_used_at: None,
        status: CredentialStatus::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OwnerStatus, ProfileKey};
    use crate::rules::tests::{owner, token};

    fn used(token: &str) -> UsageProfile {
        let key = ProfileKey::of_token(Some(&"712020:a1".into()), &token.into());
        UsageProfile { token_id: Some(token.into()), uses: 3, ..UsageProfile::empty(key) }
    }

    fn kinds(owner: Option<Owner>, accounts: Accounts) -> Vec<CredentialKind> {
        let holdings = Holdings::new(owner, vec![token()], vec![used("t1"), used("x9")], accounts);
        assert_eq!(holdings.credentials.len(), holdings.places.len());
        holdings.credentials.iter().map(|credential| credential.reference.kind).collect()
    }

    fn of(relation: Relation) -> Option<Owner> {
        Some(Owner { relation, ..owner(OwnerStatus::Active) })
    }

    const BOTH: [CredentialKind; 2] = [CredentialKind::UserApiToken, CredentialKind::ObservedToken];

    #[test]
    fn a_token_in_no_list_is_a_credential_only_where_its_user_is_not_managed() {
        assert_eq!(kinds(of(Relation::External), Accounts::NotWhole), BOTH);
        assert_eq!(kinds(of(Relation::Managed), Accounts::Whole), [CredentialKind::UserApiToken]);
        assert_eq!(kinds(of(Relation::Service), Accounts::Whole), [CredentialKind::UserApiToken]);
    }

    #[test]
    fn who_is_in_no_list_is_unmanaged_only_if_all_lists_were_read() {
        assert_eq!(kinds(None, Accounts::Whole), BOTH);
        assert_eq!(kinds(None, Accounts::NotWhole), [CredentialKind::UserApiToken]);
    }

    #[test]
    fn a_system_actor_is_no_external_user() {
        let mut profile = used("x9");
        profile.key.actor = "confluence".into();
        assert!(Holdings::new(None, Vec::new(), vec![profile], Accounts::Whole).credentials.is_empty());
    }

    #[test]
    fn an_observed_token_has_its_profile_and_no_date_of_atlassian_s() {
        let holdings = Holdings::new(of(Relation::External), Vec::new(), vec![used("x9")], Accounts::Whole);
        assert_eq!((holdings.places.as_slice(), holdings.unlisted().count()), ([Some(0)].as_slice(), 0));
        assert_eq!(holdings.credentials[0].last_used_at, None);
    }
}
