//! The handlers of `/v1`, by noun.

pub(crate) mod actions;
pub(crate) mod campaigns;
pub(crate) mod changes;
pub(crate) mod credentials;
pub(crate) mod erasures;
pub(crate) mod exemptions;
pub(crate) mod findings;
pub(crate) mod govern;
pub(crate) mod impact;
pub(crate) mod ledger;
pub(crate) mod messages;
pub(crate) mod orgs;
pub(crate) mod owners;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod quarantine;
pub(crate) mod register;
pub(crate) mod reports;
pub(crate) mod seats;
pub(crate) mod stop;
