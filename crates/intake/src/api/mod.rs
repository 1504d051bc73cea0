//! The routes of this room, one file a resource.

mod batches;
mod feeds;
mod forms;
mod layouts;
pub(crate) mod listing;
mod pulls;
mod pushes;
mod quality;
mod quarantine;
mod uploads;

use web::{Problem, Routes};

use crate::error::{IntakeError, Refusal};

/// Everything under `/api` that belongs to intake.
pub fn routes() -> Routes {
    Routes::new()
        .merge(feeds::routes())
        .merge(batches::routes())
        .merge(uploads::routes())
        .merge(layouts::routes())
        .merge(quarantine::routes())
        .merge(quality::routes())
        .merge(forms::routes())
        .merge(pushes::routes())
        .merge(pulls::routes())
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Db(error) => error.into(),
            IntakeError::Read(fault) => Problem::refused("intake.unreadable", fault.zh(), fault.to_string()),
            IntakeError::NotFound { .. } => Problem::not_found("没有找到", error.to_string()),
            IntakeError::Refused(refusal) => of_refusal(&refusal),
            IntakeError::Lake(_) | IntakeError::Io { .. } | IntakeError::Thread(_) => Problem::fault(error),
        }
    }
}

fn of_refusal(refusal: &Refusal) -> Problem {
    let en = refusal.to_string();
    match refusal {
        Refusal::NotLoaded { .. } => {
            Problem::conflict("intake.batch_not_loaded", "只有已入库的批次可以回滚", en)
        }
        Refusal::Decided(_) => Problem::conflict("intake.row_decided", "这一行已经处理过", en),
        Refusal::NoProposal(_) => {
            Problem::bad_input("value", "intake.value_needed", "没有建议值，请填写正确的值", en)
        }
        Refusal::UnknownStore(code) => {
            Problem::bad_input("store_id", "intake.unknown_store", format!("门店编码 {code} 不存在"), en)
        }
        Refusal::SourceNeeded => Problem::bad_input("source", "intake.source_needed", "请选择来源系统", en),
        Refusal::FieldsMissing(fields) => {
            let zh = format!("以下必填字段还没有对应的列：{}", fields.join("、"));
            Problem::refused("intake.fields_missing", zh, en)
        }
        Refusal::UnknownKey => {
            Problem::new(axum::http::StatusCode::UNAUTHORIZED, "intake.unknown_key", "推送密钥无效", en)
        }
        Refusal::BadRequest(why) => Problem::refused("intake.bad_request", format!("请求有误：{why}"), en),
    }
}
