//! The rolling-window budget.
