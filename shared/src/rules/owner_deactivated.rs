//! owner-deactivated.
