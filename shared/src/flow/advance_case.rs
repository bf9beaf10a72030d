//! Advances one action until it waits or ends.
