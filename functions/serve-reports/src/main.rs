//! Serves the reports, the pages and the decisions over HTTP.

fn main() {}
