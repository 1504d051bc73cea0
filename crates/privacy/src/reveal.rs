//! One personal value in clear: asked for with a reason, opened here and nowhere else, and written
//! into the audit in the same transaction.

use axum::http::StatusCode;
use db::{AuditEntry, Field, Tx};
use kernel::ids::{PersonNo, StoreId, VehicleNo};
use serde_json::json;
use web::{AppState, Ctx, Problem};

use crate::queries::{Redirect, survivor};

/// Least characters of a reason: a single sign is none.
const REASON_CHARS_MIN: usize = 2;
/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// A personal field that lies sealed with a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PersonField {
    Mobile,
    IdNumber,
    Address,
}

/// A field of a vehicle that is shown masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VehicleField {
    Vin,
    EngineNo,
    Plate,
}

fn unknown_field(zh: &str, en: &str) -> Problem {
    Problem::bad_input(
        "field",
        "reveal.unknown_field",
        format!("可查看的字段:{zh}"),
        format!("field must be {en}"),
    )
}

impl PersonField {
    fn parse(code: &str) -> Result<Self, Problem> {
        match code {
            "mobile" => Ok(PersonField::Mobile),
            "id_number" => Ok(PersonField::IdNumber),
            "address" => Ok(PersonField::Address),
            _ => Err(unknown_field("mobile、id_number、address", "mobile, id_number or address")),
        }
    }

    fn code(self) -> &'static str {
        match self {
            PersonField::Mobile => "mobile",
            PersonField::IdNumber => "id_number",
            PersonField::Address => "address",
        }
    }

    fn vault_field(self) -> Field {
        match self {
            PersonField::Mobile => Field::Mobile,
            PersonField::IdNumber => Field::IdNumber,
            PersonField::Address => Field::Address,
        }
    }

    fn sql(self) -> &'static str {
        match self {
            PersonField::Mobile => "SELECT mobile_sealed FROM person WHERE person_no = $1",
            PersonField::IdNumber => "SELECT id_sealed FROM person WHERE person_no = $1",
            PersonField::Address => "SELECT address_sealed FROM person WHERE person_no = $1",
        }
    }
}

impl VehicleField {
    fn parse(code: &str) -> Result<Self, Problem> {
        match code {
            "vin" => Ok(VehicleField::Vin),
            "engine_no" => Ok(VehicleField::EngineNo),
            "plate" => Ok(VehicleField::Plate),
            _ => Err(unknown_field("vin、engine_no、plate", "vin, engine_no or plate")),
        }
    }

    fn code(self) -> &'static str {
        match self {
            VehicleField::Vin => "vin",
            VehicleField::EngineNo => "engine_no",
            VehicleField::Plate => "plate",
        }
    }

    fn sql(self) -> &'static str {
        match self {
            VehicleField::Vin => "SELECT COALESCE(vin, vis) FROM vehicle WHERE vehicle_no = $1",
            VehicleField::EngineNo => "SELECT engine_no FROM vehicle WHERE vehicle_no = $1",
            VehicleField::Plate => "SELECT plate FROM vehicle WHERE vehicle_no = $1",
        }
    }
}

/// The reason as it is kept.
fn checked_reason(raw: &str) -> Result<&str, Problem> {
    let reason = raw.trim();
    let length = reason.chars().count();
    if (REASON_CHARS_MIN..=REASON_CHARS_MAX).contains(&length) {
        return Ok(reason);
    }
    let (zh, en) =
        ("请填写查看明文的原因(2 到 500 字)", "Say why you need the clear value (2 to 500 characters)");
    Err(Problem::bad_input("reason", "reveal.reason_required", zh, en))
}

/// Roles that see masked values never see a clear one, whatever their permissions say.
fn refuse_masked(ctx: &Ctx) -> Result<(), Problem> {
    if !ctx.access.masked {
        return Ok(());
    }
    let (zh, en) = ("您的角色只能查看脱敏数据", "Your role sees masked values only");
    Err(Problem::new(StatusCode::FORBIDDEN, "reveal.masked_role", zh, en))
}

fn nothing_there() -> Problem {
    Problem::not_found("该客户没有这一项信息", "There is no such value")
}

/// Opens one field of a customer within the reader's scope.
///
/// # Errors
/// A refusal (masked role, no reason, out of scope, nothing there), or a fault.
pub async fn reveal_person_field(
    app: &AppState,
    ctx: &Ctx,
    person_no: PersonNo,
    field: &str,
    reason: &str,
) -> web::Result<String> {
    refuse_masked(ctx)?;
    let field = PersonField::parse(field)?;
    let reason = checked_reason(reason)?;
    let mut tx = app.db.write(&ctx.access).await?;
    let number = survivor(&app.db, &mut tx, Redirect::Person, person_no.get()).await?;
    let number = number.ok_or_else(|| {
        Problem::not_found(
            "没有这位客户,或不在您的数据范围内",
            "No such customer, or outside your data scope",
        )
    })?;
    let sealed: Option<Vec<u8>> = sqlx::query_scalar(field.sql()).bind(number).fetch_one(&mut *tx).await?;
    let clear = app.vault.open(field.vault_field(), &sealed.ok_or_else(nothing_there)?)?;
    let store = store_of_person(&mut tx, number).await?;
    let subject = PersonNo(number.unsigned_abs()).to_string();
    write_trace(&mut tx, "customer.reveal", ("customer", &subject), store, reason, field.code()).await?;
    tx.commit().await?;
    Ok(clear)
}

/// Opens one field of a vehicle within the reader's scope.
///
/// # Errors
/// A refusal (masked role, no reason, out of scope, nothing there), or a fault.
pub async fn reveal_vehicle_field(
    app: &AppState,
    ctx: &Ctx,
    vehicle_no: VehicleNo,
    field: &str,
    reason: &str,
) -> web::Result<String> {
    refuse_masked(ctx)?;
    let field = VehicleField::parse(field)?;
    let reason = checked_reason(reason)?;
    let mut tx = app.db.write(&ctx.access).await?;
    let number = survivor(&app.db, &mut tx, Redirect::Vehicle, vehicle_no.get()).await?;
    let number = number.ok_or_else(|| {
        Problem::not_found("没有这辆车,或不在您的数据范围内", "No such vehicle, or outside your data scope")
    })?;
    let clear: Option<String> = sqlx::query_scalar(field.sql()).bind(number).fetch_one(&mut *tx).await?;
    let clear = clear.ok_or_else(nothing_there)?;
    let sql =
        "SELECT store_id FROM vehicle_store WHERE vehicle_no = $1 ORDER BY last_on DESC NULLS LAST LIMIT 1";
    let store: Option<i32> = sqlx::query_scalar(sql).bind(number).fetch_optional(&mut *tx).await?;
    let subject = VehicleNo(number.unsigned_abs()).to_string();
    let store = store.map(StoreId);
    write_trace(&mut tx, "vehicle.reveal", ("vehicle", &subject), store, reason, field.code()).await?;
    tx.commit().await?;
    Ok(clear)
}

/// The trace lies where the customer was seen last, so that this store's manager reads it.
async fn store_of_person(tx: &mut Tx, number: i32) -> Result<Option<StoreId>, Problem> {
    let sql =
        "SELECT store_id FROM person_store WHERE person_no = $1 ORDER BY last_on DESC NULLS LAST LIMIT 1";
    let store: Option<i32> = sqlx::query_scalar(sql).bind(number).fetch_optional(&mut **tx).await?;
    Ok(store.map(StoreId))
}

async fn write_trace(
    tx: &mut Tx,
    action: &str,
    (subject_kind, subject_id): (&str, &str),
    store_id: Option<StoreId>,
    reason: &str,
    field: &str,
) -> Result<(), Problem> {
    let detail = json!({ "field": field });
    let entry = AuditEntry { action, subject_kind, subject_id, store_id, reason: Some(reason), detail };
    Ok(db::audit(tx, &entry).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_more_than_a_sign() {
        for bad in ["", "  ", "x", &"长".repeat(501)] {
            assert_eq!(checked_reason(bad).unwrap_err().code(), "reveal.reason_required", "{bad:?}");
        }
        assert_eq!(checked_reason("  客户来电核对 ").unwrap(), "客户来电核对");
    }

    #[test]
    fn only_known_fields_open() {
        for field in ["mobile", "id_number", "address"] {
            assert_eq!(PersonField::parse(field).unwrap().code(), field);
        }
        assert_eq!(PersonField::parse("mobile_sealed").unwrap_err().code(), "reveal.unknown_field");
        assert_eq!(VehicleField::parse("golden").unwrap_err().code(), "reveal.unknown_field");
    }
}
