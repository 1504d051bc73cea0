//! Uploads in the console: streamed to disk, bounded, then loaded.

use aide::axum::routing::post_with;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use kernel::StoreId;
use kernel::vocab::{Entity, Source};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use web::permission::IntakeManage;
use web::{AppState, Can, Ctx, Json, Problem, Result, Routes};

use crate::import::{entity_of, load_file, period_of};
use crate::load::{Loaded, Loader, Origin, Way};

/// Largest file that may be uploaded.
const UPLOAD_MAX: usize = 2 << 30;

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/uploads",
            post_with(create_upload, |op| {
                op.id("create_upload")
                    .tag("intake")
                    .summary("Upload an export: csv, tsv, xls, xlsx or a zip of them")
            }),
        )
        .layer(DefaultBodyLimit::max(UPLOAD_MAX))
}

/// What became of an upload.
#[derive(Debug, Serialize, JsonSchema)]
struct UploadResult {
    batches: Vec<UploadedBatch>,
}

/// One table of it.
#[derive(Debug, Serialize, JsonSchema)]
struct UploadedBatch {
    batch_id: i64,
    file_name: String,
    state: String,
    /// The batch that had brought the same rows before.
    duplicate_of: Option<i64>,
    problem: Option<String>,
}

/// A file that has arrived.
struct Arrived {
    path: tempfile::TempPath,
    name: String,
    sha256: [u8; 32],
    bytes: u64,
}

async fn create_upload(
    ctx: Can<IntakeManage>,
    State(app): State<AppState>,
    mut form: Multipart,
) -> Result<Json<UploadResult>> {
    let broken = |e: axum::extract::multipart::MultipartError| {
        Problem::new(
            e.status(),
            "request.bad_upload",
            "上传不完整或文件过大",
            format!("Bad upload: {}", e.body_text()),
        )
    };
    let (mut arrived, mut store, mut source, mut entity) = (None, None, None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("file") => arrived = Some(receive(&app, field).await?),
            Some("store_id") => {
                let text = field.text().await.map_err(broken)?;
                store = text.trim().parse::<i32>().ok().map(StoreId);
            }
            Some("source") => source = Source::parse(&field.text().await.map_err(broken)?).ok(),
            Some("kind") => entity = Entity::parse(&field.text().await.map_err(broken)?).ok(),
            _ => {}
        }
    }
    let arrived = arrived
        .ok_or_else(|| Problem::bad_input("file", "request.no_file", "请选择文件", "Choose a file"))?;
    may_write(&ctx, store)?;
    let source =
        source.ok_or_else(|| Problem::from(crate::IntakeError::from(crate::Refusal::SourceNeeded)))?;
    let origin = Origin {
        store,
        source,
        entity: entity.or_else(|| entity_of(&arrived.name)),
        way: Way::Upload,
        period_on: period_of(&arrived.name),
        file_name: arrived.name.clone(),
        sha256: arrived.sha256,
        bytes: arrived.bytes,
        user: Some(ctx.user_id),
        kept_path: None,
    };
    let mut loader = Loader::new(&app.db, app.vault.clone(), app.clock.clone()).await?;
    let outcomes = load_file(&mut loader, &origin, &arrived.path).await?;
    Ok(Json(UploadResult {
        batches: outcomes.into_iter().map(|(name, loaded)| uploaded(name, loaded)).collect(),
    }))
}

/// Only who has the store may bring something into it; what belongs to no store is the group's.
pub(crate) fn may_write(ctx: &Ctx, store: Option<StoreId>) -> Result<()> {
    let allowed = match store {
        Some(store) => ctx.access.stores.contains(&store),
        None => ctx.access.group,
    };
    if allowed {
        return Ok(());
    }
    Err(Problem::bad_input(
        "store_id",
        "intake.store_needed",
        "请选择您负责的门店",
        "Choose a store of yours",
    ))
}

async fn receive(app: &AppState, mut field: axum::extract::multipart::Field<'_>) -> Result<Arrived> {
    let name: String = field.file_name().unwrap_or("upload.csv").chars().take(200).collect();
    let folder = app.data_dir.join("inbox");
    tokio::fs::create_dir_all(&folder).await.map_err(Problem::fault)?;
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    let known = ["csv", "tsv", "txt", "xls", "xlsx", "zip"].contains(&extension.as_str());
    let suffix = if known { format!(".{extension}") } else { ".unknown".to_owned() };
    let (file, path) = tempfile::Builder::new()
        .prefix("upload-")
        .suffix(&suffix)
        .tempfile_in(&folder)
        .map_err(Problem::fault)?
        .into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let (mut hash, mut bytes) = (Sha256::new(), 0u64);
    while let Some(chunk) = field.chunk().await.map_err(|e| {
        Problem::new(
            e.status(),
            "request.bad_upload",
            "上传中断或文件过大",
            format!("Bad upload: {}", e.body_text()),
        )
    })? {
        hash.update(&chunk);
        bytes += chunk.len() as u64;
        file.write_all(&chunk).await.map_err(Problem::fault)?;
    }
    file.flush().await.map_err(Problem::fault)?;
    Ok(Arrived { path, name, sha256: hash.finalize().into(), bytes })
}

fn uploaded(file_name: String, loaded: Loaded) -> UploadedBatch {
    let (batch_id, state, duplicate_of, problem) = match loaded {
        Loaded::Batch(counts) => (counts.batch, "loaded", None, None),
        Loaded::Duplicate(earlier) => (earlier.get(), "loaded", Some(earlier.get()), None),
        Loaded::WaitingLayout(batch) => (batch.get(), "waiting_layout", None, None),
        Loaded::Failed(batch, why) => (batch.get(), "failed", None, Some(why)),
    };
    UploadedBatch { batch_id, file_name, state: state.to_owned(), duplicate_of, problem }
}
