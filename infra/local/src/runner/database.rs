//! The embedded DynamoDB. Nothing else here knows which program it is.
//!
//! Its data lie in one SQLite file with a write-ahead log, so that what was answered is there after a `kill -9`. The
//! functions reach it as they reach AWS: by the real SDK over HTTP, on a port of the loopback that the system chooses.
//! It throttles nothing, has no transaction conflicts, and every read is consistent.

use crate::failure::{Failure, Result};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use dynoxide::{
    Database, DynoxideError,
    actions::{
        describe_time_to_live::DescribeTimeToLiveRequest,
        get_records::{GetRecordsRequest, Record},
        get_shard_iterator::GetShardIteratorRequest,
        list_tables::ListTablesRequest,
    },
    streams::{shard_id, stream_arn},
};
use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Value, json};
use shared::model::Timestamp;
use std::{net::SocketAddr, path::Path, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Mutex, oneshot},
    task::JoinHandle,
};

/// How long requests that still run may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// The embedded database, serving.
pub struct LocalDatabase {
    database: Database,
    address: SocketAddr,
    serving: Mutex<Option<Serving>>,
}

struct Serving {
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// One record of a table's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRecord {
    /// Its place in the stream.
    pub sequence: String,
    /// The record as Lambda hands it over.
    pub event: Value,
}

impl StreamRecord {
    /// A text of the new image; `None` where there is none.
    pub fn new_text(&self, attribute: &str) -> Option<&str> {
        self.event["dynamodb"]["NewImage"][attribute]["S"].as_str()
    }
}

impl Serialize for StreamRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.event.serialize(serializer)
    }
}

impl LocalDatabase {
    /// Opens a file, or memory where there is none, and serves it.
    ///
    /// # Errors
    /// [`Failure::Database`] if the file is not a database or the loopback cannot be used.
    pub async fn open(file: Option<&Path>) -> Result<Self> {
        let database = match file {
            Some(file) => Database::new(&file.to_string_lossy()).map_err(failed)?,
            None => Database::memory().map_err(failed)?,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| Failure::Database(error.to_string()))?;
        let address = listener.local_addr().map_err(|error| Failure::Database(error.to_string()))?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = dynoxide::server::serve_with_shutdown(listener, database.clone(), async move {
            let _ended = stopped.await;
        });
        let server = tokio::spawn(async move {
            if let Err(reason) = serving.await {
                tracing::error!(error = %reason, "the embedded database stopped serving");
            }
        });
        Ok(Self { database, address, serving: Mutex::new(Some(Serving { stop, server })) })
    }

    /// What an SDK client needs to reach it.
    pub fn sdk_config(&self) -> aws_sdk_dynamodb::config::Builder {
        aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "embedded database"))
            .endpoint_url(format!("http://{}", self.address))
            .http_client(shared::http::sdk_http_client())
    }

    /// A client.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::from_conf(self.sdk_config().build())
    }

    /// Deletes what expired before `now`, in every table whose items expire, and says how many there were.
    ///
    /// The database's own sweep knows the machine's clock only.
    ///
    /// # Errors
    /// [`Failure::Database`]
    pub fn sweep(&self, now: Timestamp) -> Result<usize> {
        let tables = self.database.list_tables(ListTablesRequest::default()).map_err(failed)?.table_names;
        tables.into_iter().try_fold(0, |swept, table| Ok(swept + self.sweep_table(table, now)?))
    }

    fn sweep_table(&self, table_name: String, now: Timestamp) -> Result<usize> {
        let request = DescribeTimeToLiveRequest { table_name: table_name.clone() };
        let described = self.database.describe_time_to_live(request).map_err(failed)?;
        let Some(attribute) = described.time_to_live_description.attribute_name else { return Ok(0) };
        let expired = Expired { table_name, attribute, now };
        let (mut swept, mut after) = (0, None);
        loop {
            let page = self.database.scan(read(expired.scan(after))?).map_err(failed)?;
            after = page.last_evaluated_key.map(|key| json!(key));
            let keys = page.items.unwrap_or_default();
            swept += keys.len();
            keys.iter().try_for_each(|key| self.delete_expired(&expired, &json!(key)))?;
            if after.is_none() {
                return Ok(swept);
            }
        }
    }

    fn delete_expired(&self, expired: &Expired, key: &Value) -> Result<()> {
        match self.database.delete_item(read(expired.delete(key))?) {
            Ok(_) | Err(DynoxideError::ConditionalCheckFailedException(..)) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// The records of a table's stream after a place in it, in order; from its beginning where that is `None`.
    ///
    /// # Errors
    /// [`Failure::Database`]
    pub fn stream(&self, table: &str, after: Option<&str>, limit: usize) -> Result<Vec<StreamRecord>> {
        let iterator = GetShardIteratorRequest {
            stream_arn: stream_arn(table, "local"),
            shard_id: shard_id(table),
            shard_iterator_type: if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" }.into(),
            sequence_number: after.map(str::to_owned),
        };
        let iterator = self.database.get_shard_iterator(iterator).map_err(failed)?.shard_iterator.unwrap_or_default();
        let request = GetRecordsRequest { shard_iterator: iterator, limit: Some(limit) };
        let records = self.database.get_records(request).map_err(failed)?.records;
        records.iter().map(record_of).collect()
    }

    /// Takes no more requests and lets those that run end; the file is closed when the last of us is dropped.
    pub async fn close(&self) {
        let Some(Serving { stop, server }) = self.serving.lock().await.take() else { return };
        let _gone = stop.send(());
        if tokio::time::timeout(GRACE, server).await.is_err() {
            tracing::warn!("a request to the embedded database did not end in time");
        }
    }
}

/// A sweep of one table; its requests as JSON, as they would come by HTTP.
struct Expired {
    table_name: String,
    attribute: String,
    now: Timestamp,
}

impl Expired {
    fn scan(&self, after: Option<Value>) -> Value {
        let mut request = self.request(json!({ "ProjectionExpression": "pk, sk" }));
        request["FilterExpression"] = json!("#ttl < :now");
        if let Some(after) = after {
            request["ExclusiveStartKey"] = after;
        }
        request
    }

    fn delete(&self, key: &Value) -> Value {
        let mut request = self.request(json!({ "Key": key }));
        request["ConditionExpression"] = json!("#ttl < :now");
        request
    }

    fn request(&self, mut request: Value) -> Value {
        request["TableName"] = json!(self.table_name);
        request["ExpressionAttributeNames"] = json!({ "#ttl": self.attribute });
        request["ExpressionAttributeValues"] = json!({ ":now": { "N": self.now.timestamp().to_string() } });
        request
    }
}

fn read<T: DeserializeOwned>(request: Value) -> Result<T> {
    serde_json::from_value(request).map_err(|error| Failure::Database(error.to_string()))
}

fn record_of(record: &Record) -> Result<StreamRecord> {
    Ok(StreamRecord {
        sequence: record.dynamodb.sequence_number.clone(),
        event: serde_json::to_value(record).map_err(|error| Failure::Database(error.to_string()))?,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn failed(error: DynoxideError) -> Failure {
    Failure::Database(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{config::Tables, store::create::create_tables};

    #[expect(clippy::disallowed_methods, reason = "the test writes an item of no type of ours")]
    async fn put(database: &LocalDatabase, table: &str, sk: &str, expires_at: i64) {
        use aws_sdk_dynamodb::types::AttributeValue::{N, S};
        let put = database.client().put_item().table_name(table);
        let put = put.item("filler", S("x".repeat(300_000)));
        let put = put.item("pk", S("P".into())).item("sk", S(sk.into())).item("entity", S("finding".into()));
        put.item("expires_at", N(expires_at.to_string())).send().await.unwrap();
    }

    fn sk(record: &StreamRecord) -> &str {
        record.event["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap()
    }

    async fn with_tables(file: Option<&Path>) -> LocalDatabase {
        let database = LocalDatabase::open(file).await.unwrap();
        let tables = Tables { history: "history".into(), cases: "cases".into() };
        create_tables(&database.client(), &tables).await.unwrap();
        database
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sweep_follows_the_clock_that_it_is_given() {
        let database = with_tables(None).await;
        // More than one page of a scan, which holds 1 MB.
        for number in 0..4 {
            put(&database, "history", &format!("a{number}"), 5_000).await;
        }
        for (sk, expires_at) in [("old", 1_000), ("due", 2_000), ("new", 3_000)] {
            put(&database, "history", sk, expires_at).await;
        }
        let at = |secs| Timestamp::from_timestamp(secs, 0).unwrap();
        assert_eq!(database.sweep(at(2_000)).unwrap(), 1);
        assert_eq!(database.sweep(at(2_001)).unwrap(), 1);
        assert_eq!(database.sweep(at(3_000)).unwrap(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stream_goes_on_after_a_place_in_it_and_survives_closing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dynamodb.sqlite");
        let database = with_tables(Some(&file)).await;
        assert!(database.stream("cases", None, 10).unwrap().is_empty());
        put(&database, "cases", "1", 0).await;
        put(&database, "cases", "2", 0).await;
        let first = database.stream("cases", None, 1).unwrap().remove(0);
        assert_eq!((sk(&first), first.new_text("entity")), ("1", Some("finding")));
        database.close().await;
        drop(database);
        let database = with_tables(Some(&file)).await;
        let rest = database.stream("cases", Some(&first.sequence), 10).unwrap();
        assert_eq!(rest.iter().map(sk).collect::<Vec<_>>(), ["2"]);
    }
}
