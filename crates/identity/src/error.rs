//! What can go wrong in this context.

use db::DbError;
use matching::{Contradiction, MatchError};
use web::Problem;

/// Refusals and faults of identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The database, or a sealed value that does not open.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The engine could not run.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// A decision contradicts earlier ones.
    #[error("this contradicts earlier decisions: {0}")]
    Contradiction(#[from] Contradiction),
    /// The same, in words a person understands.
    #[error("{en}")]
    Contradicts {
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// Before the first full run, or after its model's file was lost.
    #[error("no model is at hand: run a full unification first")]
    NoModel,
    /// There is no such pair, or the caller sees neither side.
    #[error("no such review pair")]
    NoSuchPair,
    /// Somebody else was faster, or the records changed.
    #[error("the pair does not wait for a decision any more")]
    PairIsSettled,
    /// There is no such event, or it was not a decision of a person that still stands.
    #[error("nothing to undo")]
    NothingToUndo,
    /// A value or rule that cannot be taken.
    #[error("{en}")]
    BadInput {
        /// Field of the request.
        field: &'static str,
        /// Stable code.
        code: &'static str,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// There is no such person, or he is outside the caller's scope.
    #[error("no such person")]
    NoSuchPerson,
    /// The records named do not belong to the person.
    #[error("record {0} does not belong to this person")]
    ForeignRecord(i64),
    /// Every record was named: nobody would stay.
    #[error("at least one record has to stay with the customer")]
    NobodyStays,
    /// Another run is at work.
    #[error("another unification run is at work")]
    RunInProgress,
    /// A stored model cannot be read.
    #[error("the stored model cannot be read: {0}")]
    BadModel(String),
}

impl From<sqlx::Error> for IdentityError {
    fn from(error: sqlx::Error) -> Self {
        IdentityError::Db(error.into())
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Db(error) => error.into(),
            IdentityError::NoSuchPerson => Problem::not_found(
                "没有这位客户,或不在您的数据范围内",
                "No such customer, or outside your data scope",
            ),
            IdentityError::ForeignRecord(key) => Problem::bad_input(
                "record_keys",
                "identity.foreign_record",
                format!("记录 {key} 不属于这位客户,请刷新页面后重试"),
                format!("Record {key} does not belong to this customer; reload the page"),
            ),
            IdentityError::NobodyStays => Problem::bad_input(
                "record_keys",
                "identity.nobody_stays",
                "不能拆出全部记录,至少保留一条",
                "At least one record has to stay with the customer",
            ),
            IdentityError::RunInProgress => Problem::conflict(
                "identity.run_in_progress",
                "正在统一客户,请稍后再试",
                "A unification run is at work; try again when it is done",
            ),
            IdentityError::Contradiction(contradiction) => {
                let chain: Vec<String> = contradiction.chain.iter().map(ToString::to_string).collect();
                let chain = chain.join(" → ");
                Problem::conflict(
                    "identity.contradiction",
                    format!("与之前的人工决定冲突:{chain}。请先撤销其中一个决定"),
                    format!("This contradicts earlier decisions: {chain}. Revoke one of them first"),
                )
            }
            IdentityError::Contradicts { zh, en } => Problem::conflict("identity.contradiction", zh, en),
            IdentityError::NoModel => Problem::conflict(
                "identity.no_model",
                "还没有统一客户的模型,请先运行一次全量统一",
                "There is no model yet: run a full unification first",
            ),
            IdentityError::NoSuchPair => Problem::not_found(
                "没有这对记录,或不在您的数据范围内",
                "No such pair, or outside your data scope",
            ),
            IdentityError::PairIsSettled => Problem::conflict(
                "identity.pair_settled",
                "这对记录已经有结论,请刷新页面",
                "This pair does not wait for a decision any more; reload the page",
            ),
            IdentityError::NothingToUndo => Problem::conflict(
                "identity.nothing_to_undo",
                "没有可以撤销的人工决定;自动合并请用“拆分”",
                "No decision of a person to undo; take a merge by the machine apart by un-merging it",
            ),
            IdentityError::BadInput { field, code, zh, en } => Problem::bad_input(field, code, zh, en),
            other => Problem::fault(other),
        }
    }
}
