//! Messages: the list, and sending again what was given up or withheld.

use crate::{
    answer::{Answer, Reply},
    ask::Ask,
    paging::{Keep, Place, limit, walk},
    view,
};
use shared::{
    decide::outbox,
    error::Error,
    model::{MessageId, MessageState, Outgoing, Versioned},
    ports::{OutboxStore, Written},
};

/// `GET /v1/orgs/{org}/messages`.
pub(crate) async fn list<S: OutboxStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let place = Place::of(ask, format!("messages:{org}"))?;
    let keep = match ask.choice("state", &MessageState::ALL, MessageState::as_str)? {
        None => Keep::All,
        Some(state) => Keep::Those(move |outgoing: &Outgoing| outgoing.state == state),
    };
    let part = walk(place, limit(ask)?, keep, |cursor, size| store.messages(org, cursor, size)).await?;
    Ok(part.answer(ask, view::message))
}

/// `POST /v1/orgs/{org}/messages/{id}/retry`: 202, it is sent by the next sweep; 409 if it was sent or is on its way.
pub(crate) async fn retry<S: OutboxStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let (org, id) = (ask.org(store).await?.id, MessageId::new(ask.param("id")));
    let found = store.message(&org, &id).await?;
    let Versioned { version, value } = found.ok_or_else(|| Error::NotFound(format!("message {id}")))?;
    let by = &ask.principal.subject;
    let revived = outbox::revived(&value, by, ask.now).ok_or_else(|| standing(&id, &value))?;
    match store.revive(&org, &Versioned { version, value: revived.clone() }).await? {
        Written::Stored => {
            tracing::info!(org = %org, letter = %id, "a message is to be sent again");
            Ok(Answer::json(&view::message(&revived)).status(202))
        }
        Written::Contended => Err(Error::Contended(format!("message {id}")).into()),
    }
}

fn standing(id: &MessageId, outgoing: &Outgoing) -> Error {
    match outgoing.state {
        MessageState::Sent => Error::Conflict(format!("message {id} was sent; there is nothing to repeat")),
        MessageState::Waiting | MessageState::Withheld | MessageState::Dead => {
            Error::Conflict(format!("message {id} is on its way already; see its `next_at`"))
        }
    }
}
