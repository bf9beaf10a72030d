//! Takes a report, step by step.
