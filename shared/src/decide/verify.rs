//! Whether a delivery's credential is accepted.
