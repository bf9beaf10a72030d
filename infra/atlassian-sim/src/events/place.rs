//! Where deeds come from: each token and each user has a network and a country.

use crate::draw::{Domain, Draw};
use crate::population::Population;
use crate::population::labels::PLACES;
use crate::population::tokens::{Kind, TokenRef};

/// An address with its place on earth.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) ip: String,
    pub(crate) country: String,
    pub(crate) region: &'static str,
    pub(crate) city: &'static str,
}

/// The place that a token is used from; one token in twelve is used from two countries, by turns.
pub(crate) fn of_token(people: &Population, at: TokenRef, turn: u64) -> Place {
    let mut draw = Draw::of(people.seed, Domain::Network, (at.kind as u64) << 32 | u64::from(at.index));
    let roams = draw.chance(80) && at.kind != Kind::ServiceAccountToken;
    let skip = if roams { turn % 3 } else { 0 };
    for _ in 0..skip * 4 {
        draw.word();
    }
    drawn(&mut draw, turn)
}

/// The place that a user works from.
pub(crate) fn of_user(people: &Population, user: u32, turn: u64) -> Place {
    drawn(&mut Draw::of(people.seed, Domain::Network, 1 << 40 | u64::from(user)), turn)
}

/// An address in the ranges kept for documentation, or a private one.
fn drawn(draw: &mut Draw, turn: u64) -> Place {
    let (country, region, city) = *draw.pick(&PLACES);
    let net = *draw.pick(&["192.0.2", "198.51.100", "203.0.113", "203.0.113", "10.20.4"]);
    let host = 1 + (draw.below(240) + turn % 3) % 250;
    Place { ip: format!("{net}.{host}"), country: country.to_owned(), region, city }
}
