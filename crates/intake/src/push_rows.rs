//! Rows that come without a file: pushed over HTTP by an outside system, or keyed in from a paper ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{Access, AuditEntry, Db, Vault};
use jiff_sqlx::ToSqlx;
use kernel::vocab::{Entity, Source};
use kernel::{Clock, StoreId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::catalogue::{Field, Form};
use crate::error::{IntakeError, Refusal};
use crate::load::{Loaded, Loader, Origin, Way};
use crate::reading::{RowBlock, Table};

/// Rows of one push.
pub const PUSH_MAX: usize = 10_000;

/// Rows as titles and texts.
#[derive(Debug, Clone)]
pub struct GivenRows {
    titles: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl GivenRows {
    /// From JSON objects: keys are titles or field codes, numbers and truth values become text.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] without rows, with too many, or with something that is no object of plain values.
    pub fn from_objects(objects: &[Value]) -> Result<GivenRows, IntakeError> {
        let bad = |why: String| IntakeError::from(Refusal::BadRequest(why));
        if objects.is_empty() || objects.len() > PUSH_MAX {
            return Err(bad(format!("send 1 to {PUSH_MAX} rows")));
        }
        let mut titles: Vec<String> = Vec::new();
        for object in objects {
            let object = object.as_object().ok_or_else(|| bad("every row is an object".into()))?;
            for key in object.keys() {
                if !titles.contains(key) {
                    titles.push(key.clone());
                }
            }
        }
        if titles.len() > 500 {
            return Err(bad("at most 500 different keys".into()));
        }
        let text = |value: Option<&Value>| match value {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(n)) => Ok(n.to_string()),
            Some(Value::Bool(b)) => Ok(if *b { "是" } else { "否" }.to_owned()),
            Some(_) => Err(bad("values are texts, numbers or truth values".into())),
        };
        let rows = objects
            .iter()
            .map(|object| titles.iter().map(|t| text(object.get(t))).collect::<Result<Vec<_>, _>>())
            .collect::<Result<Vec<_>, _>>()?;
        // A field code is as good as a title.
        let titles = titles.into_iter().map(|t| Field::parse(&t).map_or(t, |f| f.zh().to_owned())).collect();
        Ok(GivenRows { titles, rows })
    }

    fn sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for cell in self.titles.iter().chain(self.rows.iter().flatten()) {
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell.as_bytes());
        }
        hash.finalize().into()
    }
}

/// Loads given rows as a batch. The same rows twice are one batch.
///
/// # Errors
/// The database is away.
pub async fn load_rows(
    db: &Db,
    vault: Arc<Vault>,
    clock: Clock,
    mut origin: Origin,
    given: GivenRows,
) -> Result<Loaded, IntakeError> {
    origin.sha256 = given.sha256();
    origin.bytes = given.rows.iter().flatten().map(|c| c.len() as u64).sum();
    let block = RowBlock::from_rows(1, given.rows);
    let mut loader = Loader::new(db, vault, clock).await?;
    loader.load_opened(&origin, "", Table::of_rows(given.titles, block)).await
}

/// What a push key opens.
#[derive(Debug, Clone, Copy)]
pub struct PushKey {
    /// Its number.
    pub push_key_id: i32,
    /// Store the rows belong to.
    pub store: Option<StoreId>,
    /// System they come from.
    pub source: Source,
    /// What they are.
    pub entity: Entity,
}

/// Makes a push key; the clear key is told once and only its hash is kept.
///
/// # Errors
/// The store is outside the scope.
pub async fn make_push_key(
    db: &Db,
    clock: &Clock,
    access: &Access,
    name: &str,
    store: Option<StoreId>,
    source: Source,
    entity: Entity,
) -> Result<(i32, String), IntakeError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| IntakeError::Thread(format!("no random numbers: {e}")))?;
    let key = format!("fcp_{}", hex::encode(bytes));
    let mut tx = db.write(access).await?;
    let id: i32 = sqlx::query_scalar(
        "INSERT INTO push_key (name, key_hash, store_id, source, entity, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         RETURNING push_key_id",
    )
    .bind(name)
    .bind(Sha256::digest(key.as_bytes()).as_slice())
    .bind(store.map(|s| s.get()))
    .bind(source.code())
    .bind(entity.code())
    .bind(access.user_id.get())
    .bind(clock.now().to_sqlx())
    .fetch_one(&mut *tx)
    .await?;
    let entry = AuditEntry {
        action: "make_push_key",
        subject_kind: "push_key",
        subject_id: &id.to_string(),
        store_id: store,
        reason: None,
        detail: json!({ "name": name }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok((id, key))
}

/// What a key opens.
///
/// # Errors
/// [`Refusal::UnknownKey`] if there is no such key, or it was revoked.
pub async fn open_push_key(db: &Db, clock: &Clock, key: &str) -> Result<PushKey, IntakeError> {
    let mut tx = db.system().await?;
    // Looked up by its hash: nothing of the comparison depends on how much of a guess was right.
    let found: Option<(i32, Option<i32>, String, String)> = sqlx::query_as(
        "UPDATE push_key SET last_used_at = $2
         WHERE key_hash = $1 AND revoked_at IS NULL
         RETURNING push_key_id, store_id, source, entity",
    )
    .bind(Sha256::digest(key.as_bytes()).as_slice())
    .bind(clock.now().to_sqlx())
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    let (push_key_id, store, source, entity) = found.ok_or(Refusal::UnknownKey)?;
    let parsed = Source::parse(&source).ok().zip(Entity::parse(&entity).ok()).ok_or(Refusal::UnknownKey)?;
    Ok(PushKey { push_key_id, store: store.map(StoreId), source: parsed.0, entity: parsed.1 })
}

/// A page of a paper ledger, keyed in.
#[derive(Debug, Clone)]
pub struct PaperPage {
    /// Store whose ledger it is.
    pub store: StoreId,
    /// Customers or repair orders.
    pub entity: Entity,
    /// Number of the bundle of ledgers.
    pub batch_no: String,
    /// Page of the ledger.
    pub page: String,
    /// Who keyed it in.
    pub operator: String,
    /// Field codes and texts, a line each.
    pub lines: Vec<BTreeMap<String, String>>,
}

/// Turns a keyed page into rows: a line is known by bundle, page and line, so that keying a page again corrects it.
///
/// # Errors
/// [`Refusal::BadRequest`] for a page without lines, or a field that is none of the form's.
pub fn rows_of_page(page: &PaperPage) -> Result<GivenRows, IntakeError> {
    let form = Form::of(page.entity);
    let bad = |why: &str| IntakeError::from(Refusal::BadRequest(why.to_owned()));
    if !matches!(form.entity, Entity::Customer | Entity::RepairOrder) {
        return Err(bad("paper ledgers hold customers or repair orders"));
    }
    if page.lines.is_empty() || page.lines.len() > 200 || page.page.is_empty() {
        return Err(bad("a page has a number and 1 to 200 lines"));
    }
    let mut fields: Vec<Field> = Vec::new();
    for code in page.lines.iter().flat_map(BTreeMap::keys) {
        let field =
            Field::parse(code).filter(|f| form.has(*f)).ok_or_else(|| bad(&format!("no field {code}")))?;
        if !fields.contains(&field) && !matches!(field, Field::Page | Field::LineNo) {
            fields.push(field);
        }
    }
    let title = |field: Field| {
        form.fields.iter().find(|(f, _)| *f == field).map_or(field.zh(), |(_, t)| t[0]).to_owned()
    };
    let mut titles = vec![title(Field::Page), title(Field::LineNo)];
    titles.extend(fields.iter().map(|f| title(*f)));
    let ledger_page =
        if page.batch_no.is_empty() { page.page.clone() } else { format!("{}/{}", page.batch_no, page.page) };
    let rows = page.lines.iter().enumerate().map(|(i, line)| {
        let line_no = line.get(Field::LineNo.code()).cloned().unwrap_or_else(|| (i + 1).to_string());
        let cells = fields.iter().map(|f| line.get(f.code()).cloned().unwrap_or_default());
        [ledger_page.clone(), line_no].into_iter().chain(cells).collect()
    });
    Ok(GivenRows { titles, rows: rows.collect() })
}

impl PaperPage {
    /// The batch it becomes.
    pub fn origin(&self, access: &Access) -> Origin {
        Origin {
            store: Some(self.store),
            source: Source::Paper,
            entity: Some(self.entity),
            way: Way::Form,
            file_name: format!("台账 {} 第{}页（{}录入）", self.batch_no, self.page, self.operator),
            sha256: [0; 32],
            bytes: 0,
            period_on: None,
            user: Some(access.user_id),
            kept_path: None,
        }
    }
}
