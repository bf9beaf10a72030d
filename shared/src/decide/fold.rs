//! How an event moves a usage profile.
