//! Where deeds come from: each token and each user has a network and a country.

use super::{Event, Subject};
use crate::draw::{Domain, Draw};
use crate::population::Population;
use crate::population::habits::Habit;
use crate::population::labels::PLACES;
use crate::population::tokens::{Kind, TokenRef};
use crate::time::DAY;

/// An address with its place on earth.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) ip: String,
    pub(crate) country: String,
    pub(crate) region: &'static str,
    pub(crate) city: &'static str,
}

/// Where an event comes from, unless its maker said so; the products' own deeds come from nowhere.
pub(crate) fn of_event(people: &Population, position: usize, event: &Event) -> Option<Place> {
    let turn = position as u64;
    match (&event.subject, event.actor) {
        (Subject::Use(at), _) if people.habit_by_hand(*at) == Some(Habit::Roaming) => {
            Some(of_roaming(people, *at, event.time_ms.div_euclid(DAY)))
        }
        (Subject::Use(at), _) => Some(of_token(people, *at, turn)),
        (_, Some(user)) => Some(drawn(&mut Draw::of(people.seed, Domain::Network, 1 << 40 | u64::from(user)), turn)),
        (_, None) => None,
    }
}

fn draw_of(people: &Population, at: TokenRef) -> Draw {
    Draw::of(people.token_seed(at), Domain::Network, (at.kind as u64) << 32 | u64::from(at.index))
}

/// The place that a token is used from; one token in twelve is used from two countries, by turns.
fn of_token(people: &Population, at: TokenRef, turn: u64) -> Place {
    let mut draw = draw_of(people, at);
    let roams = draw.chance(80) && at.kind != Kind::ServiceAccountToken;
    let skip = if roams { turn % 3 } else { 0 };
    for _ in 0..skip * 4 {
        draw.word();
    }
    drawn(&mut draw, turn)
}

/// One of nine networks, each day another, as a job is that runs wherever there is room; in the range kept for
/// benchmarks (RFC 2544), as those kept for documentation hold three networks alone.
fn of_roaming(people: &Population, at: TokenRef, day: i64) -> Place {
    let which = day.rem_euclid(9).unsigned_abs();
    let mut draw = draw_of(people, at);
    for _ in 0..which * 4 {
        draw.word();
    }
    let (country, region, city) = *draw.pick(&PLACES);
    let (net, host) = (which * 28 + draw.below(28), 1 + draw.below(250));
    Place { ip: format!("198.18.{net}.{host}"), country: country.to_owned(), region, city }
}

/// An address in the ranges kept for documentation, or a private one.
fn drawn(draw: &mut Draw, turn: u64) -> Place {
    let (country, region, city) = *draw.pick(&PLACES);
    let net = *draw.pick(&["192.0.2", "198.51.100", "203.0.113", "203.0.113", "10.20.4"]);
    let host = 1 + (draw.below(240) + turn % 3) % 250;
    Place { ip: format!("{net}.{host}"), country: country.to_owned(), region, city }
}
