//! Stores every event once, with the profile that it moves.
