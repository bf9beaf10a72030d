//! What was measured: for people as a table, for programs as JSON.

use crate::Outcome;
use serde_json::{Value, json};
use std::{fmt::Write, fs, path::Path};

/// One measurement.
struct Measure {
    part: &'static str,
    name: String,
    value: f64,
    unit: &'static str,
    ratio: Option<f64>,
}

/// Measurements and what must be known to read them.
#[derive(Default)]
pub(crate) struct Summary {
    measures: Vec<Measure>,
    notes: Vec<(&'static str, String)>,
}

impl Summary {
    /// A number.
    pub(crate) fn add(&mut self, part: &'static str, name: impl Into<String>, value: f64, unit: &'static str) {
        self.push(Measure { part, name: name.into(), value, unit, ratio: None });
    }

    /// A number beside one that was measured in the same run: `value / base` is what may be compared between machines.
    pub(crate) fn compare(
        &mut self,
        part: &'static str,
        name: impl Into<String>,
        (value, base): (f64, f64),
        unit: &'static str,
    ) {
        self.push(Measure { part, name: name.into(), value, unit, ratio: Some(value / base) });
    }

    /// A line below a part of the table.
    pub(crate) fn note(&mut self, part: &'static str, text: impl Into<String>) {
        self.notes.push((part, text.into()));
    }

    #[expect(clippy::print_stderr, reason = "who waits for minutes sees what was measured meanwhile")]
    fn push(&mut self, measure: Measure) {
        eprintln!("  {}: {} {} {}", measure.part, measure.name, figure(measure.value), measure.unit);
        self.measures.push(measure);
    }

    /// The table.
    pub(crate) fn table(&self) -> String {
        let mut parts: Vec<&str> = self.measures.iter().map(|measure| measure.part).collect();
        parts.extend(self.notes.iter().map(|(part, _)| *part));
        let mut seen = std::collections::HashSet::new();
        parts.retain(|part| seen.insert(*part));
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: &str) -> String {
        let mut text = format!("\n{part}\n");
        for Measure { name, value, unit, ratio, .. } in self.measures.iter().filter(|measure| measure.part == part) {
            let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:>8.2} x"));
            let line = format!("  {name:<58}{:>12} {unit:<14}{ratio}", figure(*value));
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{}", line.trim_end());
        }
        for (_, note) in self.notes.iter().filter(|(of, _)| *of == part) {
            let _ = writeln!(text, "  ({note})");
        }
        text
    }

    /// Writes the JSON, and makes its folder.
    pub(crate) fn write(&self, path: &Path) -> Outcome<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let row = |Measure { part, name, value, unit, ratio }: &Measure| -> Value {
            let mut row = json!({ "name": format!("{part}: {name}"), "value": value, "unit": unit });
            if let Some(ratio) = ratio {
                row["ratio"] = json!(ratio);
            }
            row
        };
        let notes: Vec<String> = self.notes.iter().map(|(part, text)| format!("{part}: {text}")).collect();
        let document = json!({ "measures": self.measures.iter().map(row).collect::<Vec<_>>(), "notes": notes });
        fs::write(path, serde_json::to_vec_pretty(&document)?)?;
        Ok(())
    }
}

/// Three significant digits where there are fewer than three before the point; thousands apart.
fn figure(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap_or("")).collect();
    groups.join(",")
}

/// The middle one of some measurements; 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
