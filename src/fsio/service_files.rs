//! Files of a program that runs for months: its log, its journal's surroundings, its token.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{FileError, failed};

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

/// Makes a symbolic link, in place of one of that name.
///
/// # Errors
/// When it can't be made, or something else has that name.
pub fn make_link(path: &Path, target: &Path) -> Result<(), FileError> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink());
    let make = || {
        if is_link {
            fs::remove_file(path)?;
        }
        std::os::unix::fs::symlink(target, path)
    };
    make().map_err(failed(path, "linking"))
}

/// Removes a symbolic link if it leads there still.
pub fn remove_link(path: &Path, target: &Path) {
    if fs::read_link(path).is_ok_and(|found| found == target) {
        // whoever removed it before us wanted the same
        let _ = fs::remove_file(path);
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
