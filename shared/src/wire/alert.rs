//! A Guard Detect alert.
