//! The simulated org as a program.

fn main() {}
