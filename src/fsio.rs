//! The only door to files, environment and subprocesses.
