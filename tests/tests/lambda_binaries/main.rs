//! The real binaries, invoked as Lambda invokes them: by an HTTP API, by schedules and by the stream of the cases table.

mod cases;
mod intake;
mod schedules;
mod serving;
mod starting;
