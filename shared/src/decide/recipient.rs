//! Who is written to about an account's credentials: never an external himself, whatever is known of his address.

use crate::{
    messages::letter::Capacity,
    model::{AccountId, MailAddress, Owner, OwnerStatus, Recipients, Relation, Sponsor},
};

/// To whom a mail goes, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Where.
    pub address: MailAddress,
    /// As whom its reader is written to.
    pub capacity: Capacity,
}

/// What is known of an account when a message is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What the latest report's lists say of it.
    pub owner: Option<Owner>,
    /// Who answers for it, where somebody said so.
    pub sponsor: Option<Sponsor>,
}

/// Who gets what is for an owner.
///
/// # Errors
/// Why nobody does, and how to mend it.
pub fn recipient(account: &AccountId, known: &Known, recipients: &Recipients) -> Result<Recipient, String> {
    let owner = known.owner.as_ref();
    let own = owner.and_then(own_address);
    let because = match owner.map(|owner| owner.relation) {
        Some(Relation::Managed) => match managed(owner, own) {
            Ok(address) => return Ok(Recipient { address, capacity: Capacity::Owner }),
            Err(because) => because,
        },
        Some(Relation::External) => "the account is external and nobody in the org is named as its sponsor",
        Some(Relation::Service | Relation::System) => "the account is no person's",
        Some(Relation::Unknown) | None => "whether the account belongs to the org is not known",
    };
    let of = owner.and_then(|owner| owner.name.clone()).unwrap_or_else(|| format!("the account {account}"));
    instead(known, recipients, of, because)
}

/// A sponsor where one is named, else the fallback contact; neither may be the account's own address.
fn instead(known: &Known, recipients: &Recipients, of: String, because: &'static str) -> Result<Recipient, String> {
    let his = known.owner.as_ref().and_then(|owner| owner.email.as_deref()).map(MailAddress::new);
    let foreign = |address: &MailAddress| his.as_ref().is_none_or(|his| !his.is_same(address));
    let sponsor = known.sponsor.as_ref().and_then(|sponsor| MailAddress::within(&sponsor.sponsor));
    if let Some(address) = sponsor.filter(foreign) {
        return Ok(Recipient { address, capacity: Capacity::Sponsor { of } });
    }
    match recipients.fallback.clone().filter(foreign) {
        Some(address) => Ok(Recipient { address, capacity: Capacity::Fallback { of, because } }),
        None => {
            Err(format!("nobody can be written to: {because}, and the policy names no other `recipients.fallback`"))
        }
    }
}

fn managed(owner: Option<&Owner>, own: Option<MailAddress>) -> Result<MailAddress, &'static str> {
    match owner.map(|owner| owner.status) {
        Some(OwnerStatus::Inactive | OwnerStatus::Closed) => Err("the account is deactivated"),
        Some(OwnerStatus::Active | OwnerStatus::Unknown) | None => own.ok_or("no address of the owner is known"),
    }
}

fn own_address(owner: &Owner) -> Option<MailAddress> {
    owner.email.as_deref().map(MailAddress::new).filter(MailAddress::is_sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "712020:one";
    const HIS: &str = "carol@contractor.example";

    fn recipients() -> Recipients {
        Recipients { fallback: Some(MailAddress::new("it@example.com")), ..Recipients::default() }
    }

    fn owner(relation: Relation) -> Owner {
        let (name, email) = (Some("Carol".to_owned()), Some(HIS.to_owned()));
        Owner { name, email, status: OwnerStatus::Active, ..Owner::new(ACCOUNT.into(), relation) }
    }

    fn sponsored(by: &str) -> Option<Sponsor> {
        let updated_at = "2026-11-21T12:00:00Z".parse().unwrap();
        Some(Sponsor { account: ACCOUNT.into(), sponsor: by.into(), updated_by: "ann".into(), updated_at })
    }

    fn written(owner: Option<Owner>, sponsor: Option<Sponsor>) -> String {
        let found = recipient(&ACCOUNT.into(), &Known { owner, sponsor }, &recipients()).unwrap();
        found.address.expose().to_owned()
    }

    #[test]
    fn a_managed_owner_is_written_to_himself() {
        assert_eq!(written(Some(owner(Relation::Managed)), None), HIS);
    }

    #[test]
    fn nobody_but_a_managed_account_is_ever_written_to_himself() {
        for relation in [Relation::External, Relation::Service, Relation::System, Relation::Unknown] {
            for sponsor in [None, sponsored("the vendor desk"), sponsored(&HIS.to_uppercase()), sponsored(HIS)] {
                assert_eq!(written(Some(owner(relation)), sponsor), "it@example.com", "{relation:?}");
            }
            assert_eq!(written(Some(owner(relation)), sponsored("Bo <bo@example.com>")), "bo@example.com");
        }
        assert_eq!(written(None, None), "it@example.com");
    }

    #[test]
    fn an_external_s_own_address_as_the_fallback_reaches_nobody() {
        let recipients = Recipients { fallback: Some(MailAddress::new(HIS)), ..Recipients::default() };
        let known = Known { owner: Some(owner(Relation::External)), sponsor: None };
        let refused = recipient(&ACCOUNT.into(), &known, &recipients).unwrap_err();
        assert!(refused.contains("nobody can be written to") && !refused.contains('@'), "{refused}");
    }

    #[test]
    fn a_deactivated_owner_s_mail_goes_to_the_fallback_contact() {
        let gone = Owner { status: OwnerStatus::Inactive, ..owner(Relation::Managed) };
        assert_eq!(written(Some(gone), None), "it@example.com");
    }
}
