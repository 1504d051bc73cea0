//! Who is asking, and what of the group he may see: the settings row-level security reads.

use std::fmt::Write as _;

use kernel::ids::{EmployeeId, StoreId, UserId};

/// The data scope of one caller. A scoped transaction carries it into PostgreSQL, where the policies made by
/// `fc_scope_by_store` read it; no query has to repeat it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The account; written into every audit row.
    pub user_id: UserId,
    /// The stores whose rows may be read and written; with group scope, all stores.
    pub stores: Vec<StoreId>,
    /// Also rows that belong to no store.
    pub group: bool,
    /// Only what belongs to this employee (queries of the contexts ask `fc_own()`).
    pub own: Option<EmployeeId>,
    /// Phones, ID numbers and addresses only masked.
    pub masked: bool,
}

/// Whether a scoped transaction may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Read,
    Write,
}

impl Access {
    /// The batch that opens a scoped transaction: `BEGIN` and the settings in one round trip. Only integers and
    /// fixed words go into it, so nothing of it can be somebody's input.
    pub(crate) fn begin(&self, intent: Intent) -> String {
        let mut sql = String::with_capacity(160 + self.stores.len() * 4);
        sql.push_str(match intent {
            Intent::Read => "BEGIN READ ONLY;",
            Intent::Write => "BEGIN;",
        });
        let own = self.own.map_or(0, |employee| employee.get());
        // Writing to a String cannot fail.
        let _ = write!(sql, "SET LOCAL fc.user_id='{}';SET LOCAL fc.stores='{{", self.user_id.get());
        for (at, store) in self.stores.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(sql, "{comma}{}", store.get());
        }
        let _ = write!(
            sql,
            "}}';SET LOCAL fc.\"group\"='{}';SET LOCAL fc.own='{own}';SET LOCAL fc.masked='{}'",
            u8::from(self.group),
            u8::from(self.masked),
        );
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_an_access_are_written_in_one_batch() {
        let manager = Access {
            user_id: UserId(7),
            stores: vec![StoreId(3), StoreId(12)],
            group: false,
            own: None,
            masked: true,
        };
        assert_eq!(
            manager.begin(Intent::Read),
            "BEGIN READ ONLY;SET LOCAL fc.user_id='7';SET LOCAL fc.stores='{3,12}';\
             SET LOCAL fc.\"group\"='0';SET LOCAL fc.own='0';SET LOCAL fc.masked='1'"
        );
    }
}
