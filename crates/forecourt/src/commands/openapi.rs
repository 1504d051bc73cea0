//! `forecourt openapi`.

use anyhow::Result;

/// Prints the document of this binary.
pub fn run() -> Result<()> {
    println!("{}", serde_json::to_string_pretty(&app::openapi())?);
    Ok(())
}
