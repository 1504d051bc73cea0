//! Vehicles: the list and the page.

pub mod detail;
pub mod list;

pub use detail::{VehicleDetail, vehicle_detail};
pub use list::{VehicleFilter, VehicleRow, list_vehicles, vehicle_rows};
