//! The only door to files, environment and subprocesses. Files are replaced atomically.

mod lock_file;
mod process;

pub use lock_file::{LockFile, LockOutcome};
pub use process::{Offspring, arguments, process_id, respawn};

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
    fs::read_to_string(path).map_err(failed(path, "reading"))
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

/// Opens a file for adding to its end, and makes it when it is not there. Who rotates it may truncate it in place.
///
/// # Errors
/// When it can't be opened or made.
pub fn open_append(path: &Path, mode: u32) -> Result<File, FileError> {
    OpenOptions::new().append(true).create(true).mode(mode).open(path).map_err(failed(path, "opening"))
}

/// Opens the device that swallows everything.
///
/// # Errors
/// When it can't be opened.
pub fn open_null() -> Result<File, FileError> {
    let path = Path::new("/dev/null");
    OpenOptions::new().read(true).write(true).open(path).map_err(failed(path, "opening"))
}

/// Removes a file; one that is not there is no error.
///
/// # Errors
/// When it is there and can't be removed.
pub fn remove_file(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, "removing")(error)),
        _ => Ok(()),
    }
}

/// Gives a file another name; one that is not there is no error.
///
/// # Errors
/// When it is there and can't be renamed.
pub fn rename_file(from: &Path, to: &Path) -> Result<(), FileError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(from, "renaming")(error)),
        _ => Ok(()),
    }
}

/// Returns device and inode of the file that has this name now, or nothing when none has: tells whether an open file is still the one
/// that others find under its name.
pub fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|data| (data.dev(), data.ino()))
}

/// Returns the names of the files in a folder, sorted; none when it can't be read.
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Makes a path absolute without asking the file system.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Returns so many random bytes of the kernel as hexadecimal text, for tokens.
///
/// # Errors
/// When the kernel's source can't be read.
pub fn random_hex(bytes: usize) -> Result<String, FileError> {
    use std::fmt::Write as _;
    use std::io::Read;
    let path = Path::new("/dev/urandom");
    let mut random = vec![0; bytes];
    File::open(path).and_then(|mut file| file.read_exact(&mut random)).map_err(failed(path, "reading"))?;
    Ok(random.iter().fold(String::new(), |mut text, byte| {
        // writing to a String can't fail
        let _ = write!(text, "{byte:02x}");
        text
    }))
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
