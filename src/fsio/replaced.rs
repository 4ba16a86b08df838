//! Files of others that are changed: the text before is kept beside them.

use std::fs;
use std::path::{Path, PathBuf};

use super::{FileError, mode, read_text, write_atomically};

/// Returns the path of a file that is kept beside another one: `prometheus.yml` and `bak` give `prometheus.yml.bak`.
pub fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    path.with_file_name(name)
}

/// Returns the file that a link leads to, or the path itself.
pub fn followed(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Replaces a file in one step, its mode kept, and keeps the text before as `NAME.bak`. Returns the path of that copy; `None` when the
/// file is new.
///
/// # Errors
/// When the folder can't be written; the file is untouched then.
pub fn replace_with_backup(path: &Path, text: &str) -> Result<Option<PathBuf>, FileError> {
    let path = followed(path);
    let backup = if is_file(&path) {
        let backup = beside(&path, "bak");
        keep(&path, &backup)?;
        Some(backup)
    } else {
        None
    };
    write_atomically(&path, text.as_bytes(), mode(&path))?;
    Ok(backup)
}

/// Keeps a file under a second name, which the text that is there at the moment has from now on.
fn keep(path: &Path, backup: &Path) -> Result<(), FileError> {
    let link = beside(backup, "new");
    // a link that was left by a crash may be there
    let _ = fs::remove_file(&link);
    if fs::hard_link(path, &link).and_then(|()| fs::rename(&link, backup)).is_ok() {
        // renaming a file to its own second name leaves both
        let _ = fs::remove_file(&link);
        return Ok(());
    }
    // a file system without links
    write_atomically(backup, read_text(path)?.as_bytes(), mode(path))
}

/// Says whether a file is there.
pub fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|facts| facts.is_file())
}

/// Returns the files that a pattern with `*`, `?` or `[…]` fits, sorted. A pattern that makes no sense fits nothing.
pub fn matching(pattern: &Path) -> Vec<PathBuf> {
    let found = glob::glob(&pattern.to_string_lossy()).into_iter().flatten();
    // what can't be looked into is not there for us
    found.flatten().collect()
}

/// Says whether a name fits a pattern with `*`, `?` or `[…]`. A pattern that makes no sense fits nothing.
pub fn fits(pattern: &str, name: &str) -> bool {
    glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(name))
}
