//! Customer and vehicle numbers as they lie in the database (an integer) and as they travel (`P00012345`).

use kernel::ids::{PersonNo, VehicleNo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, Postgres, Type};

macro_rules! stored_number {
    ($($(#[$doc:meta])* $name:ident($inner:ident);)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The integer stored in the database.
            pub fn sql(self) -> i32 {
                // Numbers come from an integer sequence, so the upper half is never used.
                i32::try_from(self.0.get()).unwrap_or(i32::MAX)
            }

            /// From the integer stored in the database.
            pub fn from_sql(number: i32) -> Self {
                Self($inner(number.unsigned_abs()))
            }
        }

        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                <i32 as Type<Postgres>>::type_info()
            }
        }

        impl<'r> Decode<'r, Postgres> for $name {
            fn decode(value: PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                <i32 as Decode<'r, Postgres>>::decode(value).map(Self::from_sql)
            }
        }
    )+};
}

stored_number! {
    /// A customer's number.
    PersonRef(PersonNo);
    /// A vehicle's number.
    VehicleRef(VehicleNo);
}
