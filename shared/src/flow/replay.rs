//! Replays a quarantined body.
