//! Atlassian as the simulation has it: tokens, what becomes of the calls that revoke them, and a witness of every call.

use crate::org::{Still, at_once};
use crate::universe::{MINUTE, Millis, Network, SECOND, Universe, timestamp};
use shared::{
    error::{Error, Result},
    model::{
        AccountId, ActionState, AuthPolicyId, CredentialId, CredentialRow, LedgerKind, Membership, MessageState, Order,
        OrgId, Target, TaskId, TaskState, Told,
    },
    ports::{Acted, CaseReader, OwnerActor, Reread, Revoked, TokenRevoker, TokenSnapshot},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokenwarden_tests::model_store::ModelStore;

/// How long a call is waited for.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// A call that nobody waits for any more may still have its effect for so long.
const LATE_EFFECT: Millis = 10 * SECOND;
/// A revoked token is still listed for so long.
const LISTED_STILL: Millis = 3 * SECOND;
/// From the last look before a claim to the end of its call it never takes longer, unless something stands still.
pub(crate) const LOOK_TO_CALL: Millis = MINUTE;

/// The tokens of the org and the calls that were made.
pub(crate) struct Atlassian {
    universe: Arc<Universe>,
    /// Shows whether the intent of each call is stored.
    store: ModelStore<Network>,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tokens: BTreeMap<CredentialId, Token>,
    pub(crate) calls: Vec<Call>,
    /// Nothing is answered from the first of these moments to the second.
    pub(crate) down: (Millis, Millis),
    /// What no call may do, and one did.
    pub(crate) faults: Vec<Fault>,
}

pub(crate) struct Token {
    snapshot: TokenSnapshot,
    /// When it is seen to be used.
    pub(crate) used_at: Option<Millis>,
    pub(crate) revoked_at: Option<Millis>,
}

/// A call that revokes.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) token: CredentialId,
    pub(crate) begun_at: Millis,
    /// When it has its effect, if it ever has one.
    lands_at: Option<Millis>,
}

/// What is wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No stored intent belongs to it alone.
    WithoutIntent(CredentialId),
    /// Another call for the same token may still have its effect.
    Overlaps(CredentialId),
    /// What the ladder says first was not sent.
    Untold(CredentialId),
    /// The token was seen to be gone when it was looked at last.
    OfGone(CredentialId),
    /// The token was seen to be used when it was looked at last.
    OfUsed(CredentialId),
}

/// What becomes of a call.
enum Fate {
    Done,
    NotAnswered,
    Failed,
    Limited,
}

impl Atlassian {
    pub(crate) fn new(universe: &Arc<Universe>, store: &ModelStore<Network>, rows: &[CredentialRow]) -> Arc<Self> {
        let token = |row: &CredentialRow| {
            let credential = &row.credential;
            let snapshot = TokenSnapshot {
                id: credential.reference.id.clone(),
                label: credential.label.clone(),
                created_at: credential.created_at,
                last_access_at: credential.last_used_at,
            };
            (snapshot.id.clone(), Token { snapshot, used_at: None, revoked_at: None })
        };
        let state = State { tokens: rows.iter().map(token).collect(), ..State::default() };
        Arc::new(Self { universe: Arc::clone(universe), store: store.clone(), state: Mutex::new(state) })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn is_down(&self) -> bool {
        let (from, to) = self.state().down;
        (from..to).contains(&self.universe.now())
    }

    /// Begins a call; gives when its answer comes and what it is. What it does, it does whoever dies meanwhile.
    fn begin(&self, org: &OrgId, id: &CredentialId) -> (Millis, Fate) {
        let (fate, now) = (self.fate(), self.universe.now());
        let slow = self.universe.fault(|odds| odds.slow);
        let longest = CALL_TIMEOUT.as_millis() as Millis + LATE_EFFECT;
        let takes = if slow { self.universe.random().between(SECOND, longest) } else { self.universe.latency() };
        let lands_at = matches!(fate, Fate::Done | Fate::NotAnswered).then_some(now + takes);
        let intents = self.intents(org, id);
        let untold = self.is_untold(org, id).then(|| Fault::Untold(id.clone()));
        let mut state = self.state();
        let fault = state.fault(id, now, intents).or(untold);
        state.faults.extend(fault);
        state.calls.push(Call { token: id.clone(), begun_at: now, lands_at });
        if let Some(token) = state.tokens.get_mut(id) {
            token.revoked_at = [token.revoked_at, lands_at].into_iter().flatten().min();
        }
        (now + takes, fate)
    }

    fn fate(&self) -> Fate {
        let failed = self.is_down() || self.universe.fault(|odds| odds.failed);
        match failed {
            true => Fate::Failed,
            false if self.universe.fault(|odds| odds.limited) => Fate::Limited,
            false if self.universe.fault(|odds| odds.unanswered) => Fate::NotAnswered,
            false => Fate::Done,
        }
    }

    /// Whether an action on this token is under way of whose messages one is not sent.
    fn is_untold(&self, org: &OrgId, id: &CredentialId) -> bool {
        let actions = at_once(self.store.under(Still).actions(org, None, 1_000)).expect("the tables are read").items;
        let mut claimed = actions
            .iter()
            .filter(|action| action.state == ActionState::Claimed && action.plan.target.credential.id == *id);
        claimed.any(|action| {
            action.told.len() < action.plan.before.len() || action.told.iter().any(|told| !self.is_sent(org, told))
        })
    }

    fn is_sent(&self, org: &OrgId, told: &Told) -> bool {
        let message = at_once(self.store.under(Still).message(org, &told.message)).expect("the tables are read");
        message.is_some_and(|outgoing| outgoing.value.state == MessageState::Sent)
    }

    /// How often the ledger says that a call for this token is intended.
    fn intents(&self, org: &OrgId, id: &CredentialId) -> usize {
        let entries = self.store.entries(org);
        let of_token = entries.iter().filter(|entry| entry.record.credential.as_ref().is_some_and(|one| one.id == *id));
        of_token.filter(|entry| entry.record.kind == LedgerKind::ActionClaimed).count()
    }
}

impl State {
    fn fault(&self, id: &CredentialId, now: Millis, intents: usize) -> Option<Fault> {
        let token = self.tokens.get(id)?;
        let before: Vec<&Call> = self.calls.iter().filter(|call| call.token == *id).collect();
        let seen_before_the_look = |at: Option<Millis>| at.is_some_and(|at| at + LISTED_STILL + LOOK_TO_CALL < now);
        if intents <= before.len() {
            Some(Fault::WithoutIntent(id.clone()))
        } else if before.iter().any(|call| call.lands_at.is_some_and(|at| at > now)) {
            Some(Fault::Overlaps(id.clone()))
        } else if seen_before_the_look(token.revoked_at) {
            Some(Fault::OfGone(id.clone()))
        } else if seen_before_the_look(token.used_at) {
            Some(Fault::OfUsed(id.clone()))
        } else {
            None
        }
    }
}

/// One process's way to Atlassian.
#[derive(Clone)]
pub(crate) struct Revoker {
    pub(crate) universe: Arc<Universe>,
    pub(crate) atlassian: Arc<Atlassian>,
}

fn failed(what: &str) -> Error {
    Error::Upstream { what: what.into(), reason: "status 503".into() }
}

impl TokenRevoker for Revoker {
    async fn reread(&self, _: &OrgId, target: &Target) -> Result<Reread> {
        self.universe.pass(self.universe.latency()).await;
        if self.atlassian.is_down() || self.universe.fault(|odds| odds.unread) {
            return Err(failed("user tokens"));
        }
        let (now, state) = (self.universe.now(), self.atlassian.state());
        let Some(token) = state.tokens.get(&target.credential.id) else { return Ok(Reread::Gone) };
        if token.revoked_at.is_some_and(|at| at + LISTED_STILL <= now) {
            return Ok(Reread::Gone);
        }
        let used = token.used_at.filter(|at| *at <= now).map(timestamp);
        let snapshot = token.snapshot.clone();
        Ok(Reread::Present(TokenSnapshot { last_access_at: used.or(snapshot.last_access_at), ..snapshot }))
    }

    async fn is_org_admin(&self, _: &OrgId, _: &AccountId) -> Result<bool> {
        self.universe.pass(self.universe.latency()).await;
        Ok(false)
    }

    async fn revoke(&self, org: &OrgId, target: &Target) -> Result<Revoked> {
        let id = &target.credential.id;
        let gives_up_at = self.universe.now() + CALL_TIMEOUT.as_millis() as Millis;
        let (answered_at, fate) = self.atlassian.begin(org, id);
        self.universe.until(answered_at.min(gives_up_at)).await;
        if answered_at > gives_up_at {
            return Err(Error::Upstream { what: "revoke".into(), reason: "no answer in time".into() });
        }
        let revoked_at = self.atlassian.state().tokens.get(id).and_then(|token| token.revoked_at);
        match fate {
            Fate::Done if revoked_at == Some(answered_at) => Ok(Revoked::Now),
            Fate::Done => Ok(Revoked::Already),
            Fate::NotAnswered => Err(Error::Upstream { what: "revoke".into(), reason: "no answer".into() }),
            Fate::Failed => Err(failed("revoke")),
            Fate::Limited => {
                let after = Duration::from_secs(self.universe.random().between(1, 120).unsigned_abs());
                Err(Error::RateLimited { what: "revoke".into(), after })
            }
        }
    }
}

/// Nobody of these worlds acts on accounts: who asks for it is told so.
fn not_simulated<T>() -> Result<T> {
    Err(Error::invalid("the order", "accounts are not simulated here"))
}

impl OwnerActor for Revoker {
    async fn service_tokens(&self, _: &OrgId, _: &AccountId) -> Result<Vec<TokenSnapshot>> {
        not_simulated()
    }

    async fn user_tokens(&self, _: &OrgId, _: &AccountId) -> Result<Option<Vec<TokenSnapshot>>> {
        not_simulated()
    }

    async fn memberships(&self, _: &OrgId, _: &AccountId) -> Result<Vec<Membership>> {
        not_simulated()
    }

    async fn auth_policy(&self, _: &OrgId, _: &AccountId) -> Result<Option<AuthPolicyId>> {
        not_simulated()
    }

    async fn act(&self, _: &OrgId, _: &Order) -> Result<Acted> {
        not_simulated()
    }

    async fn task(&self, _: &OrgId, _: &TaskId) -> Result<TaskState> {
        not_simulated()
    }
}
