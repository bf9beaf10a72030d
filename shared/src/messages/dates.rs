//! Days as people say them. All days are UTC.

use crate::model::Timestamp;
use chrono::Datelike;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day beside today: `today`, `yesterday`, `tomorrow`, `4 Feb`, and with its year where that is another: `4 Feb 2027`.
pub(super) fn spoken(at: Timestamp, now: Timestamp) -> String {
    match (at.date_naive() - now.date_naive()).num_days() {
        -1 => "yesterday".to_owned(),
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        _further => date(at, now),
    }
}

/// A day as it stands after `on`, `by` or `until`: never a word for it, because such a text is read later.
pub(super) fn date(at: Timestamp, now: Timestamp) -> String {
    let month = MONTHS[at.month0() as usize];
    match at.year() == now.year() {
        true => format!("{} {month}", at.day()),
        false => format!("{} {month} {}", at.day(), at.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_said_where_it_is_another_one() {
        let at = |day: &str| format!("{day}T23:59:59Z").parse().unwrap();
        let said = |day: &str| spoken(at(day), at("2026-11-21"));
        assert_eq!([said("2026-02-04"), said("2027-02-04")], ["4 Feb", "4 Feb 2027"]);
        assert_eq!([said("2026-11-20"), said("2026-11-21"), said("2026-11-22")], ["yesterday", "today", "tomorrow"]);
        assert_eq!(date(at("2026-11-21"), at("2026-11-21")), "21 Nov");
    }
}
