//! How the private server is set up. Written anew at every start, so that an update of the program updates it too;
//! a person's own wishes go into `local.conf` beside it.

use std::path::Path;

use crate::DbError;

use super::layout::Layout;

/// How careful the server is with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Every commit survives a power cut.
    Full,
    /// Test clusters only: nothing survives a crash, everything is faster.
    None,
}

/// The name of the file that `postgresql.conf` includes.
const OURS: &str = "forecourt.conf";

pub(crate) fn write(layout: &Layout, durability: Durability, max_connections: u32) -> Result<(), DbError> {
    let path = layout.pg.join(OURS);
    let text = text(&layout.socket, durability, max_connections, memory_mib());
    std::fs::write(&path, text).map_err(|e| DbError::io(&path, e))
}

/// Makes a fresh cluster read our file and then the person's.
pub(crate) fn include(pg: &Path) -> Result<(), DbError> {
    use std::io::Write as _;
    let path = pg.join("postgresql.conf");
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).map_err(|e| DbError::io(&path, e))?;
    file.write_all(b"\ninclude_if_exists = 'forecourt.conf'\ninclude_if_exists = 'local.conf'\n")
        .map_err(|e| DbError::io(&path, e))
}

fn text(socket: &Path, durability: Durability, max_connections: u32, memory_mib: u64) -> String {
    // An eighth of the machine, between 64 and 256 MiB: the working set of a store group's console fits, and the
    // rest of the memory is better used by the file cache and by the matching engine.
    let shared_mib = (memory_mib / 8).clamp(64, 256);
    let socket = socket.display().to_string().replace('\'', "''");
    let mut conf = format!(
        "# Written by forecourt at every start. Your own settings belong into local.conf.\n\
         listen_addresses = ''\n\
         unix_socket_directories = '{socket}'\n\
         unix_socket_permissions = 0700\n\
         max_connections = {max_connections}\n\
         shared_buffers = {shared_mib}MB\n\
         work_mem = 16MB\n\
         maintenance_work_mem = 128MB\n\
         wal_compression = on\n\
         max_wal_size = 2GB\n\
         checkpoint_completion_target = 0.9\n\
         random_page_cost = 1.1\n\
         jit = off\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         log_min_duration_statement = 2000\n\
         log_line_prefix = '%m [%p] %u '\n\
         log_parameter_max_length = 0\n\
         log_parameter_max_length_on_error = 0\n\
         idle_in_transaction_session_timeout = 15min\n\
         logging_collector = off\n"
    );
    if durability == Durability::None {
        conf.push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n");
    }
    conf
}

/// Memory of the machine in MiB; 2 GiB where it cannot be read.
fn memory_mib() -> u64 {
    std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()))
        .map_or(2048, |kib| kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_follow_the_machine_and_stay_modest() {
        let buffers = |memory| {
            let text = text(Path::new("/run/x"), Durability::Full, 50, memory);
            text.lines().find(|l| l.starts_with("shared_buffers")).map(str::to_owned)
        };
        assert_eq!(buffers(512).as_deref(), Some("shared_buffers = 64MB"));
        assert_eq!(buffers(1024).as_deref(), Some("shared_buffers = 128MB"));
        assert_eq!(buffers(64 * 1024).as_deref(), Some("shared_buffers = 256MB"));
    }
}
