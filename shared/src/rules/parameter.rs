//! A rule's parameters as data: what the rule reads, and what the policy file's schema tells.

use serde_json::{Value, json};

/// A parameter of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the policy file.
    pub name: &'static str,
    /// What it does, as a sentence.
    pub about: &'static str,
    /// Which values it takes.
    pub takes: Takes,
}

/// Which values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A whole number.
    Number {
        /// Where none is given.
        default: i64,
        /// The least and the greatest.
        bounds: (i64, i64),
    },
    /// At least one whole number.
    Numbers {
        /// Where none are given.
        default: &'static [i64],
        /// The least and the greatest.
        bounds: (i64, i64),
    },
    /// Texts that are not blank.
    Texts {
        /// Where none are given.
        default: &'static [&'static str],
        /// How many there must be at least.
        least: usize,
        /// What no text may hold.
        without: Option<char>,
    },
}

impl Parameter {
    /// A whole number within bounds.
    pub(super) const fn number(name: &'static str, default: i64, bounds: (i64, i64), about: &'static str) -> Self {
        Self { name, about, takes: Takes::Number { default, bounds } }
    }

    /// Whole numbers, each within bounds.
    pub(super) const fn numbers(
        name: &'static str,
        default: &'static [i64],
        bounds: (i64, i64),
        about: &'static str,
    ) -> Self {
        Self { name, about, takes: Takes::Numbers { default, bounds } }
    }

    /// At least so many texts.
    pub(super) const fn texts(
        name: &'static str,
        default: &'static [&'static str],
        least: usize,
        about: &'static str,
    ) -> Self {
        Self { name, about, takes: Takes::Texts { default, least, without: None } }
    }

    /// The same, with a letter that no text may hold.
    pub(super) const fn without(self, letter: char) -> Self {
        let takes = match self.takes {
            Takes::Texts { default, least, without: _ } => Takes::Texts { default, least, without: Some(letter) },
            takes @ (Takes::Number { .. } | Takes::Numbers { .. }) => takes,
        };
        Self { takes, ..self }
    }

    /// The number where none is given; 0 for what takes no single number.
    pub(super) const fn default_number(&self) -> i64 {
        match self.takes {
            Takes::Number { default, .. } => default,
            Takes::Numbers { .. } | Takes::Texts { .. } => 0,
        }
    }

    /// The numbers where none are given.
    pub(super) const fn default_numbers(&self) -> &'static [i64] {
        match self.takes {
            Takes::Numbers { default, .. } => default,
            Takes::Number { .. } | Takes::Texts { .. } => &[],
        }
    }

    /// The texts where none are given.
    pub(super) fn default_texts(&self) -> Vec<String> {
        match self.takes {
            Takes::Texts { default, .. } => default.iter().copied().map(str::to_owned).collect(),
            Takes::Number { .. } | Takes::Numbers { .. } => Vec::new(),
        }
    }

    /// The least and the greatest number.
    pub(super) const fn bounds(&self) -> Option<(i64, i64)> {
        match self.takes {
            Takes::Number { bounds, .. } | Takes::Numbers { bounds, .. } => Some(bounds),
            Takes::Texts { .. } => None,
        }
    }

    /// What holds where the policy does not name it, as the policy file would say it.
    pub fn default_value(&self) -> Value {
        match self.takes {
            Takes::Number { default, .. } => json!(default),
            Takes::Numbers { default, .. } => json!(default),
            Takes::Texts { default, .. } => json!(default),
        }
    }
}
