//! The ways out as the simulation has them: they refuse at times, and take what they are given at others.

use crate::universe::Universe;
use shared::{
    model::{ActionId, AnswerLink, ChatKind, OrgId, SecretName, SignedHead, TicketKey, Tracker},
    ports::{Delivery, Dispatch, Mail as Letter, Notifier, Refusal},
};
use std::sync::Arc;

/// One process's way to everybody who is told anything.
pub(crate) struct Mail {
    pub(crate) universe: Arc<Universe>,
}

impl Mail {
    async fn take(&self) -> Delivery {
        self.universe.pass(self.universe.latency()).await;
        if self.universe.fault(|odds| odds.refused_mail) { Err(Refusal::new("status 500")) } else { Ok(()) }
    }
}

impl Notifier for Mail {
    async fn answer_address(&self, _: &AnswerLink) -> Result<Option<String>, Refusal> {
        Ok(None)
    }

    fn action_page(&self, _: &OrgId, _: &ActionId) -> Option<String> {
        None
    }

    async fn mail(&self, _: &Letter) -> Delivery {
        self.take().await
    }

    async fn chat(&self, _: ChatKind, _: &SecretName, _: Dispatch<'_>) -> Delivery {
        self.take().await
    }

    async fn webhook(&self, _: &SecretName, _: Dispatch<'_>) -> Delivery {
        self.take().await
    }

    async fn event(&self, _: Dispatch<'_>) -> Delivery {
        self.take().await
    }

    async fn head(&self, _: &SignedHead) -> Delivery {
        self.take().await
    }

    async fn ticket(&self, _: &Tracker, dispatch: Dispatch<'_>) -> Result<TicketKey, Refusal> {
        self.take().await.map(|()| TicketKey::new(format!("SIM-{}", dispatch.message.id)))
    }
}
