//! What others may subscribe to.

use jiff::civil::Date;
use kernel::ids::{EmployeeId, StoreId, UserId};
use serde::{Deserialize, Serialize};

/// Topic of [`EmployeeLeft`].
pub const EMPLOYEE_LEFT: &str = "org.employee_left";

/// Somebody left the group: his account is closed, his customers need another hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmployeeLeft {
    /// Who left.
    pub employee_id: EmployeeId,
    /// Number in the personnel file.
    pub code: String,
    /// His account, if he had one; it is closed.
    pub user_id: Option<UserId>,
    /// The store he left; none = head office.
    pub store_id: Option<StoreId>,
    /// Last day.
    pub left_on: Date,
}
