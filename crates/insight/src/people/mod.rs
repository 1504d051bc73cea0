//! Customers: the list and the 360° page.

pub mod detail;
pub mod golden;
pub mod list;
pub mod model;
pub mod rows;

pub use detail::person_detail;
pub use list::{PersonFilter, list_persons};
pub use model::{PersonDetail, PersonRow};
pub use rows::person_rows;
