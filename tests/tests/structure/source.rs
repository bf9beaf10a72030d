//! Source files as text: without their tests and without their comments.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file of the workspace.
pub(crate) struct Source {
    /// Its path below the workspace.
    pub(crate) path: String,
    /// Its lines in front of its tests, without comments.
    pub(crate) code: String,
    /// How many lines it has in all.
    pub(crate) lines: usize,
}

impl Source {
    /// The lines of code that hold one of these words, as `path: line`.
    pub(crate) fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let lines = self.code.lines().filter(|line| words.iter().any(|word| holds(line, word)));
        lines.map(|line| format!("{}: {}", self.path, line.trim())).collect()
    }

    /// The modules of its own crate that it uses: what follows `crate::`, in groups too.
    pub(crate) fn uses(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            let rest = &self.code[at + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(members(group)),
                None => found.extend(name(rest)),
            }
        }
        found
    }
}

/// Every Rust file below these folders of the workspace.
pub(crate) fn below(folders: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in folders {
        let path = root().join(folder);
        if path.is_file() {
            sources.push(read(&path));
        } else {
            collect(&path, &mut sources);
        }
    }
    assert!(!sources.is_empty(), "no source in {folders:?}");
    sources
}

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace above the tests")
}

/// The names of the folders of the functions.
pub(crate) fn functions() -> Vec<String> {
    let folders = root().join("functions").read_dir().expect("the functions' folder");
    let mut names: Vec<String> =
        folders.map(|entry| entry.expect("a function").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&path) {
            sources.push(read(&path));
        }
    }
}

/// A file that is a module of tests as a whole.
fn is_test(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.contains("/src/") && (text.ends_with("tests.rs") || text.contains("/tests/") || text.ends_with("/testing.rs"))
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned();
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    Source { path, code: code.join("\n"), lines: text.lines().count() }
}

/// Whether a word stands in a line by itself, not as a part of a longer name. `aws_` and `.await` begin one.
fn holds(line: &str, word: &str) -> bool {
    let part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = !word.starts_with(part) || !line[..at].ends_with(part);
        let after = word.ends_with('_') || !word.ends_with(part) || !line[at + word.len()..].starts_with(part);
        before && after
    })
}

fn name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// The first names inside a group of imports, up to its closing brace.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0, true, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            other if start && !other.is_whitespace() => {
                found.extend(name(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    found
}
