//! Files stay small enough to be read at once.

use crate::source::below;

#[test]
fn no_file_has_more_than_400_lines() {
    let sources = below(&["shared", "functions", "infra", "tests"]);
    let long: Vec<String> = sources
        .iter()
        .filter(|source| source.lines > 400 && !source.path.contains("/target/"))
        .map(|source| format!("{}: {} lines", source.path, source.lines))
        .collect();
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}
