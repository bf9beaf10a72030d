//! One world from its beginning to its end: a storm of processes, hours in which things fail, and calm.

use crate::{
    atlassian::{Atlassian, CALL_TIMEOUT, Revoker},
    executor::{Executor, Life},
    mail::Mail,
    options::{Midway, Options},
    org::{Still, at_once, org_id, poll, rows, settle},
    people,
    random::Random,
    universe::{DAY, HOUR, LastMoment, MINUTE, Millis, Network, SECOND, SkewedClock, Universe, timestamp},
};
use remediate_tokens::{App, Record, Trigger};
use shared::{
    flow::decide_action::{self, Decider, Switch},
    model::{Action, Approval},
    ports::{CaseReader, CaseStore, OutboxStore, Pending},
    signing::LocalSigner,
};
use std::{future::Future, sync::Arc};
use tokenwarden_tests::model_store::ModelStore;

/// A function lives no longer than this (the template's `Timeout`), and begins nothing more after the second.
const INVOCATION: (Millis, Millis) = (120 * SECOND, 50 * SECOND);
/// A record of the stream is given up after so many deliveries; what is pending then, a sweep finds.
const DELIVERIES: u32 = 3;
/// No world takes longer to come to rest.
const ROUNDS_TO_REST: u32 = 300;

/// A record of the stream on its way.
#[derive(Debug, Clone)]
struct Delivery {
    record: Record,
    tries: u32,
}

type Remediation = App<ModelStore<Network>, Revoker, Mail, Option<LocalSigner>, SkewedClock>;

/// A world.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) universe: Arc<Universe>,
    pub(crate) store: ModelStore<Network>,
    pub(crate) atlassian: Arc<Atlassian>,
    executor: Executor<Vec<Delivery>>,
    queue: Vec<Delivery>,
    /// What may be delivered once more at any time.
    known: Vec<Pending>,
    sequence: u64,
}

impl World {
    /// The world of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let options = Options::of(&mut random);
        Self::new(options, random)
    }

    pub(crate) fn new(options: Options, random: Random) -> Self {
        let universe = Universe::new(random, options.odds.clone());
        let store = ModelStore::new(Network(Arc::clone(&universe)));
        settle(&store, &options);
        let atlassian = Atlassian::new(&universe, &store, &rows(&options));
        let executor = Executor::new(&universe);
        universe.move_to(5 * MINUTE);
        Self { options, universe, store, atlassian, executor, queue: Vec::new(), known: Vec::new(), sequence: 0 }
    }

    /// Lets it happen.
    pub(crate) fn live(&mut self) {
        self.foresee();
        self.people();
        let plans_first = self.options.grace_days > 0;
        self.storm(if plans_first { 8 } else { self.options.workers });
        if plans_first {
            self.jump(DAY * i64::from(self.options.grace_days));
            self.approvers();
            self.storm(self.options.workers);
        }
        let rounds = self.universe.random().between(1, 4);
        for round in 0..rounds {
            let times = [MINUTE, 10 * MINUTE, HOUR, HOUR * i64::from(self.options.window_hours), 30 * HOUR];
            let time = self.universe.random().one_of(&times);
            self.jump(time);
            self.approvers();
            if round == 0 && self.options.stop == Midway::Happens {
                self.person(people::switcher(Arc::clone(&self.universe), self.store.clone(), Switch::Resume));
            }
            self.storm(3);
        }
    }

    /// Nothing fails any more, and time passes until nothing is left to do.
    pub(crate) fn come_to_rest(&mut self) {
        self.calm_rounds(ROUNDS_TO_REST);
    }

    /// Nothing fails any more, and what is due is looked at, so many times at most.
    pub(crate) fn calm_rounds(&mut self, rounds: u32) {
        self.universe.calm_down();
        self.atlassian.state().down = (0, 0);
        self.release();
        for _ in 0..rounds {
            at_once(people::approve(&self.store.under(Still), "bo", self.universe.now()));
            let Some(wake) = self.next_moment() else { return };
            self.jump((wake - self.universe.now()).max(0) + self.options.skew + SECOND);
            self.sweep();
            self.run();
        }
    }

    /// Whether nothing is left to do.
    pub(crate) fn rests(&self) -> bool {
        self.next_moment().is_none()
    }

    pub(crate) fn crashes(&self) -> u64 {
        self.executor.crashes
    }

    pub(crate) fn trace(&self) -> u64 {
        self.executor.trace
    }

    pub(crate) fn actions(&self) -> Vec<Action> {
        let page = at_once(self.store.under(Still).actions(&org_id(), None, 1_000));
        page.expect("the tables are read").items
    }

    /// Decides when tokens will be used and when Atlassian will fail.
    fn foresee(&mut self) {
        let (mut random, now) = (self.universe.random(), self.universe.now());
        let mut state = self.atlassian.state();
        for token in state.tokens.values_mut().take(self.options.used) {
            token.used_at = Some(now + random.between(0, 2 * MINUTE));
        }
        if self.options.outage == Midway::Happens {
            let from = now + random.between(0, MINUTE);
            state.down = (from, from + random.between(HOUR, 2 * DAY));
        }
    }

    fn people(&mut self) {
        let (universe, store) = (Arc::clone(&self.universe), self.store.clone());
        self.person(people::requester(Arc::clone(&universe), store.clone(), self.options.clone()));
        self.approvers();
        if self.options.stop == Midway::Happens {
            self.person(people::switcher(Arc::clone(&universe), store.clone(), Switch::Stop));
        }
        if self.options.new_policy == Midway::Happens {
            self.person(people::policy_maker(universe, store, self.options.clone()));
        }
    }

    fn approvers(&mut self) {
        if self.options.approval == Approval::Waived && self.options.requested == 0 {
            return;
        }
        for by in ["ann", "bo"] {
            self.person(people::approver(Arc::clone(&self.universe), self.store.clone(), by));
        }
    }

    fn person(&mut self, does: impl Future<Output = ()> + 'static) {
        let (start, nothing_again) = (self.soon(), Vec::new());
        let work = async {
            does.await;
            Vec::new()
        };
        self.executor.start(start, Life::UntilDone, work, nothing_again);
    }

    /// So many processes at the same time, and one more for each that ends while anything is to be delivered.
    fn storm(&mut self, workers: usize) {
        let actions = self.actions().into_iter().map(|action| Pending::Action(action.id));
        self.known.retain(|known| !matches!(known, Pending::Action(_)));
        self.known.extend(actions);
        self.follow_stream();
        self.sweep();
        for _ in 1..workers {
            self.work();
        }
        self.run();
    }

    fn run(&mut self) {
        let mut replacements = self.options.workers / 8;
        while let Some(again) = self.executor.run() {
            self.queue.extend(again.into_iter().filter(|delivery| delivery.tries < DELIVERIES));
            self.follow_stream();
            if !self.queue.is_empty() && replacements > 0 {
                replacements -= 1;
                self.work();
            }
        }
        self.queue.clear();
    }

    /// What the stream says is delivered once, twice or three times, in any order.
    fn follow_stream(&mut self) {
        for pending in self.store.take_stream(&org_id()) {
            let times = self.universe.random().between(1, 3);
            for _ in 0..times {
                let delivery = self.delivery(pending.clone());
                self.queue.push(delivery);
            }
            self.known.push(pending);
        }
    }

    fn delivery(&mut self, pending: Pending) -> Delivery {
        self.sequence += 1;
        let record = Record { sequence: self.sequence.to_string(), pending: Some((org_id(), pending)) };
        Delivery { record, tries: 0 }
    }

    fn work(&mut self) {
        let size = self.universe.random().one_of(&[1, 1, 1, 1, 1, 1, 1, 3]);
        let batch: Vec<Delivery> = (0..size).filter_map(|_| self.next_delivery()).collect();
        let remains = again(&batch);
        let (app, start) = (self.remediation(), self.soon());
        let last = LastMoment { universe: Arc::clone(&self.universe), at: start + INVOCATION.1 };
        let work = async move {
            let records = batch.iter().map(|delivery| delivery.record.clone()).collect();
            let failed = match app.run(Trigger::Stream(records), &last).await {
                Ok(outcome) => outcome.batch_item_failures.into_iter().next().map(|failure| failure.item_identifier),
                Err(_) => batch.first().map(|delivery| delivery.record.sequence.clone()),
            };
            let from = batch.iter().position(|delivery| failed.as_ref() == Some(&delivery.record.sequence));
            from.map_or_else(Vec::new, |from| again(&batch[from..]))
        };
        self.executor.start(start, Life::AtMost(start + INVOCATION.0), work, remains);
    }

    fn sweep(&mut self) {
        let (app, start) = (self.remediation(), self.soon());
        let last = LastMoment { universe: Arc::clone(&self.universe), at: start + INVOCATION.1 };
        let work = async move {
            let _what_failed_stays_pending = app.run(Trigger::Sweep, &last).await;
            Vec::new()
        };
        self.executor.start(start, Life::AtMost(start + INVOCATION.0), work, Vec::new());
    }

    fn remediation(&self) -> Remediation {
        let (universe, atlassian) = (Arc::clone(&self.universe), Arc::clone(&self.atlassian));
        let ahead = self.universe.random().between(-self.options.skew, self.options.skew);
        App {
            store: self.store.clone(),
            revoker: Revoker { universe: Arc::clone(&universe), atlassian },
            notifier: Mail { universe: Arc::clone(&universe) },
            signer: None,
            clock: SkewedClock { universe, ahead },
            call_timeout: CALL_TIMEOUT,
        }
    }

    fn next_delivery(&mut self) -> Option<Delivery> {
        let mut random = self.universe.random();
        if !self.queue.is_empty() {
            let at = random.index(self.queue.len());
            return Some(self.queue.swap_remove(at));
        }
        let again = (!self.known.is_empty()).then(|| random.index(self.known.len()));
        drop(random);
        again.map(|at| self.delivery(self.known[at].clone()))
    }

    fn soon(&self) -> Millis {
        self.universe.now() + self.universe.random().between(0, 2 * SECOND)
    }

    /// Hours pass in which nothing runs but the poll.
    fn jump(&mut self, time: Millis) {
        self.universe.move_to(self.universe.now() + time);
        poll(&self.store, &org_id(), timestamp(self.universe.now()));
    }

    fn release(&self) {
        let who = Decider { by: "stopper", at: timestamp(self.universe.now()), reason: "because" };
        let released = at_once(decide_action::set_stop(&self.store.under(Still), &org_id(), Switch::Resume, who));
        assert_eq!(released, Ok(None));
    }

    /// When a message is to be tried next; `None` if none waits.
    fn next_message(&self) -> Option<Millis> {
        let page = at_once(self.store.under(Still).messages(&org_id(), None, 1_000)).expect("the tables are read");
        let next = page.items.iter().filter_map(|outgoing| outgoing.next_at);
        next.map(|at| (at - timestamp(0)).num_milliseconds()).min()
    }

    /// When something is to be looked at next; `None` if nothing is.
    fn next_moment(&self) -> Option<Millis> {
        let (open, now) = (self.actions(), self.universe.now());
        let far = timestamp(now) + chrono::TimeDelta::days(10_000);
        let pending = at_once(self.store.under(Still).pending(&org_id(), far, 1_000)).expect("the tables are read");
        let open = open.iter().filter(|action| !action.state.is_final());
        let wakes = open.filter_map(|action| action.wake_at).map(|at| (at - timestamp(0)).num_milliseconds());
        let handled_at_once = |pending: &Pending| !matches!(pending, Pending::Action(_) | Pending::Message(_));
        let others = pending.iter().any(handled_at_once).then_some(now);
        wakes.chain(others).chain(self.next_message()).min()
    }
}

/// What is delivered again of a batch that failed.
fn again(batch: &[Delivery]) -> Vec<Delivery> {
    batch.iter().map(|delivery| Delivery { tries: delivery.tries + 1, ..delivery.clone() }).collect()
}
