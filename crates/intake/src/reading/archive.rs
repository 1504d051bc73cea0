//! Zip archives of exports, unpacked member by member into a spool folder.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::fault::ReadFault;
use super::limits::Limits;
use super::workbook::measure;

/// A member that was unpacked.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name inside the archive, for screens.
    pub name: String,
    /// Where it was unpacked to.
    pub path: PathBuf,
}

/// Unpacks the members with a known extension. Names come from the archive and are never used as paths.
pub fn unpack(path: &Path, spool: &Path, limits: &Limits) -> Result<Vec<Member>, ReadFault> {
    measure(path, "zip", limits)?;
    let file = File::open(path).map_err(|source| ReadFault::Io { path: path.to_owned(), source })?;
    let broken = |e: &dyn std::fmt::Display| ReadFault::Damaged { what: "zip", detail: e.to_string() };
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|e| broken(&e))?;
    std::fs::create_dir_all(spool)?;
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|e| broken(&e))?;
        let name = member_name(member.name_raw());
        let extension = Path::new(&name).extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let wanted = extension.filter(|e| ["csv", "tsv", "txt", "xls", "xlsx"].contains(&e.as_str()));
        let Some(extension) = wanted.filter(|_| !member.is_dir() && !name.starts_with("__MACOSX")) else {
            continue;
        };
        let to = spool.join(format!("member-{index:05}.{extension}"));
        let mut out = File::create(&to).map_err(|source| ReadFault::Io { path: to.clone(), source })?;
        std::io::copy(&mut member, &mut out).map_err(|e| broken(&e))?;
        members.push(Member { name, path: to });
    }
    if members.is_empty() {
        return Err(ReadFault::Empty);
    }
    Ok(members)
}

/// Chinese Windows writes member names in GBK without saying so.
fn member_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(raw).0.into_owned(),
    }
}
