//! Organisation and access: what the group is made of, who works in it, and what each may see and do.
//! See README.md beside for the vocabulary and the invariants.

mod api;
mod authenticate;
mod define_role;
mod error;
mod events;
mod first_start;
mod model;
mod own_account;
mod password;
mod queries;
mod rules;
mod session;
mod shipped_roles;
mod sign_in;
mod store;
mod throttle;
mod trace;
mod users;
mod workbook;

pub use api::routes;
pub use authenticate::authenticate;
pub use error::OrgError;
pub use events::{EMPLOYEE_LEFT, EmployeeLeft};
pub use first_start::{FirstAdmin, PERSONAS, Persona, ensure_admin, open_persona_accounts};
pub use model::{HeldRole, Landing, RoleDefinition, ScopeKind};
pub use rules::{GrantRefusal, Rights, access_of};
pub use session::{COOKIE, CSRF_HEADER, sweep_sessions};
pub use store::rights_of;
pub use workbook::{
    Importer, NewAccount, OrgImportReport, OrgWorkbook, RowError, SheetReport, close_leavers, import_org,
    import_org_file,
};

/// The tables of this room.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    context: "org",
    steps: &[
        ("0001_organisation", include_str!("../migrations/0001_organisation.sql")),
        ("0002_people_and_access", include_str!("../migrations/0002_people_and_access.sql")),
    ],
};

/// What lies sealed in the tables of this room, for moving it to a new key.
pub const SEALED: &[db::SealedColumn] = &[
    db::SealedColumn { table: "employee", column: "mobile_sealed", field: db::Field::Mobile },
    db::SealedColumn { table: "user_secret", column: "totp_sealed", field: db::Field::Secret },
    db::SealedColumn { table: "user_secret", column: "totp_pending_sealed", field: db::Field::Secret },
    db::SealedColumn { table: "org_import", column: "activation_sealed", field: db::Field::Secret },
];
