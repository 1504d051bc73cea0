//! The workbook of the organisation: sent, listed, its bad rows and its one-time passwords fetched.

use aide::axum::routing::{get_with, post_with};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use db::Field;
use kernel::clock::shanghai_time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::export::{Cell, xlsx};
use web::permission::OrgManage;
use web::{AppState, Can, Ctx, Json, Order, Page, PageQuery, Path, Problem, Query, Result, Routes};

use crate::error::OrgError;
use crate::rules::GrantRefusal;
use crate::trace::trace;
use crate::users::rights_of_caller;
use crate::workbook::{Importer, NewAccount, OrgImportReport, OrgWorkbook, import_org};

/// Largest workbook taken, in bytes.
const UPLOAD_MAX: usize = 32 * 1024 * 1024;

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/org-imports",
            post_with(create_org_import, |op| {
                op.id("create_org_import")
                    .tag("org")
                    .summary("Take in the workbook of the organisation; dry_run=true only checks it")
            })
            .get_with(list_org_imports, |op| op.id("list_org_imports").tag("org").summary("Earlier imports")),
        )
        .api_route(
            "/api/org-imports/{import_id}/error-file",
            get_with(get_error_file, |op| {
                op.id("get_org_import_error_file")
                    .tag("org")
                    .summary("The bad rows as xlsx, to mend and send again")
            }),
        )
        .api_route(
            "/api/org-imports/{import_id}/activation-lists",
            post_with(take_activation_list, |op| {
                op.id("take_activation_list")
                    .tag("org")
                    .summary("The one-time passwords as xlsx; can be taken once")
            }),
        )
        .layer(DefaultBodyLimit::max(UPLOAD_MAX))
}

/// A workbook speaks of the whole group, so only who has the whole group sends one.
fn require_group(ctx: &Ctx) -> Result<()> {
    if ctx.access.group { Ok(()) } else { Err(OrgError::Grant(GrantRefusal::Group).into()) }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ImportOptions {
    /// Check only.
    #[serde(default)]
    dry_run: bool,
}

async fn create_org_import(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Query(options): Query<ImportOptions>,
    form: Multipart,
) -> Result<Json<OrgImportReport>> {
    require_group(&ctx)?;
    let (file_name, bytes) = file_of(form).await?;
    let workbook = OrgWorkbook { file_name, bytes, dry_run: options.dry_run };
    let importer = Importer::Person(rights_of_caller(&ctx));
    let report = import_org(&app.db, &app.vault, ctx.now, &importer, workbook).await?;
    Ok(Json(report.without_secrets()))
}

async fn file_of(mut form: Multipart) -> Result<(String, Vec<u8>)> {
    let broken = |error: axum::extract::multipart::MultipartError| {
        Problem::new(
            error.status(),
            "request.bad_upload",
            "上传不完整或文件过大",
            format!("Bad upload: {}", error.body_text()),
        )
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or("organisation.xlsx").chars().take(200).collect();
            return Ok((name, field.bytes().await.map_err(broken)?.to_vec()));
        }
    }
    Err(Problem::bad_input("file", "request.no_file", "请选择文件", "Choose a file"))
}

/// An earlier import.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
struct ImportView {
    /// Its number.
    import_id: i32,
    /// Name of the file.
    file_name: String,
    /// When.
    imported_at: String,
    /// By whom; none = the house itself.
    imported_by: Option<String>,
    /// Time taken in milliseconds.
    took_ms: i32,
    /// Errors found.
    error_count: i32,
    /// One-time passwords wait to be fetched.
    has_activation_list: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ImportFilter {
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
}

async fn list_org_imports(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Query(filter): Query<ImportFilter>,
) -> Result<Json<Page<ImportView>>> {
    require_group(&ctx)?;
    let wanted = PageQuery { page: filter.page, size: filter.size, sort: filter.sort, order: filter.order };
    let cut = wanted.checked(&[("import_id", "import_id")])?;
    let mut tx = app.db.system_for(ctx.user_id).await?;
    let rows = sqlx::query_as(
        r#"SELECT org_import_id AS import_id, file_name, duration_ms AS took_ms, error_count,
                  to_char(imported_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS imported_at,
                  app_user.display_name AS imported_by, activation_sealed IS NOT NULL AS has_activation_list
           FROM org_import
           LEFT JOIN app_user ON app_user.user_id = org_import.imported_by
           ORDER BY org_import_id DESC
           LIMIT $1 OFFSET $2"#,
    )
    .bind(cut.limit)
    .bind(cut.offset)
    .fetch_all(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    let total = sqlx::query_scalar("SELECT count(*) FROM org_import")
        .fetch_one(&mut *tx)
        .await
        .map_err(OrgError::from)?;
    Ok(Json(Page::new(rows, total, &cut)))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ImportPath {
    /// The import.
    import_id: i32,
}

async fn get_error_file(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Path(path): Path<ImportPath>,
) -> Result<Response> {
    require_group(&ctx)?;
    let mut tx = app.db.system_for(ctx.user_id).await?;
    let file: Option<Option<Vec<u8>>> =
        sqlx::query_scalar("SELECT error_file FROM org_import WHERE org_import_id = $1")
            .bind(path.import_id)
            .fetch_optional(&mut *tx)
            .await
            .map_err(OrgError::from)?;
    let file = file.flatten().ok_or(OrgError::NotFound)?;
    trace(&mut tx, "fetch_error_file", "org_import", &path.import_id.to_string(), None, json!({})).await?;
    tx.commit().await?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let disposition = format!("attachment; filename=\"organisation-errors-{}.xlsx\"", path.import_id);
    let mut response = file.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(&disposition).map_err(Problem::fault)?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

async fn take_activation_list(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Path(path): Path<ImportPath>,
) -> Result<Response> {
    require_group(&ctx)?;
    let mut tx = app.db.system_for(ctx.user_id).await?;
    // Only who sent the workbook gets the passwords: the accounts were measured against his rights.
    let sealed: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT activation_sealed FROM org_import
         WHERE org_import_id = $1 AND imported_by = $2 AND activation_sealed IS NOT NULL
         FOR UPDATE",
    )
    .bind(path.import_id)
    .bind(ctx.user_id.get())
    .fetch_optional(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    let sealed = sealed.ok_or(OrgError::NotFound)?;
    let list = app.vault.open(Field::Secret, &sealed)?;
    let accounts: Vec<NewAccount> = serde_json::from_str(&list).map_err(Problem::fault)?;
    sqlx::query("UPDATE org_import SET activation_sealed = NULL WHERE org_import_id = $1")
        .bind(path.import_id)
        .execute(&mut *tx)
        .await
        .map_err(OrgError::from)?;
    let detail = json!({ "accounts": accounts.len() });
    trace(&mut tx, "take_activation_list", "org_import", &path.import_id.to_string(), None, detail).await?;
    tx.commit().await?;
    let cells: Vec<Vec<Cell>> = accounts
        .iter()
        .map(|account| {
            let fields = [
                &account.store_name,
                &account.employee_code,
                &account.name,
                &account.user_name,
                &account.password,
            ];
            fields.into_iter().map(|text| Cell::from(text.as_str())).collect()
        })
        .collect();
    let watermark = format!("{} {}", ctx.user_name, shanghai_time(ctx.now).strftime("%Y-%m-%d %H:%M"));
    xlsx("activation-list", &["门店", "工号", "姓名", "登录账号", "初始密码"], &cells, &watermark)
}
