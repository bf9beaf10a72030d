//! Values that look like secrets, masked.
