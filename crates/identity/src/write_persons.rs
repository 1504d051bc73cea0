//! Recomputes the golden persons of some numbers and writes them with their satellites. Used by the
//! full run for everybody it touched and by a decision for the two persons it concerns.

use std::collections::HashMap;

use db::copy::CopyRows;
use db::{Field, Vault};
use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use rustc_hash::FxHashMap;
use sqlx::PgConnection;

use crate::IdentityError;
use crate::corrections;
use crate::golden_person::{Criteria, GoldenPerson, PhoneUse, golden_person};
use crate::party::{OF_PERSONS_SQL, PartyRecord};

/// Persons computed at a time: bounds memory to some tens of megabytes.
const CHUNK: usize = 10_000;

/// What the whole group's evidence says about shared values; computed once a run.
pub struct Surroundings {
    /// Phones with more than one name, by blind index.
    pub phones: FxHashMap<Vec<u8>, PhoneUse>,
    /// Survivorship criteria in force.
    pub criteria: Criteria,
}

impl Surroundings {
    fn phone_use(&self, bidx: &[u8]) -> PhoneUse {
        self.phones.get(bidx).copied().unwrap_or(PhoneUse::Personal)
    }
}

/// Recomputes and replaces the golden persons `numbers`. `person_record` must already name their records.
///
/// # Errors
/// When the database fails or a sealed value cannot be opened.
pub async fn write_persons(
    tx: &mut PgConnection,
    vault: &Vault,
    numbers: &[i32],
    around: &Surroundings,
    now: Timestamp,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), IdentityError> {
    create_stages(tx).await?;
    let mut done = 0;
    for chunk in numbers.chunks(CHUNK) {
        let golden = compute(tx, chunk, around).await?;
        stage(tx, vault, &golden, now).await?;
        done += chunk.len() as u64;
        progress(done);
    }
    replace(tx, numbers).await
}

async fn compute(
    tx: &mut PgConnection,
    numbers: &[i32],
    around: &Surroundings,
) -> Result<Vec<(i32, GoldenPerson)>, IdentityError> {
    let records: Vec<PartyRecord> = sqlx::query_as(OF_PERSONS_SQL).bind(numbers).fetch_all(&mut *tx).await?;
    let corrections = corrections::of_persons(tx, numbers).await?;
    let persons = records.chunk_by(|a, b| a.person_no == b.person_no);
    Ok(persons
        .map(|records| {
            let no = records[0].person_no;
            let corrected = corrections.get(&no).map_or(&[][..], Vec::as_slice);
            (no, golden_person(records, corrected, &around.criteria, &|bidx| around.phone_use(bidx)))
        })
        .collect())
}

const PERSON_COLUMNS: &str = "person_no, kind, name, name_initials, name_pinyin, gender, birth_on, mobile_sealed, \
     mobile_bidx, mobile_masked, mobile_tail_bidx, id_sealed, id_bidx, id_masked, uscc, city, address_sealed, \
     record_count, store_count, first_seen_on, last_seen_on, internal, do_not_contact, golden, minted_at, updated_at";
const PHONE_COLUMNS: &str =
    "person_no, phone_bidx, phone_sealed, phone_masked, tail_bidx, role, first_on, last_on";
const STORE_COLUMNS: &str = "person_no, store_id, advisor_id, first_on, last_on, record_count";

async fn create_stages(tx: &mut PgConnection) -> Result<(), IdentityError> {
    let sql = "
        CREATE TEMP TABLE IF NOT EXISTS stage_person (LIKE person) ON COMMIT DROP;
        CREATE TEMP TABLE IF NOT EXISTS stage_person_phone (LIKE person_phone) ON COMMIT DROP;
        CREATE TEMP TABLE IF NOT EXISTS stage_person_store (LIKE person_store) ON COMMIT DROP;
        ALTER TABLE stage_person ALTER COLUMN record_count DROP NOT NULL;
        TRUNCATE stage_person, stage_person_phone, stage_person_store";
    sqlx::raw_sql(sql).execute(tx).await?;
    Ok(())
}

async fn stage(
    tx: &mut PgConnection,
    vault: &Vault,
    golden: &[(i32, GoldenPerson)],
    now: Timestamp,
) -> Result<(), IdentityError> {
    let (mut persons, mut phones, mut stores) = (CopyRows::new(), CopyRows::new(), CopyRows::new());
    let mut tails: HashMap<&[u8], Option<[u8; 16]>> = HashMap::new();
    for (no, person) in golden {
        for phone in &person.phones {
            let tail = match tails.get(phone.number.bidx.as_slice()) {
                Some(tail) => *tail,
                None => {
                    let tail = tail_index(vault, &phone.number.sealed)?;
                    tails.insert(&phone.number.bidx, tail);
                    tail
                }
            };
            phones.plain(no).bytes_field(Some(&phone.number.bidx)).bytes_field(Some(&phone.number.sealed));
            phones
                .text(&phone.number.masked)
                .bytes_field(tail.as_ref().map(<[u8; 16]>::as_slice))
                .text(phone.role);
            phones.date(phone.first_on).date(phone.last_on).end_row();
        }
        for store in &person.stores {
            stores.plain(no).plain(store.store_id).opt_plain(store.advisor_id);
            stores.date(store.first_on).date(store.last_on).plain(store.record_count).end_row();
        }
        let tail =
            person.mobile.as_ref().and_then(|mobile| tails.get(mobile.bidx.as_slice()).copied().flatten());
        person_row(&mut persons, *no, person, tail, now);
    }
    persons.send(tx, &format!("stage_person ({PERSON_COLUMNS})")).await?;
    phones.send(tx, &format!("stage_person_phone ({PHONE_COLUMNS})")).await?;
    stores.send(tx, &format!("stage_person_store ({STORE_COLUMNS})")).await?;
    Ok(())
}

/// Blind index of a number's last four digits, which is how a desk asks for a customer.
fn tail_index(vault: &Vault, sealed: &[u8]) -> Result<Option<[u8; 16]>, IdentityError> {
    let clear = vault.open(Field::Mobile, sealed)?;
    let digits: Vec<char> = clear.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 7 {
        return Ok(None);
    }
    let tail: String = digits[digits.len() - 4..].iter().collect();
    Ok(Some(vault.blind(Field::Mobile, &tail)))
}

fn person_row(rows: &mut CopyRows, no: i32, person: &GoldenPerson, tail: Option<[u8; 16]>, now: Timestamp) {
    let sealed = |form: Option<&crate::golden_person::Sealed>| form.map(|form| form.sealed.clone());
    rows.plain(no).text(&person.kind).opt_text(person.name.as_deref());
    rows.opt_text(person.initials.as_deref()).opt_text(person.pinyin.as_deref());
    rows.opt_text(person.gender.as_deref()).opt_text(person.birth_on.as_deref());
    rows.bytes_field(sealed(person.mobile.as_ref()).as_deref());
    rows.bytes_field(person.mobile.as_ref().map(|mobile| mobile.bidx.as_slice()));
    rows.opt_text(person.mobile.as_ref().map(|mobile| mobile.masked.as_str()));
    rows.bytes_field(tail.as_ref().map(<[u8; 16]>::as_slice));
    rows.bytes_field(sealed(person.id_number.as_ref()).as_deref());
    rows.bytes_field(person.id_number.as_ref().map(|id| id.bidx.as_slice()));
    rows.opt_text(person.id_number.as_ref().map(|id| id.masked.as_str()));
    rows.opt_text(person.uscc.as_deref()).opt_text(person.city.as_deref());
    rows.bytes_field(sealed(person.address.as_ref()).as_deref());
    rows.plain(person.record_count).plain(person.stores.len());
    rows.date(person.first_seen_on).date(person.last_seen_on);
    rows.bool(person.internal).bool(person.do_not_contact).text(&person.golden.to_string());
    rows.plain(now).plain(now).end_row();
}

/// Puts the staged rows in force. Rows that did not change are not touched.
async fn replace(tx: &mut PgConnection, numbers: &[i32]) -> Result<(), IdentityError> {
    sqlx::query(
        "UPDATE person SET kind = s.kind, name = s.name, name_initials = s.name_initials,
                name_pinyin = s.name_pinyin, gender = s.gender, birth_on = s.birth_on,
                mobile_sealed = s.mobile_sealed, mobile_bidx = s.mobile_bidx, mobile_masked = s.mobile_masked,
                mobile_tail_bidx = s.mobile_tail_bidx, id_sealed = s.id_sealed, id_bidx = s.id_bidx,
                id_masked = s.id_masked, uscc = s.uscc, city = s.city, address_sealed = s.address_sealed,
                record_count = s.record_count, store_count = s.store_count, first_seen_on = s.first_seen_on,
                last_seen_on = s.last_seen_on, internal = s.internal, do_not_contact = s.do_not_contact,
                golden = s.golden, updated_at = s.updated_at
         FROM stage_person s
         WHERE person.person_no = s.person_no
           AND (person.golden, person.record_count, person.store_count, person.first_seen_on, person.last_seen_on,
                person.internal, person.do_not_contact, person.mobile_tail_bidx, person.address_sealed IS NULL)
               IS DISTINCT FROM
               (s.golden, s.record_count, s.store_count, s.first_seen_on, s.last_seen_on,
                s.internal, s.do_not_contact, s.mobile_tail_bidx, s.address_sealed IS NULL)",
    )
    .execute(&mut *tx)
    .await?;
    for (table, columns, key) in
        [("person_phone", PHONE_COLUMNS, "phone_bidx"), ("person_store", STORE_COLUMNS, "store_id")]
    {
        let sql = format!("DELETE FROM {table} WHERE person_no = ANY ($1)");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(numbers).execute(&mut *tx).await?;
        let sql = format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM stage_{table} ORDER BY person_no, {key}"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Takes phones and stores from numbers that have no records any more: a redirect is seen through its heir.
///
/// # Errors
/// When the database fails.
pub async fn forget_retired(tx: &mut PgConnection) -> Result<(), IdentityError> {
    for table in ["person_phone", "person_store"] {
        let sql = format!(
            "DELETE FROM {table} WHERE NOT EXISTS (
                 SELECT 1 FROM person_record link WHERE link.person_no = {table}.person_no)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Makes sure every number has a row, so that links may refer to it.
///
/// # Errors
/// When the database fails.
pub async fn ensure_numbers(
    tx: &mut PgConnection,
    numbers: &[i32],
    now: Timestamp,
) -> Result<(), IdentityError> {
    let sql = "INSERT INTO person (person_no, kind, minted_at, updated_at)
               SELECT no, 'unknown', $2, $2 FROM unnest($1::int[]) AS no
               ON CONFLICT (person_no) DO NOTHING";
    sqlx::query(sql).bind(numbers).bind(SqlTimestamp::from(now)).execute(tx).await?;
    Ok(())
}
