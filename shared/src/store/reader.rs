//! Reading whole reports.

use super::{
    Store,
    call::failed,
    cursor::Cursor,
    item::{Draft, body, read_text, versioned},
    keys::{self, Single},
    profile,
    select::{Range, Select},
};
use crate::{
    error::{Error, Result},
    model::{
        AccountId, CredentialRef, CredentialRow, OrgId, OwnerRow, Page, PollState, Report, ReportId, UsageProfile,
        Versioned,
    },
    ports::ReportReader,
};
use aws_sdk_dynamodb::{
    error::SdkError,
    types::{AttributeValue, Select as Selection},
};
use serde::de::DeserializeOwned;

impl ReportReader for Store {
    async fn latest_report(&self, org: &OrgId) -> Result<Option<Report>> {
        let Some(item) = self.get(&self.tables.history, keys::single(org, Single::Latest)).await? else {
            return Ok(None);
        };
        self.report(org, &ReportId::new(read_text(&item, "of")?)).await
    }

    async fn report(&self, org: &OrgId, id: &ReportId) -> Result<Option<Report>> {
        self.get(&self.tables.history, keys::report(org, id)).await?.map(body).transpose()
    }

    async fn reports(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<Report>> {
        let select = Select::all(&self.tables.history, keys::reports(org)).newest_first().limit(limit);
        self.page(&select, cursor.as_deref(), body).await
    }

    async fn rows(
        &self,
        org: &OrgId,
        report: &Report,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<CredentialRow>> {
        self.parted(report.parts, |part| keys::rows_part(org, &report.id, part), cursor, limit).await
    }

    async fn owner_rows(
        &self,
        org: &OrgId,
        report: &Report,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<OwnerRow>> {
        self.parted(report.parts, |part| keys::owners_part(org, &report.id, part), cursor, limit).await
    }

    async fn owner_row(&self, org: &OrgId, report: &Report, account: &AccountId) -> Result<Option<OwnerRow>> {
        let key = keys::owner_row(org, &report.id, report.parts, account);
        self.get(&self.tables.history, key).await?.map(body).transpose()
    }

    async fn row(&self, org: &OrgId, report: &Report, credential: &CredentialRef) -> Result<Option<CredentialRow>> {
        let key = keys::row(org, &report.id, report.parts, credential);
        let row: Option<CredentialRow> = self.get(&self.tables.history, key).await?.map(body).transpose()?;
        Ok(row.filter(|row| row.credential.reference == *credential))
    }

    async fn rows_of(&self, org: &OrgId, report: &Report, credentials: &[CredentialRef]) -> Result<Vec<CredentialRow>> {
        let keys = credentials.iter().map(|one| keys::row(org, &report.id, report.parts, one)).collect();
        self.read_all(&self.tables.history, &keys).await?.into_iter().map(body).collect()
    }

    async fn poll_lag(&self, org: &OrgId) -> Result<Option<PollState>> {
        let item = self.get(&self.tables.history, keys::single(org, Single::Poll)).await?;
        Ok(item.map(versioned).transpose()?.map(|state: Versioned<PollState>| state.value))
    }

    async fn profiles_of(&self, org: &OrgId, actor: &AccountId) -> Result<Vec<UsageProfile>> {
        let pk = keys::profile_shard(org, keys::profile_shard_of(actor));
        let select = Select::all(&self.tables.history, pk).range(Range::StartsWith(keys::profiles_of(actor)));
        self.fetch_all(&select).await?.into_iter().map(profile::read).collect()
    }
}

impl Store {
    /// A page of a list that goes through several partitions of the history.
    async fn parted<T: DeserializeOwned>(
        &self,
        parts: u32,
        pk: impl Fn(u32) -> String + Send,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<T>> {
        let list = pk(0);
        let Cursor { part, after } = Cursor::open(&list, cursor.as_deref())?;
        let select = Select::all(&self.tables.history, pk(part)).limit(limit);
        let fetched = self.fetch(&select, after.as_deref()).await?;
        let next = match fetched.last {
            Some(sk) => Some(Cursor { part, after: Some(sk) }),
            None if part + 1 < parts => Some(Cursor { part: part + 1, after: None }),
            None => None,
        };
        let items = fetched.items.into_iter().map(body).collect::<Result<_>>()?;
        Ok(Page { items, next: next.map(|cursor| cursor.seal(&list)) })
    }

    pub(super) async fn put_latest(&self, latest: Draft, id: &ReportId) -> Result<()> {
        let table = &self.tables.history;
        let request = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(latest.build()))
            .condition_expression("attribute_not_exists(pk) OR #of <= :of")
            .expression_attribute_names("#of", "of")
            .expression_attribute_values(":of", AttributeValue::S(id.as_str().to_owned()));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed("PutItem", table)(error)),
        }
    }

    /// How many items a partition of the history holds, counted up to `most`.
    pub(super) async fn count(&self, pk: String, most: u64) -> Result<u64> {
        let table = &self.tables.history;
        let mut counted: u64 = 0;
        let mut start = None;
        loop {
            let request = self
                .client
                .query()
                .table_name(table)
                .select(Selection::Count)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                .limit((most - counted) as i32)
                .set_exclusive_start_key(start);
            let answer = request.send().await.map_err(failed("Query", table))?;
            counted += u64::try_from(answer.count).map_err(|_| Error::Store("a count is negative".into()))?;
            start = answer.last_evaluated_key;
            if start.is_none() || counted >= most {
                return Ok(counted.min(most));
            }
        }
    }
}
