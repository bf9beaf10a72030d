//! A policy, checked.
