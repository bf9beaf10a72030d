//! The plan of an action.
