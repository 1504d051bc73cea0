//! The customer's own correction of a golden field. It outranks every source in every later run and stays with the
//! record he corrected, through merges and un-merges.

use db::{Access, AuditEntry, Field, Vault};
use jiff_sqlx::Timestamp as SqlTimestamp;
use kernel::address::Address;
use kernel::company::CompanyName;
use kernel::dates::parse_date;
use kernel::idcard::IdCard;
use kernel::ids::PersonNo;
use kernel::mobile::Mobile;
use kernel::name::PersonName;
use kernel::text::fold;
use kernel::uscc::Uscc;
use kernel::vocab::Gender;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use web::AppState;

use crate::queries::scope;
use crate::{IdentityError, run, super_nodes, survivorship, write_persons};

/// What was taken down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Corrected {
    /// The customer.
    pub person_no: String,
    /// The field.
    pub field: String,
    /// The new value, masked where it is personal.
    pub value: String,
}

/// A corrected value in the forms it is kept in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Plain(String),
    Sealed { field: Field, clear: String, compared: String, masked: String },
}

impl Value {
    fn shown(&self) -> &str {
        match self {
            Value::Plain(text) => text,
            Value::Sealed { masked, .. } => masked,
        }
    }
}

/// Takes down a correction and recomputes the golden customer at once.
///
/// # Errors
/// [`IdentityError::NoSuchPerson`] outside the caller's scope; [`IdentityError::BadInput`] for a value the field
/// cannot hold; [`IdentityError::RunInProgress`].
pub async fn correct(
    app: &AppState,
    access: &Access,
    no: PersonNo,
    field: &str,
    value: &str,
    reason: Option<&str>,
) -> Result<Corrected, IdentityError> {
    let person = scope::person(&app.db, access, no).await?;
    let now = app.clock.now();
    let mut tx = app.db.system_for(access.user_id).await?;
    run::lock(&mut tx).await?;
    let kind: String = sqlx::query_scalar("SELECT kind FROM person WHERE person_no = $1")
        .bind(person)
        .fetch_one(&mut *tx)
        .await?;
    let value = parse(field, value, &kind)?;
    let record = record_of(&mut tx, person, field).await?;
    keep(&mut tx, &app.vault, person, record, field, &value, reason, access, now).await?;
    let phones = super_nodes::phones_of(&mut tx, &[person]).await?;
    let around = write_persons::Surroundings { phones, criteria: survivorship::criteria(&mut tx).await? };
    write_persons::write_persons(&mut tx, &app.vault, &[person], &around, now, &|_| ()).await?;
    let person_no = PersonNo(u32::try_from(person).unwrap_or(0)).to_string();
    let entry = AuditEntry {
        action: "correct_person",
        subject_kind: "person",
        subject_id: &person_no,
        store_id: None,
        reason,
        detail: json!({ "field": field, "value": value.shown(), "record_key": record.to_string() }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(Corrected { person_no, field: field.to_owned(), value: value.shown().to_owned() })
}

/// Reads the value as its field wants it.
fn parse(field: &str, raw: &str, kind: &str) -> Result<Value, IdentityError> {
    let plain = |value: Result<String, String>| value.map(Value::Plain);
    let read = match field {
        "name" if kind == "company" => plain(
            CompanyName::parse(raw).map(|name| name.as_str().to_owned()).map_err(|flaw| flaw.zh().to_owned()),
        ),
        "name" => plain(match PersonName::parse(raw) {
            Ok(name) if name.is_full() => Ok(name.as_str().to_owned()),
            Ok(_) => Err("请填写完整姓名".to_owned()),
            Err(flaw) => Err(flaw.zh().to_owned()),
        }),
        "gender" => {
            plain(Gender::parse(raw).map(|gender| gender.code().to_owned()).map_err(|flaw| flaw.zh()))
        }
        "birth_on" => plain(parse_date(raw).map_err(|flaw| flaw.zh()).and_then(|day| {
            if day.flag.is_good() {
                Ok(day.date.to_string())
            } else {
                Err("请填写真实的出生日期".to_owned())
            }
        })),
        "city" => plain(match fold(raw) {
            city if city.is_empty() => Err("请填写城市".to_owned()),
            city => Ok(city),
        }),
        "uscc" => {
            plain(Uscc::parse(raw).map(|code| code.as_str().to_owned()).map_err(|flaw| flaw.zh().to_owned()))
        }
        "mobile" => Mobile::parse(raw).map_err(|flaw| flaw.zh().to_owned()).map(|mobile| Value::Sealed {
            field: Field::Mobile,
            clear: mobile.as_str().to_owned(),
            compared: mobile.as_str().to_owned(),
            masked: mobile.masked(),
        }),
        "id_number" => match IdCard::parse(raw) {
            Ok(card) if card.check_ok() => Ok(Value::Sealed {
                field: Field::IdNumber,
                clear: card.as_str().to_owned(),
                compared: card.as_str().to_owned(),
                masked: card.masked(),
            }),
            Ok(_) => Err("证件号校验位不符".to_owned()),
            Err(flaw) => Err(flaw.zh()),
        },
        "address" => Address::parse(raw).map_err(|flaw| flaw.zh().to_owned()).map(|address| Value::Sealed {
            field: Field::Address,
            clear: address.as_str().to_owned(),
            compared: address.key().to_owned(),
            masked: address.masked(),
        }),
        _ => {
            return Err(IdentityError::BadInput {
                field: "field",
                code: "identity.field_not_correctable",
                zh: "这一项不能更正".into(),
                en: "This field cannot be corrected".into(),
            });
        }
    };
    read.map_err(|zh| IdentityError::BadInput {
        field: "value",
        code: "identity.bad_value",
        zh,
        en: format!("This is no valid value of {field}"),
    })
}

/// The record the correction is tied to: the one whose value it replaces, else the latest.
async fn record_of(tx: &mut PgConnection, person: i32, field: &str) -> Result<i64, IdentityError> {
    let sql = "
        SELECT link.record_key
        FROM person_record link
        JOIN person p USING (person_no)
        LEFT JOIN party_record r ON r.record_key = link.record_key AND r.current
        WHERE link.person_no = $1
        ORDER BY (link.record_key::text = p.golden #>> ARRAY[$2, 'record_key']) IS TRUE DESC,
                 coalesce(r.seen_on, r.filed_on) DESC NULLS LAST, link.record_key
        LIMIT 1";
    let record: Option<i64> = sqlx::query_scalar(sql).bind(person).bind(field).fetch_optional(tx).await?;
    record.ok_or(IdentityError::NoSuchPerson)
}

#[expect(clippy::too_many_arguments, reason = "one row of one table")]
async fn keep(
    tx: &mut PgConnection,
    vault: &Vault,
    person: i32,
    record: i64,
    field: &str,
    value: &Value,
    reason: Option<&str>,
    access: &Access,
    now: jiff::Timestamp,
) -> Result<(), IdentityError> {
    // The customer's latest word replaces his earlier ones, of this day too.
    let sql =
        "UPDATE correction SET revoked_at = $3 WHERE record_key = $1 AND field = $2 AND revoked_at IS NULL";
    sqlx::query(sql).bind(record).bind(field).bind(SqlTimestamp::from(now)).execute(&mut *tx).await?;
    let (clear, sealed, bidx) = match value {
        Value::Plain(text) => (Some(text.as_str()), None, None),
        Value::Sealed { field, clear, compared, .. } => {
            (None, Some(vault.seal(*field, clear)), Some(vault.blind(*field, compared)))
        }
    };
    let sql = "INSERT INTO correction (record_key, person_no, field, value_clear, value_sealed, value_bidx,
                                       value_masked, channel, reason, made_by, made_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'console', $8, $9, $10)";
    sqlx::query(sql)
        .bind(record)
        .bind(person)
        .bind(field)
        .bind(clear)
        .bind(sealed)
        .bind(bidx.as_ref().map(<[u8; 16]>::as_slice))
        .bind(value.shown())
        .bind(reason)
        .bind(access.user_id.get())
        .bind(SqlTimestamp::from(now))
        .execute(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn takes(field: &str, kind: &str, raw: &str, shown: &str) {
        assert_eq!(parse(field, raw, kind).unwrap().shown(), shown, "{field} {raw}");
    }

    #[track_caller]
    fn refuses(field: &str, raw: &str) {
        let refused = parse(field, raw, "person").unwrap_err();
        assert!(matches!(refused, IdentityError::BadInput { field: "value" | "field", .. }), "{field} {raw}");
    }

    #[test]
    fn values_are_read_as_everywhere_else_and_personal_ones_masked() {
        takes("name", "person", " 王 小伟 ", "王小伟");
        takes("gender", "person", "女", "f");
        takes("birth_on", "person", "1980年3月4日", "1980-03-04");
        takes("city", "person", "天津", "天津");
        takes("mobile", "person", "139 2468 1357", "139****1357");
    }

    #[test]
    fn what_a_field_cannot_hold_is_refused() {
        for (field, raw) in [
            ("name", "王先生"),
            ("name", "散客"),
            ("gender", "x"),
            ("birth_on", "1900-01-01"),
            ("birth_on", "2021-02-30"),
            ("mobile", "12345"),
            ("mobile", "13800138000"),
            ("id_number", "110105198001010000"),
            ("address", ""),
            ("record_count", "5"),
        ] {
            refuses(field, raw);
        }
    }
}
