//! What was generated: one entry per export file, with its fingerprint.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::SynthError;

/// One export file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path relative to the output folder, with `/`.
    pub path: String,
    /// Code of the store that exported it.
    pub store_code: String,
    /// System: dms, erp, insurance, used_car, wecom, hr or paper.
    pub source: String,
    /// Kind of file within the system, such as `repair_order`.
    pub kind: String,
    /// Id of the layout it is written in.
    pub layout: String,
    /// Year, quarter or month.
    pub period: String,
    /// csv, xlsx or xls.
    pub format: String,
    /// gbk, utf-8-bom, utf-8 (xlsx) or utf-16le (xls).
    pub encoding: String,
    /// Physical row of the header, from 1.
    pub header_row: u32,
    /// Data rows under it, a closing line of totals not counted.
    pub rows: u32,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
}

/// The whole output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Preset, as on the command line.
    pub preset: String,
    /// Master seed.
    pub seed: u64,
    /// The day after the last exported event.
    pub today: String,
    /// Files in order of store, system, kind and time.
    pub files: Vec<FileEntry>,
    /// Rows of the truth tables by name.
    pub truth: Vec<(String, u64)>,
}

impl Manifest {
    /// Data rows of all files of a kind, such as `dms`, `repair_order`.
    pub fn rows(&self, source: &str, kind: &str) -> u64 {
        self.files.iter().filter(|f| f.source == source && f.kind == kind).map(|f| u64::from(f.rows)).sum()
    }

    /// Reads the manifest of a finished output folder; `None` when there is none.
    ///
    /// # Errors
    /// The file exists and is not a manifest.
    pub fn read(folder: &Path) -> Result<Option<Self>, SynthError> {
        let path = folder.join("manifest.json");
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(SynthError::file(&path, e)),
        }
    }

    /// Writes `manifest.csv` and then `manifest.json`, whose presence means "finished".
    pub(crate) fn write(&self, folder: &Path) -> Result<(), SynthError> {
        let mut text = String::from(
            "path,store_code,source,kind,layout,period,format,encoding,header_row,rows,bytes,sha256\n",
        );
        for f in &self.files {
            let cells =
                [&f.path, &f.store_code, &f.source, &f.kind, &f.layout, &f.period, &f.format, &f.encoding];
            for cell in cells {
                text.push_str(cell);
                text.push(',');
            }
            text.push_str(&format!("{},{},{},{}\n", f.header_row, f.rows, f.bytes, f.sha256));
        }
        let csv = folder.join("manifest.csv");
        std::fs::write(&csv, text).map_err(|e| SynthError::file(&csv, e))?;
        let part = folder.join("manifest.json.part");
        std::fs::write(&part, serde_json::to_vec_pretty(self)?).map_err(|e| SynthError::file(&part, e))?;
        let json = folder.join("manifest.json");
        std::fs::rename(&part, &json).map_err(|e| SynthError::file(&json, e))
    }
}
