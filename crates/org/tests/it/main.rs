//! Organisation and access as people meet it: over HTTP, on a real PostgreSQL.

mod accounts;
mod door;
mod house;
mod scope;
mod workbook;
