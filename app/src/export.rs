//! Everything recorded, as a file: CSV for a spreadsheet, JSON for a program. A file is made while
//! it is being sent, class by class and stretch by stretch of their logs, so its length costs no
//! memory; the page that began it shows how far it has come, without a script.

mod csv;
mod format;
mod json;
mod lessons;
mod own;
mod page;
mod progress;
mod routes;
mod stream;
mod tally;
mod writer;

pub use self::page::ExportPage;
pub use self::routes::{export_routes, exports};
