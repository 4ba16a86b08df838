//! Files that a person writes for enmon: the site file, profiles of their own.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{FileError, env, failed};

/// Returns the folder for a user's own files: `$XDG_CONFIG_HOME/enmon`, by default `~/.config/enmon`.
pub fn config_folder() -> PathBuf {
    let base = env("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base =
        base.unwrap_or_else(|| PathBuf::from(env("HOME").unwrap_or_else(|| "/".into())).join(".config"));
    base.join("enmon")
}

/// Makes a path absolute without following links; the file need not be there.
///
/// # Errors
/// When the working folder is gone.
pub fn absolute(path: &Path) -> Result<PathBuf, FileError> {
    std::path::absolute(path).map_err(failed(path, "finding the folder"))
}

/// Reads all text files of a folder whose names end in one of the extensions, sorted by name. A folder that is not there is empty.
///
/// # Errors
/// When the folder or one of the files can't be read.
pub fn read_texts_in(folder: &Path, extensions: &[&str]) -> Result<Vec<(PathBuf, String)>, FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed(folder, "reading the folder"))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed(folder, "reading the folder"))?.path();
        let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let fits = path.extension().is_some_and(|end| extensions.iter().any(|extension| end == *extension));
        if fits && !is_hidden {
            paths.push(path);
        }
    }
    paths.sort();
    paths.into_iter().map(|path| super::read_text(&path).map(|text| (path, text))).collect()
}

/// What became of [`write_new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The file is there now.
    New,
    /// A file of that name was there; it is untouched.
    WasThere,
}

/// Writes a file that must not be there yet: it appears whole, or not at all, and never replaces another.
///
/// # Errors
/// When the folder can't be written.
pub fn write_new(path: &Path, text: &[u8], mode: u32) -> Result<Written, FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&draft)?;
        file.write_all(text)?;
        file.sync_all()?;
        // unlike a rename, a link fails when the name is taken
        match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Written::WasThere),
            other => other.map(|()| Written::New),
        }
    })();
    // the draft may not exist; the first error is the one that counts
    let _ = fs::remove_file(&draft);
    written.map_err(failed(path, "writing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_never_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("enmon.yaml");
        assert_eq!(write_new(&path, b"one", 0o644).unwrap(), Written::New);
        assert_eq!(write_new(&path, b"two", 0o644).unwrap(), Written::WasThere);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a draft was left behind");
    }

    #[test]
    fn only_texts_with_the_extension_are_read() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.yml", "c.txt", ".d.yaml"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let texts = read_texts_in(folder.path(), &["yaml", "yml"]).unwrap();
        assert_eq!(texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["a.yml", "b.yaml"]);
        assert_eq!(read_texts_in(&folder.path().join("none"), &["yaml"]).unwrap(), []);
    }
}
