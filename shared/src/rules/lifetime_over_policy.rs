//! lifetime-over-policy.
