//! The room's migrations, forward only.

/// Tables of this room: facts, batches, layouts, quarantine, quality.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    context: "intake",
    steps: &[
        ("0001_facts", include_str!("../migrations/0001_facts.sql")),
        ("0002_feeds", include_str!("../migrations/0002_feeds.sql")),
        ("0003_lean_indexes", include_str!("../migrations/0003_lean_indexes.sql")),
    ],
};
