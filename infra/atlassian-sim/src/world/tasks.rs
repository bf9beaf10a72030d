//! Authentication policies and the asynchronous task that moves people into one.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// How many emails each reading of a task handles.
const STEP: usize = 3;

/// What a policy does with its members' user API tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tokens {
    /// They can be used.
    Allowed,
    /// They are refused.
    Blocked,
}

/// A policy of an org, known by an id that an admin copies from the console: no operation lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Policy {
    /// Everybody's at first: tokens are allowed.
    Default,
    /// Members' user API tokens are blocked.
    NoTokens,
    /// Members' user API tokens are allowed, whatever becomes of everybody's policy.
    Tokens,
}

impl Policy {
    pub(crate) const ALL: [Self; 3] = [Self::Default, Self::NoTokens, Self::Tokens];

    /// What it does with tokens before anybody changes it.
    pub(crate) fn at_first(self) -> Tokens {
        match self {
            Self::Default | Self::Tokens => Tokens::Allowed,
            Self::NoTokens => Tokens::Blocked,
        }
    }

    /// Its id, without a number in org 1.
    pub(crate) fn id(self, org: usize) -> String {
        let name = match self {
            Self::Default => "sim-policy-default",
            Self::NoTokens => "sim-policy-no-tokens",
            Self::Tokens => "sim-policy-tokens",
        };
        if org == 1 { name.to_owned() } else { format!("{name}-{org}") }
    }
}

/// A task under way.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) policy: Policy,
    pub(crate) waiting: VecDeque<String>,
    pub(crate) succeeded: usize,
    pub(crate) failed: Vec<String>,
}

impl Task {
    pub(crate) fn new(policy: Policy, emails: Vec<String>) -> Self {
        Self { policy, waiting: emails.into(), succeeded: 0, failed: Vec::new() }
    }

    /// Takes the next few emails to be handled.
    pub(crate) fn next(&mut self) -> Vec<String> {
        let many = STEP.min(self.waiting.len());
        self.waiting.drain(..many).collect()
    }
}
