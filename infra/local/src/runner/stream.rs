//! The stream of the cases table, delivered to remediate-tokens as Lambda delivers it: in order, at least once, in
//! batches that are tried again, halved and in the end given up, because the sweep handles what is pending anyway.

use super::{
    bundle::Bundle,
    data_dir::DataDir,
    database::{LocalDatabase, StreamRecord},
};
use crate::failure::Result;
use serde::{Deserialize, Serialize};
use shared::store::item::Entity;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, watch};

const FILE: &str = "stream.json";
/// As the template has them.
const BATCH: usize = 25;
const RETRIES: u32 = 5;
/// How often the stream is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// What delivering came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// How many records were handed over and handled.
    pub records: usize,
    /// Why the next batch was not handled; it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// The mapping from the stream to the function.
pub struct Stream {
    dir: Arc<DataDir>,
    place: Mutex<Place>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Place {
    /// The last record that was handled; `None` at the stream's beginning.
    after: Option<String>,
    #[serde(skip)]
    tries: u32,
}

/// A batch as it stands in the stream, and what of it the function sees.
struct Batch {
    last: String,
    seen: Vec<StreamRecord>,
}

impl Stream {
    /// The mapping at the place that the data directory knows. Without one it begins at the oldest record.
    ///
    /// # Errors
    /// If the place cannot be read.
    pub fn open(dir: Arc<DataDir>) -> Result<Self> {
        let place = dir.read(FILE)?.unwrap_or_default();
        Ok(Self { dir, place: Mutex::new(place) })
    }

    /// Delivers until nothing is left or a batch fails.
    ///
    /// # Errors
    /// If the stream cannot be read or the place not stored.
    pub async fn drain(&self, bundle: &Bundle) -> Result<Delivered> {
        let mut place = self.place.lock().await;
        let mut delivered = Delivered::default();
        while let Some(batch) = next_batch(&bundle.database, &bundle.tables.cases, &place)? {
            let handled = deliver(bundle, &batch.seen).await;
            delivered.records += handled;
            if handled < batch.seen.len() {
                delivered.failed = Some(format!("{} records were not handled", batch.seen.len() - handled));
                self.put_off(&mut place, &batch, handled)?;
                return Ok(delivered);
            }
            self.pass(&mut place, batch.last)?;
        }
        Ok(delivered)
    }

    /// What was handled is behind us; the rest is tried again, and in the end given up.
    fn put_off(&self, place: &mut Place, batch: &Batch, handled: usize) -> Result<()> {
        let tries = if handled == 0 { place.tries + 1 } else { 1 };
        if let Some(last) = handled.checked_sub(1).map(|last| &batch.seen[last]) {
            self.pass(place, last.sequence.clone())?;
        }
        place.tries = tries;
        if tries > RETRIES && batch.seen.len() == 1 {
            tracing::error!(seq = %batch.last, "the record is given up; the sweep handles what is pending");
            return self.pass(place, batch.last.clone());
        }
        Ok(())
    }

    fn pass(&self, place: &mut Place, last: String) -> Result<()> {
        *place = Place { after: Some(last), tries: 0 };
        self.dir.write(FILE, place)
    }

    /// Delivers what comes, until it is told to stop.
    pub async fn keep(bundle: Arc<Bundle>, mut stop: watch::Receiver<bool>) {
        let mut pause = PAUSE;
        while !*stop.borrow() {
            let outcome = bundle.stream.drain(&bundle).await;
            pause = match outcome {
                Ok(Delivered { failed: None, .. }) => PAUSE,
                Ok(_) => (pause * 2).min(Duration::from_secs(30)),
                Err(error) => {
                    tracing::error!(%error, "the stream was not read");
                    (pause * 2).min(Duration::from_secs(30))
                }
            };
            let _ended = tokio::time::timeout(pause, stop.changed()).await;
        }
    }
}

/// How many of the records were handled.
async fn deliver(bundle: &Bundle, records: &[StreamRecord]) -> usize {
    if records.is_empty() {
        return 0;
    }
    bundle.deliver(records).await.unwrap_or_else(|error| {
        tracing::warn!(count = records.len(), %error, "the stream's batch was not handled");
        0
    })
}

/// The next batch; after failures a smaller one, so that one record does not hold up the rest.
fn next_batch(database: &LocalDatabase, table: &str, place: &Place) -> Result<Option<Batch>> {
    let size = (BATCH >> place.tries.min(RETRIES)).max(1);
    let records = database.stream(table, place.after.as_deref(), BATCH)?;
    let mut seen: Vec<StreamRecord> = records.iter().filter(|record| passes(record)).cloned().collect();
    let last = match seen.get(size - 1) {
        Some(last) => last.sequence.clone(),
        None => match records.last() {
            Some(last) => last.sequence.clone(),
            None => return Ok(None),
        },
    };
    seen.truncate(size);
    Ok(Some(Batch { last, seen }))
}

/// The filter of the template: only what is pending, so that the function's own writes do not wake it.
fn passes(record: &StreamRecord) -> bool {
    let woken_by = [Entity::Finding, Entity::Decision].map(Entity::as_str);
    let entity = record.new_text("entity").is_some_and(|entity| woken_by.contains(&entity));
    entity && record.new_text("pending_org").is_some()
}
