//! The data directory: one runner at a time, small files replaced whole.

use crate::failure::{Failure, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A data directory, held until it is dropped; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
    _temporary: Option<tempfile::TempDir>,
}

impl DataDir {
    /// Takes a directory, and makes it if it is missing, readable by its owner alone.
    ///
    /// # Errors
    /// [`Failure::Taken`] while another runner holds it, [`Failure::File`] if it cannot be used.
    pub fn take(path: &Path) -> Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Failure::file(path))?;
        Ok(Self { path: path.to_owned(), _lock: lock(path)?, _temporary: None })
    }

    /// A directory of its own that is removed in the end.
    ///
    /// # Errors
    /// [`Failure::File`] if the system's temporary directory cannot be used.
    pub fn temporary() -> Result<Self> {
        let folder = tempfile::tempdir().map_err(Failure::file("a temporary directory"))?;
        let path = folder.path().to_owned();
        Ok(Self { _lock: lock(&path)?, path, _temporary: Some(folder) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a small file of ours; `None` if there is none yet.
    ///
    /// # Errors
    /// [`Failure::File`] if it cannot be read, [`Failure::Damaged`] if it is not understood.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let path = self.path.join(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Failure::File { path, source }),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| Failure::Damaged { path, reason: error.to_string() })
    }

    /// Replaces a small file whole, so that a crash leaves the old or the new one; readable by its owner alone.
    ///
    /// # Errors
    /// [`Failure::File`] if it cannot be written.
    pub fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let (path, draft) = (self.path.join(name), self.path.join(format!("{name}.new")));
        replace(&path, &draft, value).map_err(Failure::file(path))
    }
}

fn lock(path: &Path) -> Result<File> {
    let name = path.join("lock");
    let file = File::create(&name).map_err(Failure::file(&name))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::Taken { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(Failure::File { path: name, source }),
    }
}

fn replace<T: Serialize>(path: &Path, draft: &Path, value: &T) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    file.write_all(serde_json::to_string_pretty(value)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_runner_at_a_time_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let held = DataDir::take(folder.path()).unwrap();
        let second = DataDir::take(folder.path()).unwrap_err();
        assert!(second.to_string().starts_with("another tokenwarden runs on"), "{second}");
        drop(held);
        DataDir::take(folder.path()).unwrap();
    }

    #[test]
    fn a_damaged_file_is_named() {
        let dir = DataDir::temporary().unwrap();
        assert_eq!(dir.read::<u32>("n.json").unwrap(), None);
        dir.write("n.json", &7).unwrap();
        assert_eq!(dir.read::<u32>("n.json").unwrap(), Some(7));
        fs::write(dir.path().join("n.json"), "{").unwrap();
        assert!(dir.read::<u32>("n.json").unwrap_err().to_string().contains("n.json is not understood"));
    }
}
