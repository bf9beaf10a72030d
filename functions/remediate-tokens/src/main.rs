//! Advances cases: plans, asks, waits, re-checks, acts within a budget, records.

fn main() {}
