//! Where the contexts meet: one list of migrations, one router, one worker. Contexts never import
//! one another; whatever one of them needs of another is wired here.

pub mod docs;
pub mod health;
pub mod http;
pub mod migrations;
pub mod observe;
pub mod pages;
pub mod pipeline;
pub mod watched_folder;
pub mod worker;

pub use http::{openapi, router};
pub use migrations::migrate;
