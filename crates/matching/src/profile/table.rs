//! Reads the files of a profile into columns of interned values, and writes the clusters.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::{Profile, ProfileError};
use crate::Clusters;

/// One column: every distinct value once. Value 0 is "unknown".
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub values: Vec<String>,
    pub counts: Vec<u32>,
    pub rows: Vec<u32>,
    seen: FxHashMap<String, u32>,
}

impl Column {
    fn new() -> Self {
        Column { values: vec![String::new()], counts: vec![0], rows: Vec::new(), seen: FxHashMap::default() }
    }

    fn push(&mut self, raw: &str) {
        let value = fold(raw);
        let number = if value.is_empty() {
            0
        } else if let Some(&known) = self.seen.get(&value) {
            known
        } else {
            let next = self.values.len() as u32;
            self.values.push(value.clone());
            self.counts.push(0);
            self.seen.insert(value, next);
            next
        };
        self.counts[number as usize] += 1;
        self.rows.push(number);
    }

    pub fn text(&self, row: u32) -> &str {
        &self.values[self.rows[row as usize] as usize]
    }
}

/// Lower case, single blanks.
fn fold(raw: &str) -> String {
    raw.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// All records.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub columns: FxHashMap<String, Column>,
    pub ids: Vec<String>,
    pub sources: Vec<u32>,
    pub source_names: Vec<String>,
    pub truth: Option<Vec<u32>>,
}

impl Table {
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn column(&self, name: &str) -> Result<&Column, ProfileError> {
        self.columns.get(name).ok_or_else(|| ProfileError::Nonsense(format!("column {name:?} was not read")))
    }
}

/// Numbers for names in order of appearance.
#[derive(Default)]
struct Numbers {
    of: FxHashMap<String, u32>,
    names: Vec<String>,
}

impl Numbers {
    fn of(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.of.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.of.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }
}

pub(super) fn read(profile: &Profile, inputs: &[PathBuf]) -> Result<Table, ProfileError> {
    let names = profile.columns();
    let mut columns: Vec<Column> = names.iter().map(|_| Column::new()).collect();
    let (mut ids, mut sources, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    let (mut source_numbers, mut truth_numbers) = (Numbers::default(), Numbers::default());
    for path in inputs {
        let csv_error = |error| ProfileError::Csv { path: path.clone(), error };
        let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(csv_error)?;
        let header = file.headers().map_err(csv_error)?.clone();
        let find = |name: &String| place(&header, name, path);
        let places = names.iter().map(find).collect::<Result<Vec<usize>, _>>()?;
        let id = profile.id.as_ref().map(find).transpose()?;
        let source = profile.source.as_ref().map(find).transpose()?;
        let right = profile.truth.as_ref().map(|truth| find(&truth.column)).transpose()?;
        let stem =
            path.file_stem().map_or_else(|| "file".to_owned(), |stem| stem.to_string_lossy().into_owned());
        for row in file.records() {
            let row = row.map_err(csv_error)?;
            let cell = |at: usize| row.get(at).unwrap_or("");
            columns.iter_mut().zip(&places).for_each(|(column, &at)| column.push(cell(at)));
            ids.push(id.map_or_else(|| (ids.len() + 1).to_string(), |at| cell(at).to_owned()));
            sources.push(source_numbers.of(source.map_or(stem.as_str(), cell)));
            if let (Some(at), Some(truth_column)) = (right, &profile.truth) {
                let value = cell(at);
                let part = match truth_column.split {
                    Some(sign) => value.split(sign).nth(truth_column.part).unwrap_or(value),
                    None => value,
                };
                truth.push(truth_numbers.of(part));
            }
        }
    }
    Ok(Table {
        columns: names.into_iter().zip(columns).collect(),
        ids,
        sources,
        source_names: source_numbers.names,
        truth: profile.truth.is_some().then_some(truth),
    })
}

fn place(header: &csv::StringRecord, name: &str, path: &Path) -> Result<usize, ProfileError> {
    header.iter().position(|column| column == name).ok_or_else(|| ProfileError::NoColumn {
        path: path.to_owned(),
        column: name.to_owned(),
        present: header.iter().collect::<Vec<_>>().join(", "),
    })
}

pub(super) fn write(table: &Table, clusters: &Clusters, out: &Path) -> Result<(), ProfileError> {
    let csv_error = |error| ProfileError::Csv { path: out.to_owned(), error };
    let mut file = csv::Writer::from_path(out).map_err(csv_error)?;
    file.write_record(["cluster", "source", "id"]).map_err(csv_error)?;
    for (row, id) in table.ids.iter().enumerate() {
        let cluster = clusters.of(row as u32).to_string();
        let source = &table.source_names[table.sources[row] as usize];
        file.write_record([cluster.as_str(), source, id]).map_err(csv_error)?;
    }
    file.flush().map_err(|error| ProfileError::File { path: out.to_owned(), error })
}
