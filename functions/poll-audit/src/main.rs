//! Reads the org event stream from its checkpoint.

fn main() {}
