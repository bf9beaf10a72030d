//! Secrets by purpose, cached, refreshed once on a mismatch.
