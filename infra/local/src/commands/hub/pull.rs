//! Keeping the latest report of an org: its summary as JSON and its credentials as CSV.

use super::{
    clients::{Client, safe},
    look::{Kept, OrgSeen},
};
use crate::{
    api::Api,
    failure::{Failure, Result},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

/// So many rows of a report are asked for at once.
const ROWS: u32 = 500;

/// Keeps what is not there yet. A file stands whole under its name, or not at all; the summary comes last, so that where
/// it stands the report is whole.
pub(super) async fn latest(api: &Api, client: &Client, org: &OrgSeen, folder: &Path) -> Result<Kept> {
    let Some(report) = &org.report else { return Ok(Kept::NoReport) };
    let folder = folder.join(safe(&client.name)).join(safe(&org.row.id));
    let [csv, json] = ["csv", "json"].map(|kind| folder.join(format!("{}.{kind}", safe(report.id.as_str()))));
    if csv.exists() && json.exists() {
        return Ok(Kept::Already);
    }
    std::fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;
    let path = format!("reports/{}", utf8_percent_encode(report.id.as_str(), NON_ALPHANUMERIC));
    let of_report = api.org_path(&org.row.id, &path);
    if !csv.exists() {
        let rows = api.csv(&format!("{of_report}/credentials.csv"), ROWS).await?;
        put(&csv, rows.as_bytes()).map_err(Failure::file(&csv))?;
    }
    let summary: Value = api.get(&of_report).await?;
    put(&json, format!("{summary:#}\n").as_bytes()).map_err(Failure::file(&json))?;
    Ok(Kept::Written)
}

/// Writes a file under another name and then gives it its own.
fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let written = write(&beside, content).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // It may never have been made.
        let _gone = std::fs::remove_file(&beside);
    }
    written
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// A name of this process alone, which no report's file bears: those begin with no dot.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}", process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there_and_nothing_is_left_beside_it() {
        let folder = std::env::temp_dir().join(format!("tokenwarden-hub-{}", process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("r1.csv");
        put(&path, b"a,b\r\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"a,b\r\n");
        std::fs::create_dir_all(folder.join("r2.csv").join("x")).unwrap();
        assert!(put(&folder.join("r2.csv"), b"a").is_err(), "a folder stands in its place");
        let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, ["r1.csv", "r2.csv"]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
