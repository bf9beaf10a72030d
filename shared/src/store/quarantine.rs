//! What could not be understood: parts first, then the header under the body's id and in the list, in one transaction.

use super::{
    DAY_SECS, Store, expiry,
    item::{Draft, Entity, body as value, read_text},
    keys,
    select::Select,
    transact::{Outcome, Reason, delete, put_new, unexplained},
};
use crate::{
    error::{Error, Result},
    model::{OrgId, Page, QuarantineId, Quarantined},
    ports::QuarantineStore,
};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// The size of a part, in bytes: below DynamoDB's 400 KB for an item with its key.
const PART_BYTES: usize = 350 * 1024;

impl QuarantineStore for Store {
    /// The stored header says the number of parts as they were written, whatever `header.parts` said.
    async fn quarantine(&self, org: &OrgId, header: &Quarantined, body: &[u8]) -> Result<()> {
        let packed = pack(body)?;
        let parts: Vec<&[u8]> = packed.chunks(PART_BYTES).collect();
        let header = Quarantined { parts: parts.len() as u32, ..header.clone() };
        for (number, bytes) in (0..).zip(parts) {
            self.put(&self.tables.history, self.part_draft(org, &header, number, bytes)).await?;
        }
        self.commit(org, &header, &hex::encode(Sha256::digest(body))).await
    }

    async fn quarantined(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<Quarantined>> {
        let select = Select::all(&self.tables.history, keys::quarantine(org)).limit(limit);
        self.page(&select, cursor.as_deref(), value).await
    }

    /// `None` also where the body has expired. A body that is damaged is an [`Error::Store`].
    async fn quarantined_body(&self, org: &OrgId, id: &QuarantineId) -> Result<Option<(Quarantined, Vec<u8>)>> {
        let Some(item) = self.get(&self.tables.history, keys::quarantine_commit(org, id)).await? else {
            return Ok(None);
        };
        let wanted = read_text(&item, "sha256")?.to_owned();
        let header: Quarantined = value(item)?;
        let body = unpack(&self.parts(org, &header).await?).filter(|body| hex::encode(Sha256::digest(body)) == wanted);
        body.map(|body| Some((header, body))).ok_or_else(|| Error::Store("a quarantined body is damaged".into()))
    }

    async fn remove_quarantined(&self, org: &OrgId, header: &Quarantined) -> Result<()> {
        let Some(item) = self.get(&self.tables.history, keys::quarantine_commit(org, &header.id)).await? else {
            return Ok(());
        };
        self.remove_body(org, &value(item)?).await
    }
}

impl Store {
    /// A body as it came, whatever its header says of its hash; `None` where it cannot be unpacked.
    pub(super) async fn readable(&self, org: &OrgId, header: &Quarantined) -> Result<Option<Vec<u8>>> {
        Ok(unpack(&self.parts(org, header).await?))
    }

    /// Deletes a body: what names it first.
    pub(super) async fn remove_body(&self, org: &OrgId, header: &Quarantined) -> Result<()> {
        let table = &self.tables.history;
        let writes = vec![
            delete(table, keys::quarantine_commit(org, &header.id))?,
            delete(table, keys::quarantined(org, header.at, &header.id))?,
        ];
        match self.transact(table, writes).await? {
            Outcome::Done => {}
            Outcome::Cancelled(reasons) => return Err(unexplained(table, &reasons)),
        }
        let parts = (0..header.parts).map(|number| keys::quarantine_part(org, &header.id, number));
        self.delete_all(table, parts).await
    }

    fn part_draft(&self, org: &OrgId, header: &Quarantined, number: u32, bytes: &[u8]) -> Draft {
        // A day later than the header, so that what the list shows can be read.
        let expires = expiry(header.at, self.retention.event_days) + DAY_SECS;
        Draft::new(keys::quarantine_part(org, &header.id, number), Entity::QuarantinePart)
            .expires(Some(expires))
            .attribute("gzip", AttributeValue::B(Blob::new(bytes)))
    }

    async fn commit(&self, org: &OrgId, header: &Quarantined, sha256: &str) -> Result<()> {
        let table = &self.tables.history;
        let expires = Some(expiry(header.at, self.retention.event_days));
        let draft = |key| Draft::new(key, Entity::Quarantined).expires(expires).body(header);
        let writes = vec![
            put_new(table, draft(keys::quarantine_commit(org, &header.id))?.text("sha256", sha256))?,
            put_new(table, draft(keys::quarantined(org, header.at, &header.id))?)?,
        ];
        match self.transact(table, writes).await? {
            Outcome::Done => Ok(()),
            Outcome::Cancelled(reasons) => match reasons.first() {
                Some(Reason::Condition(_)) => Ok(()), // this body is kept already
                _ => Err(unexplained(table, &reasons)),
            },
        }
    }

    async fn parts(&self, org: &OrgId, header: &Quarantined) -> Result<Vec<u8>> {
        let mut packed = Vec::new();
        for number in 0..header.parts {
            let item = self.get(&self.tables.history, keys::quarantine_part(org, &header.id, number)).await?;
            let bytes = item.as_ref().and_then(|item| item.get("gzip")).and_then(|bytes| bytes.as_b().ok());
            packed.extend_from_slice(bytes.map(Blob::as_ref).unwrap_or_default());
        }
        Ok(packed)
    }
}

fn pack(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(body).and_then(|()| encoder.finish());
    packed.map_err(|_| Error::Store("a body could not be compressed".into()))
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut body).ok().map(|_| body)
}
