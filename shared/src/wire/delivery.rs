//! The envelopes in which events arrive.
