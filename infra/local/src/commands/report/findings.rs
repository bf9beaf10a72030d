//! The findings of a report, with what they are about.

use crate::failure::{Failure, Result};
use serde::Serialize;
use shared::{
    model::{CredentialRow, OrgId, Report, RowFinding, Timestamp},
    ports::ReportReader,
    store::Store,
};

const PAGE: u32 = 500;

/// One finding, as it is printed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Found {
    pub(super) org: String,
    pub(super) severity: String,
    pub(super) rule: String,
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) owner: String,
    pub(super) owner_email: String,
    pub(super) created_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) last_used_at: Option<Timestamp>,
    pub(super) reason: String,
}
