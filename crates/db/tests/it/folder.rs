//! A data folder for tests of the private cluster.

use std::os::unix::fs::PermissionsExt as _;

/// An empty folder, gone when dropped.
pub fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    // the database's own user has to get in when the tests run as root
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    dir
}
