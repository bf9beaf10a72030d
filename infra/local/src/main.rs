//! The `tokenwarden` command.

fn main() {}
