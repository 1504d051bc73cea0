//! Layouts: which columns an export has and what they feed, remembered by the fingerprint of its header row.

use std::collections::HashMap;

use db::Db;
use kernel::vocab::{Entity, Source};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::error::IntakeError;
use crate::load::Origin;
use crate::mapping::{ColumnChoice, Mapping, fingerprint, propose};
use crate::reading::Shape;

/// Number of a layout.
pub type LayoutId = i32;

/// What to do with a file of these titles.
#[derive(Debug, Clone)]
pub(crate) enum LayoutChoice {
    /// Load it.
    Use { layout: LayoutId, mapping: Mapping },
    /// Let it wait for a person.
    Ask { layout: LayoutId, entity: Entity },
}

/// Layouts seen so far, so that the hundredth file of a layout asks nobody.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    seen: HashMap<(Source, Option<Entity>, [u8; 32]), (LayoutId, Mapping)>,
}

#[derive(sqlx::FromRow)]
struct Found {
    layout_id: LayoutId,
    entity: String,
    columns: Json<Vec<ColumnChoice>>,
    state: String,
}

impl Layouts {
    /// The active layout of these titles; a new one is proposed, and used at once if the proposal is sure.
    pub(crate) async fn choose(
        &mut self,
        db: &Db,
        origin: &Origin,
        shape: &Shape,
    ) -> Result<LayoutChoice, IntakeError> {
        let titles = &shape.header.columns;
        let print = fingerprint(titles);
        let asked = (origin.source, origin.entity, print);
        if let Some((layout, mapping)) = self.seen.get(&asked) {
            return Ok(LayoutChoice::Use { layout: *layout, mapping: mapping.clone() });
        }
        let mut tx = db.system().await?;
        let found = find(&mut tx, origin, &print).await?;
        let choice = match found {
            Some(found) => {
                let entity = Entity::parse(&found.entity).unwrap_or(Entity::Customer);
                match found.state.as_str() {
                    "active" => LayoutChoice::Use {
                        layout: found.layout_id,
                        mapping: Mapping::of(entity, &found.columns),
                    },
                    _ => LayoutChoice::Ask { layout: found.layout_id, entity },
                }
            }
            None => propose_layout(&mut tx, origin, shape, &print).await?,
        };
        tx.commit().await?;
        if let LayoutChoice::Use { layout, mapping } = &choice {
            self.seen.insert(asked, (*layout, mapping.clone()));
        }
        Ok(choice)
    }
}

async fn find(
    tx: &mut PgConnection,
    origin: &Origin,
    print: &[u8; 32],
) -> Result<Option<Found>, sqlx::Error> {
    sqlx::query_as(
        "SELECT layout_id, entity, columns, state
         FROM layout
         WHERE source = $1 AND fingerprint = $2 AND state <> 'retired'
           AND (store_id IS NULL OR store_id = $3)
           AND ($4::text IS NULL OR entity = $4)
         ORDER BY store_id NULLS LAST, state, version DESC
         LIMIT 1",
    )
    .bind(origin.source.code())
    .bind(print.as_slice())
    .bind(origin.store.map(|s| s.get()))
    .bind(origin.entity.map(|e| e.code()))
    .fetch_optional(tx)
    .await
}

async fn propose_layout(
    tx: &mut PgConnection,
    origin: &Origin,
    shape: &Shape,
    print: &[u8; 32],
) -> Result<LayoutChoice, IntakeError> {
    let titles = &shape.header.columns;
    let proposal = propose(titles, Some(origin.source), origin.entity)
        // A file of a source whose forms it does not fit at all still gets a mapping to begin with.
        .or_else(|| propose(titles, None, origin.entity));
    let (entity, choices, sure) = match &proposal {
        Some(p) => (p.form.entity, p.choices.clone(), p.is_sure()),
        None => (origin.entity.unwrap_or(Entity::Customer), Vec::new(), false),
    };
    let name = format!("{} {}", origin.source.zh(), proposal.as_ref().map_or(entity.zh(), |p| p.form.zh));
    let layout: LayoutId = sqlx::query_scalar(
        "INSERT INTO layout (source, entity, store_id, fingerprint, titles, columns, shape, name, version, state)
         VALUES ($1, $2, NULL, $3, $4, $5, $6, $7,
                 1 + (SELECT COALESCE(max(version), 0) FROM layout WHERE source = $1 AND entity = $2), $8)
         ON CONFLICT (source, entity, store_id, fingerprint) DO UPDATE SET updated_at = layout.updated_at
         RETURNING layout_id",
    )
    .bind(origin.source.code())
    .bind(entity.code())
    .bind(print.as_slice())
    .bind(titles)
    .bind(Json(&choices))
    .bind(Json(json!({
        "format": shape.format,
        "encoding": shape.encoding,
        "delimiter": shape.delimiter.map(String::from),
        "header_row": shape.header.row_no,
    })))
    .bind(name)
    .bind(if sure { "active" } else { "draft" })
    .fetch_one(tx)
    .await?;
    Ok(if sure {
        LayoutChoice::Use { layout, mapping: Mapping::of(entity, &choices) }
    } else {
        LayoutChoice::Ask { layout, entity }
    })
}
