//! The keyed form for paper ledgers.

use std::collections::BTreeMap;

use aide::axum::routing::post_with;
use axum::extract::State;
use kernel::StoreId;
use kernel::vocab::Entity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::permission::IntakeManage;
use web::{AppState, Can, Json, Problem, Result, Routes};

use super::uploads::may_write;
use crate::load::Loaded;
use crate::push_rows::{PaperPage, load_rows, rows_of_page};

pub fn routes() -> Routes {
    Routes::new().api_route(
        "/api/paper-pages",
        post_with(create_page, |op| {
            op.id("create_paper_page")
                .tag("intake")
                .summary("Key in a page of a paper ledger; keying it again corrects it")
        }),
    )
}

/// A keyed page.
#[derive(Debug, Deserialize, JsonSchema)]
struct CreatePage {
    store_id: i32,
    /// `customer` or `repair_order`.
    kind: String,
    /// Number of the bundle of ledgers.
    batch_no: String,
    page: String,
    /// Who keyed it in.
    operator: String,
    /// Field codes and texts, a line each.
    lines: Vec<BTreeMap<String, String>>,
}

/// What became of rows that came without a file.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct GivenResult {
    pub batch_id: i64,
    /// `loaded`, `waiting_layout` or `failed`.
    pub state: &'static str,
    /// The batch that had brought the same rows before.
    pub duplicate_of: Option<i64>,
    pub rows_in: u64,
    pub rows_new: u64,
    pub rows_changed: u64,
    pub rows_same: u64,
    pub rows_quarantined: u64,
    pub problem: Option<String>,
}

impl From<Loaded> for GivenResult {
    fn from(loaded: Loaded) -> Self {
        let mut result = GivenResult {
            batch_id: 0,
            state: "loaded",
            duplicate_of: None,
            rows_in: 0,
            rows_new: 0,
            rows_changed: 0,
            rows_same: 0,
            rows_quarantined: 0,
            problem: None,
        };
        match loaded {
            Loaded::Batch(c) => {
                result.batch_id = c.batch;
                (result.rows_in, result.rows_new, result.rows_changed) =
                    (c.rows_in, c.rows_new, c.rows_changed);
                (result.rows_same, result.rows_quarantined) = (c.rows_same, c.rows_quarantined);
            }
            Loaded::Duplicate(earlier) => {
                (result.batch_id, result.duplicate_of) = (earlier.get(), Some(earlier.get()));
            }
            Loaded::WaitingLayout(batch) => (result.batch_id, result.state) = (batch.get(), "waiting_layout"),
            Loaded::Failed(batch, why) => {
                (result.batch_id, result.state, result.problem) = (batch.get(), "failed", Some(why));
            }
        }
        result
    }
}

async fn create_page(
    ctx: Can<IntakeManage>,
    State(app): State<AppState>,
    Json(body): Json<CreatePage>,
) -> Result<Json<GivenResult>> {
    let store = StoreId(body.store_id);
    may_write(&ctx, Some(store))?;
    let entity = Entity::parse(&body.kind)
        .map_err(|flaw| Problem::bad_input("kind", "intake.kind", flaw.zh(), flaw.to_string()))?;
    let page = PaperPage {
        store,
        entity,
        batch_no: body.batch_no.trim().to_owned(),
        page: body.page.trim().to_owned(),
        operator: body.operator.trim().to_owned(),
        lines: body.lines,
    };
    let rows = rows_of_page(&page)?;
    let loaded =
        load_rows(&app.db, app.vault.clone(), app.clock.clone(), page.origin(&ctx.access), rows).await?;
    Ok(Json(loaded.into()))
}
