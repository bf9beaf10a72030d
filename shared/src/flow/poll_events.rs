//! Reads the org's event stream from its checkpoint. Push is a hint; this is the truth.
//!
//! A page is asked for, its events are made durable, and only then the checkpoint moves: whoever is stopped in between
//! reads the page again, and what comes twice is one.

use super::take_in::{Taken, take_in};
use crate::{
    config::{EventSettings, PollSettings},
    decide::{
        parse::{Parsed, parse},
        poll::{self, Lane, PageFacts, Progress, Share},
    },
    error::{Error, Result},
    model::{ActionCatalogue, Intake, OrgId, PollState, Reader, Timestamp, Versioned},
    ports::{Clock, Deadline, EventPage, EventQuery, EventSource, EventStore, PollStore, QuarantineStore, Written},
};
use chrono::TimeDelta;
use serde::Serialize;

/// What a tick needs.
pub struct Ports<'a, S, A, C, D> {
    /// The tables.
    pub store: &'a S,
    /// The org's audit log.
    pub source: &'a A,
    /// The time.
    pub clock: &'a C,
    /// When to stop.
    pub deadline: &'a D,
    /// How events are kept.
    pub events: EventSettings,
    /// How the rate limit is used.
    pub limits: PollSettings,
}

/// How a tick ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum TickEnd {
    /// Both readers have read all that there was.
    CaughtUp,
    /// Our share of the rate limit is used for this minute.
    ShareUsed,
    /// Atlassian asked to wait.
    Waiting {
        /// Until when.
        until: Timestamp,
    },
    /// There was no time for another page.
    OutOfTime,
    /// Another tick is at work on this org; it goes on.
    Contended,
}

impl TickEnd {
    /// One word, as the outcome has it under `state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CaughtUp => "caught_up",
            Self::ShareUsed => "share_used",
            Self::Waiting { .. } => "waiting",
            Self::OutOfTime => "out_of_time",
            Self::Contended => "contended",
        }
    }
}

/// What a tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PollOutcome {
    /// Pages read to the end.
    pub pages: u64,
    /// What became of their events.
    #[serde(flatten)]
    pub taken: Taken,
    /// How it ended.
    #[serde(flatten)]
    pub end: TickEnd,
}

/// Reads what there is to read now: live first, then back-fill, as far as our share, Atlassian and the time allow.
///
/// # Errors
/// Those of the store and of Atlassian, but for [`Error::RateLimited`] and [`Error::BadCursor`], which are obeyed. The
/// checkpoint then stands at the last page that is durable and says why.
pub async fn poll<S, A, C, D>(ports: &Ports<'_, S, A, C, D>, org: &OrgId) -> Result<PollOutcome>
where
    S: EventStore + QuarantineStore + PollStore,
    A: EventSource,
    C: Clock,
    D: Deadline,
{
    let mut tick = Tick::load(ports, org).await?;
    let end = match tick.run().await {
        Err(Error::RateLimited { after, .. }) => tick.wait(after).await?,
        Err(error) => return tick.fail(error).await,
        Ok(end) => end,
    };
    Ok(PollOutcome { pages: tick.pages, taken: tick.taken, end })
}

struct Tick<'a, S, A, C, D> {
    ports: &'a Ports<'a, S, A, C, D>,
    org: &'a OrgId,
    state: Versioned<PollState>,
    pages: u64,
    taken: Taken,
}

impl<'a, S, A, C, D> Tick<'a, S, A, C, D>
where
    S: EventStore + QuarantineStore + PollStore,
    A: EventSource,
    C: Clock,
    D: Deadline,
{
    async fn load(ports: &'a Ports<'a, S, A, C, D>, org: &'a OrgId) -> Result<Self> {
        let stored = ports.store.poll_state(org).await?;
        let first = || Versioned { version: 0, value: poll::begin(ports.clock.now(), ports.events.backfill_days) };
        let state = stored.unwrap_or_else(first);
        Ok(Self { ports, org, state, pages: 0, taken: Taken::default() })
    }

    async fn run(&mut self) -> Result<TickEnd> {
        let now = self.ports.clock.now();
        if let Some(until) = self.state.value.wait_until.filter(|until| *until > now) {
            return Ok(TickEnd::Waiting { until });
        }
        self.state.value.wait_until = None;
        self.state.value.last_error = None;
        // The first checkpoint is written before anything is read: it says from when on the live reader must see all.
        if self.state.version == 0
            && let Written::Contended = self.checkpoint().await?
        {
            return Ok(TickEnd::Contended);
        }
        self.refresh_catalogue(now).await?;
        let catalogue = self.ports.store.catalogue(self.org).await?;
        for lane in [Lane::Live, Lane::Backfill] {
            let end = self.read(lane, &catalogue).await?;
            if end != TickEnd::CaughtUp {
                return Ok(end);
            }
        }
        Ok(TickEnd::CaughtUp)
    }

    /// Once a day, and before the first page. An org whose list cannot be read is polled all the same: its unknown
    /// actions are kept.
    async fn refresh_catalogue(&mut self, now: Timestamp) -> Result<()> {
        if self.state.value.catalogue_at.is_some_and(|at| now - at < poll::CATALOGUE_AGE) {
            return Ok(());
        }
        match self.ports.source.actions(self.org).await {
            Ok(catalogue) => {
                if !catalogue.0.is_empty() {
                    self.ports.store.put_catalogue(self.org, &catalogue).await?;
                }
                self.state.value.catalogue_at = Some(now);
                Ok(())
            }
            Err(error @ Error::RateLimited { .. }) => Err(error),
            Err(error) => {
                tracing::warn!(org = %self.org, %error, "the org's list of actions could not be read");
                self.state.value.last_error = Some(error.to_string());
                Ok(())
            }
        }
    }

    /// Reads a lane to its end, or to what stops it.
    async fn read(&mut self, lane: Lane, catalogue: &ActionCatalogue) -> Result<TickEnd> {
        loop {
            let Some(reader) = self.unfinished(lane) else { return Ok(TickEnd::CaughtUp) };
            if self.ports.deadline.reached() {
                return Ok(TickEnd::OutOfTime);
            }
            let query = query(reader);
            let asked_at = self.ports.clock.now();
            let share = self.ports.limits.requests_per_minute;
            if poll::take_request(&mut self.state.value.minute, asked_at, share, lane) == Share::Used {
                return Ok(TickEnd::ShareUsed);
            }
            let page = match self.ports.source.events(self.org, &query).await {
                Ok(page) => page,
                Err(Error::BadCursor) if matches!(query, EventQuery::Cursor(_)) => {
                    self.drop_cursor(lane);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let progress = self.take_page(lane, page, asked_at, catalogue).await?;
            match (self.checkpoint().await?, progress) {
                (Written::Contended, _) => return Ok(TickEnd::Contended),
                (Written::Stored, Progress::More) => {}
                (Written::Stored, Progress::End) => return Ok(TickEnd::CaughtUp),
            }
        }
    }

    /// The reader of a lane; the back-fill ends for good.
    fn unfinished(&self, lane: Lane) -> Option<&Reader> {
        match lane {
            Lane::Live => Some(&self.state.value.live),
            Lane::Backfill => self.state.value.backfill.as_ref().filter(|reader| reader.caught_up_at.is_none()),
        }
    }

    fn reader_mut(&mut self, lane: Lane) -> Option<&mut Reader> {
        match lane {
            Lane::Live => Some(&mut self.state.value.live),
            Lane::Backfill => self.state.value.backfill.as_mut(),
        }
    }

    fn drop_cursor(&mut self, lane: Lane) {
        tracing::warn!(org = %self.org, "Atlassian does not know the cursor any more; reading from the watermark");
        if let Some(reader) = self.reader_mut(lane) {
            reader.cursor = None;
        }
    }

    /// Makes a page durable and moves the reader past it, in memory.
    async fn take_page(
        &mut self,
        lane: Lane,
        page: EventPage,
        asked_at: Timestamp,
        catalogue: &ActionCatalogue,
    ) -> Result<Progress> {
        let Ports { store, clock, events, .. } = self.ports;
        let parsed = parse_page(&page.events, catalogue);
        for event in &parsed.events {
            event.processed_at.iter().for_each(|at| self.state.value.delays.insert((*at - event.time).num_seconds()));
        }
        let newest = parsed.events.iter().map(|event| event.processed_at.unwrap_or(event.time)).max();
        self.taken += take_in(*store, *clock, self.org, Intake::Poll, parsed, events).await?;
        self.pages += 1;
        let facts = PageFacts { events: page.events.len(), next: page.next, newest, asked_at };
        let Some(reader) = self.reader_mut(lane) else { return Ok(Progress::End) };
        let progress = poll::advance(reader, facts);
        if progress == Progress::End {
            let covered = poll::covered(reader, asked_at);
            poll::cover(&mut self.state.value.coverage, covered);
        }
        Ok(progress)
    }

    async fn checkpoint(&mut self) -> Result<Written> {
        let written = self.ports.store.put_poll_state(self.org, &self.state).await?;
        if written == Written::Stored {
            self.state.version += 1;
        }
        Ok(written)
    }

    async fn wait(&mut self, after: std::time::Duration) -> Result<TickEnd> {
        let after =
            TimeDelta::from_std(after).unwrap_or(TimeDelta::days(1)).clamp(TimeDelta::seconds(1), TimeDelta::days(1));
        let until = self.ports.clock.now() + after;
        self.state.value.wait_until = Some(until);
        match self.checkpoint().await? {
            Written::Stored => Ok(TickEnd::Waiting { until }),
            Written::Contended => Ok(TickEnd::Contended),
        }
    }

    /// Notes why; that this may fail too must not hide the first reason.
    async fn fail(&mut self, error: Error) -> Result<PollOutcome> {
        self.state.value.last_error = Some(error.to_string());
        if let Err(second) = self.checkpoint().await {
            tracing::warn!(org = %self.org, error = %second, "the reason of a failed tick could not be noted");
        }
        Err(error)
    }
}

fn query(reader: &Reader) -> EventQuery {
    match &reader.cursor {
        Some(cursor) => EventQuery::Cursor(cursor.clone()),
        None => EventQuery::Range { from: poll::resume_from(reader), to: reader.to },
    }
}

fn parse_page(events: &[String], catalogue: &ActionCatalogue) -> Parsed {
    let mut page = Parsed::default();
    for raw in events {
        let mut parsed = parse(raw.as_bytes(), Intake::Poll, catalogue);
        page.events.append(&mut parsed.events);
        page.refused.append(&mut parsed.refused);
    }
    page
}

#[cfg(test)]
#[path = "poll_events_tests.rs"]
mod tests;
