//! The journal survives restarts, full disks and locked databases.
