//! The people of a scope by verdict; with a second scope, those invalid here and valid there.

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use web::{Order, Problem, Sorting};

use super::judge::ScopeKind;
use super::rules::State;

/// Filters of the list of a scope's people, as they stand in the address.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PeopleFilter {
    /// `store`, `brand`, `region`, `group`; default `group`.
    pub scope_kind: Option<String>,
    /// Number of the scope; 0 for the group.
    pub scope_id: Option<i32>,
    /// `valid`, `invalid`, `unknown`.
    pub verdict: Option<String>,
    /// Code of a reason the verdict must have.
    pub reason: Option<String>,
    /// A second scope: `store`, `brand`, `region`, `group`.
    pub other_scope_kind: Option<String>,
    /// Its number.
    pub other_scope_id: Option<i32>,
    /// The verdict there: invalid at A and valid at B is one query.
    pub other_verdict: Option<String>,
    /// Name, phone, plate, VIN, ID number.
    pub q: Option<String>,
    /// Page number from 1.
    pub page: Option<u32>,
    /// Rows a page, 1 to 200, default 20.
    pub size: Option<u32>,
    /// `person_no` or `last_seen_on`.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<Order>,
}

/// What the list can be sorted by.
pub const COLUMNS: &[(&str, &str)] = &[
    ("person_no", "v.person_no"),
    ("last_seen_on", "p.last_seen_on"),
    ("first_seen_on", "p.first_seen_on"),
    ("name", "p.name_pinyin"),
    ("record_count", "p.record_count"),
    ("store_count", "p.store_count"),
];

/// A checked filter.
#[derive(Debug, Clone)]
pub struct PeopleQuery {
    /// Kind of the scope.
    pub kind: ScopeKind,
    /// Its number.
    pub id: i32,
    /// The second scope, with the verdict there if one is asked for.
    pub other: Option<(ScopeKind, i32, Option<State>)>,
    verdict: Option<State>,
    reason: Option<String>,
}

fn scope_kind(field: &str, code: &str) -> Result<ScopeKind, Problem> {
    ScopeKind::parse(code).ok_or_else(|| {
        let en = "must be store, brand, region or group";
        Problem::bad_input(field, "validity.bad_scope", "范围可选:store、brand、region、group", en)
    })
}

fn state(field: &str, code: Option<&str>) -> Result<Option<State>, Problem> {
    let Some(code) = code.filter(|code| !code.is_empty()) else { return Ok(None) };
    State::parse(code).map(Some).ok_or_else(|| {
        let en = "must be valid, invalid or unknown";
        Problem::bad_input(field, "validity.bad_verdict", "结论可选:valid、invalid、unknown", en)
    })
}

impl PeopleFilter {
    /// Checks the filter.
    ///
    /// # Errors
    /// A problem naming the parameter.
    pub fn checked(&self) -> Result<PeopleQuery, Problem> {
        let other = match self.other_scope_kind.as_deref().filter(|kind| !kind.is_empty()) {
            Some(kind) => Some((
                scope_kind("other_scope_kind", kind)?,
                self.other_scope_id.unwrap_or(0),
                state("other_verdict", self.other_verdict.as_deref())?,
            )),
            None => None,
        };
        Ok(PeopleQuery {
            kind: scope_kind("scope_kind", self.scope_kind.as_deref().unwrap_or("group"))?,
            id: self.scope_id.unwrap_or(0),
            other,
            verdict: state("verdict", self.verdict.as_deref())?,
            reason: self.reason.clone().filter(|reason| !reason.is_empty()),
        })
    }

    /// The cut.
    ///
    /// # Errors
    /// A problem naming the parameter.
    pub fn sorting(&self) -> Result<Sorting, Problem> {
        let query =
            web::PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order: self.order };
        query.checked(COLUMNS)
    }
}

/// The numbers of one page of a scope's people, and how many the filter holds.
///
/// # Errors
/// A fault of the database.
pub async fn list_people(
    tx: &mut PgConnection,
    query: &PeopleQuery,
    candidates: Option<&[i32]>,
    sorting: &Sorting,
) -> Result<(Vec<i32>, i64), sqlx::Error> {
    let mut page = QueryBuilder::<Postgres>::new("SELECT v.person_no");
    people(&mut page, query, candidates);
    page.push(" ORDER BY ").push(sorting.order_by()).push(", v.person_no LIMIT ").push_bind(sorting.limit);
    page.push(" OFFSET ").push_bind(sorting.offset);
    let persons: Vec<i32> = page.build_query_scalar().fetch_all(&mut *tx).await?;
    let mut count = QueryBuilder::<Postgres>::new("SELECT count(*) FROM (SELECT 1");
    people(&mut count, query, candidates);
    count.push(" LIMIT ").push_bind(crate::people::list::TOTAL_MAX).push(") counted");
    let total: i64 = count.build_query_scalar().fetch_one(tx).await?;
    Ok((persons, total))
}

fn people(sql: &mut QueryBuilder<Postgres>, query: &PeopleQuery, candidates: Option<&[i32]>) {
    sql.push(" FROM validity_verdict v JOIN person p ON p.person_no = v.person_no AND p.merged_into IS NULL");
    if query.other.is_some() {
        sql.push(" JOIN validity_verdict o ON o.person_no = v.person_no");
    }
    sql.push(" WHERE v.scope_kind = ").push_bind(query.kind.code());
    sql.push(" AND v.scope_id = ").push_bind(query.id);
    if let Some(verdict) = query.verdict {
        sql.push(" AND v.verdict = ").push_bind(verdict.code());
    }
    if let Some(reason) = &query.reason {
        sql.push(" AND ").push_bind(reason.clone()).push(" = ANY (v.reasons)");
    }
    if let Some((kind, id, verdict)) = query.other {
        sql.push(" AND o.scope_kind = ").push_bind(kind.code()).push(" AND o.scope_id = ").push_bind(id);
        if let Some(verdict) = verdict {
            sql.push(" AND o.verdict = ").push_bind(verdict.code());
        }
    }
    if let Some(candidates) = candidates {
        sql.push(" AND v.person_no = ANY (").push_bind(candidates.to_vec()).push(")");
    }
}
