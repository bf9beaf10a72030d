//! The pages.

use crate::{
    answer::{Answer, Reply},
    app::Ports,
    ask::Ask,
};

pub(crate) async fn home<P: Ports>(_store: &P, _ask: &Ask<'_>) -> Reply {
    Ok(Answer::html(String::new()))
}
pub(crate) async fn credential<P: Ports>(_store: &P, _ask: &Ask<'_>) -> Reply {
    Ok(Answer::html(String::new()))
}
pub(crate) async fn actions<P: Ports>(_store: &P, _ask: &Ask<'_>) -> Reply {
    Ok(Answer::html(String::new()))
}
pub(crate) async fn action<P: Ports>(_store: &P, _ask: &Ask<'_>) -> Reply {
    Ok(Answer::html(String::new()))
}
pub(crate) async fn ledger<P: Ports>(_store: &P, _ask: &Ask<'_>) -> Reply {
    Ok(Answer::html(String::new()))
}
pub(crate) async fn quarantine<P: Ports>(_store: &P, _ask: &Ask<'_>) -> Reply {
    Ok(Answer::html(String::new()))
}
