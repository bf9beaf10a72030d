//! What people do: agree, ask, stop and release. They press again when it did not work.

use crate::{
    options::Options,
    org::{org_id, policy_of, report, rows},
    universe::{Millis, Network, SECOND, Universe, timestamp},
};
use shared::{
    decide::plan::Basis,
    flow::decide_action::{self, Decider, Request, Switch, request},
    model::{Action, ActionKind, ActionState},
    ports::CaseReader,
};
use std::sync::Arc;
use tokenwarden_tests::model_store::{ModelStore, Weather};

/// How often somebody presses again.
const PRESSES: u32 = 40;

/// Agrees to every plan that waits for it.
pub(crate) async fn approve<W: Weather>(store: &ModelStore<W>, by: &str, at: Millis) {
    let Ok(page) = store.actions(&org_id(), None, 1_000).await else { return };
    for action in page.items.iter().filter(|action| waits_for_a_yes(action)) {
        let who = Decider { by, at: timestamp(at), reason: "because" };
        let _pressed_again_later = decide_action::approve(store, &org_id(), &action.id, &action.plan_hash, who).await;
    }
}

fn waits_for_a_yes(action: &Action) -> bool {
    let required = !action.is_agreed();
    required && matches!(action.state, ActionState::Planned | ActionState::Waiting)
}

/// Somebody who looks for plans again and again for a while.
pub(crate) async fn approver(universe: Arc<Universe>, store: ModelStore<Network>, by: &'static str) {
    for _ in 0..3 {
        let pause = universe.random().between(0, 10 * SECOND);
        universe.pass(pause).await;
        approve(&store, by, universe.now()).await;
    }
}

/// Somebody who asks for the actions that no finding asks for.
pub(crate) async fn requester(universe: Arc<Universe>, store: ModelStore<Network>, options: Options) {
    let (rows, report) = (rows(&options), report());
    for row in &rows[rows.len() - options.requested..] {
        for _ in 0..PRESSES {
            let pause = universe.random().between(0, SECOND);
            universe.pass(pause).await;
            let Ok(Some(policy)) = store.policy(&org_id()).await else { continue };
            let basis = Basis { report: &report, own_key_ids: None };
            let asked = Request { action: ActionKind::Revoke, row, basis, policy: &policy };
            let who = Decider { by: "asker", at: timestamp(universe.now()), reason: "because" };
            if request(&store, &org_id(), asked, who).await.is_ok() {
                break;
            }
        }
    }
}

/// Somebody who puts the kill switch on or releases it.
pub(crate) async fn switcher(universe: Arc<Universe>, store: ModelStore<Network>, switch: Switch) {
    for _ in 0..PRESSES {
        let pause = universe.random().between(0, 3 * SECOND);
        universe.pass(pause).await;
        let who = Decider { by: "stopper", at: timestamp(universe.now()), reason: "because" };
        if decide_action::set_stop(&store, &org_id(), switch, who).await.is_ok() {
            return;
        }
    }
}

/// Somebody who brings the next version of the policy into force.
pub(crate) async fn policy_maker(universe: Arc<Universe>, store: ModelStore<Network>, options: Options) {
    for _ in 0..PRESSES {
        let pause = universe.random().between(0, 3 * SECOND);
        universe.pass(pause).await;
        let Ok(Some(before)) = store.policy(&org_id()).await else { continue };
        if before.version > 1 {
            return;
        }
        let who = Decider { by: "admin", at: timestamp(universe.now()), reason: "because" };
        let next = policy_of(&options, 2);
        let _pressed_again = decide_action::put_policy(&store, &org_id(), Some(&before), next, who).await;
    }
}
