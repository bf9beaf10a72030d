//! A delivery, understood or put aside.
