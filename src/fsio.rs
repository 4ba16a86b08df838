//! The only door to files, environment and subprocesses. Files are replaced atomically.

mod input;
mod lock_file;
mod process;
mod replaced;
mod service_files;
mod shared_lock;

pub use input::{Written, absolute, config_folder, read_texts_in, write_new};
pub use lock_file::{LockFile, LockOutcome};
pub use process::{EditorFile, Ended, Offspring, arguments, process_id, respawn, run};
pub use replaced::{beside, fits, followed, is_file, matching, replace_with_backup};
pub use service_files::{
    identity, make_link, names_in, open_append, open_null, remove_file, remove_link, rename_file,
};
pub use shared_lock::SharedLock;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file operation that failed, with the path.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {verb} failed")]
pub struct FileError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was tried.
    pub verb: &'static str,
    /// Why it failed.
    #[source]
    pub source: io::Error,
}

fn failed<'a>(path: &'a Path, verb: &'static str) -> impl FnOnce(io::Error) -> FileError + 'a {
    move |source| FileError { path: path.to_owned(), verb, source }
}

/// Reads a text file.
///
/// # Errors
/// When it can't be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    let bytes = fs::read(path).map_err(failed(path, "reading"))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let reason = format!("line {line} is not UTF-8; convert the file, for example with iconv");
        failed(path, "reading")(io::Error::new(io::ErrorKind::InvalidData, reason))
    })
}

/// Reads a file with a secret: one line, white space at its ends removed.
///
/// # Errors
/// When it can't be read, or others may read it.
pub fn read_secret(path: &Path) -> Result<String, FileError> {
    let mode = fs::metadata(path).map_err(failed(path, "reading"))?.permissions().mode();
    if mode & 0o077 != 0 {
        let reason =
            format!("others may read it (mode {:03o}); run: chmod 600 {}", mode & 0o777, path.display());
        return Err(failed(path, "reading the secret")(io::Error::other(reason)));
    }
    Ok(read_text(path)?.trim().to_owned())
}

/// Says whether others than its owner may read a file. `false` when there is none.
pub fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|facts| facts.permissions().mode() & 0o077 != 0)
}

/// Returns the mode bits of a file; those of a new one, 0644, where there is none.
pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).map_or(0o644, |facts| facts.permissions().mode() & 0o777)
}

/// Replaces a file in one step: readers see the old text or the new one, also after a crash.
///
/// # Errors
/// When the folder can't be written; the old file is untouched then.
pub fn write_atomically(path: &Path, text: &[u8], mode: u32) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&draft)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(folder)?.sync_all()
    })();
    written.map_err(|error| {
        // the draft may not exist; the first error is the one that counts
        let _ = fs::remove_file(&draft);
        failed(path, "writing")(error)
    })
}

/// Makes a folder and its parents, for this user alone.
///
/// # Errors
/// When it can't be made.
pub fn make_private_folder(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed(path, "making the folder"))
}

/// Makes a folder and its parents, with the usual permissions.
///
/// # Errors
/// When it can't be made.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(failed(path, "making the folder"))
}

/// Returns an environment variable that is set and not empty.
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the folder for the state of one site: `$XDG_STATE_HOME/enmon/NAME`, by default under `~/.local/state`.
pub fn state_folder(site: &str) -> PathBuf {
    let base = env("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base =
        base.unwrap_or_else(|| PathBuf::from(env("HOME").unwrap_or_else(|| "/".into())).join(".local/state"));
    base.join("enmon").join(site)
}

/// Makes a folder for this user alone that is removed with its contents when it is dropped.
///
/// # Errors
/// When the system's folder for temporary files can't be written.
pub fn temporary_folder() -> Result<tempfile::TempDir, FileError> {
    tempfile::Builder::new().prefix("enmon-").tempdir().map_err(|source| FileError {
        path: std::env::temp_dir(),
        verb: "making a folder",
        source,
    })
}
