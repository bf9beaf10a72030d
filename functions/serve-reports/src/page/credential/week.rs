//! The hours of the week as a strip of seven times twenty-four cells.

use shared::model::HoursOfWeek;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LEFT: usize = 34;
const TOP: usize = 14;
const CELL_WIDTH: usize = 25;
const CELL_HEIGHT: usize = 16;

/// One hour.
pub(crate) struct Cell {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) on: bool,
    pub(crate) title: String,
}

/// A word beside the cells.
pub(crate) struct Mark {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) text: String,
}

pub(super) fn cells(hours: &HoursOfWeek) -> Vec<Cell> {
    let used: Vec<usize> = hours.hours().collect();
    let cell = |hour: usize| {
        let (day, of_day) = (hour / 24, hour % 24);
        let on = used.contains(&hour);
        let title = format!("{} {of_day:02}:00{}", DAYS[day], if on { ", used" } else { "" });
        Cell { x: LEFT + of_day * CELL_WIDTH, y: TOP + day * CELL_HEIGHT, on, title }
    };
    (0..168).map(cell).collect()
}

pub(super) fn marks() -> Vec<Mark> {
    let days = DAYS.iter().enumerate();
    let days = days.map(|(day, name)| Mark { x: 0, y: TOP + day * CELL_HEIGHT + 10, text: (*name).to_owned() });
    let hours = [0, 6, 12, 18].map(|hour| Mark { x: LEFT + hour * CELL_WIDTH, y: 9, text: format!("{hour:02}") });
    days.chain(hours).collect()
}

/// The same as a sentence, for who does not see the strip.
pub(super) fn text(hours: &HoursOfWeek) -> String {
    let used: Vec<usize> = hours.hours().collect();
    let days: Vec<&str> = (0..7).filter(|day| used.iter().any(|hour| hour / 24 == *day)).map(|day| DAYS[day]).collect();
    match used.len() {
        0 => "No hour of use is known.".to_owned(),
        count => format!("{count} of the 168 hours, on {}.", days.join(", ")),
    }
}
