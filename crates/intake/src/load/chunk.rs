//! A chunk of rows through the normaliser, in whatever thread is free: encoded facts, landed cells, defects.

use std::collections::BTreeMap;

use db::Vault;
use kernel::BatchId;
use lake::LandedBlock;

use super::encode::{Buffer, ColumnCounts, Fact, RowHead};
use super::known::Known;
use crate::catalogue::Field;
use crate::facts::{Mark, Table, VehicleFact};
use crate::normalise::{Context, RowFacts, normalise};
use crate::reading::{PendingBlock, Row, RowBlock};
use crate::rules::{DefectClass, Finding, class_of_mark};

/// What the facts already in the database say about one of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Novelty {
    Same,
    Changed,
    New,
}

/// One encoded fact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encoded {
    pub key: i64,
    pub hash: i64,
    pub end: u32,
}

/// Encoded facts of one table.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    pub facts: Vec<Encoded>,
    pub bytes: Vec<u8>,
    /// Facts seen, also those that said nothing new.
    pub seen: u64,
    /// Whether some fact may take the place of a current one; also in rows that are new as a whole, such as a known
    /// customer with another car.
    pub displaces: bool,
    /// Key and row of facts that repeat what is current.
    pub same: Vec<(i64, u32)>,
}

/// A row that was withheld, or for which a repair is proposed.
#[derive(Debug)]
pub(crate) struct Held {
    pub row_no: u32,
    pub store: Option<kernel::StoreId>,
    pub findings: Vec<Finding>,
    pub cells: Vec<String>,
}

/// A wrong VIN that may be known by its plate or engine.
#[derive(Debug)]
pub(crate) struct WrongVin {
    pub row_no: u32,
    pub store: Option<kernel::StoreId>,
    pub raw: String,
    pub plate: Option<String>,
    pub engine_no: String,
    pub cells: Vec<String>,
}

/// Everything a chunk yields.
pub(crate) struct Chunk {
    pub staged: [Staged; 10],
    pub landed: LandedBlock,
    pub rows: u32,
    pub blank: u32,
    pub new: u32,
    pub same: u32,
    /// Keys whose content changed, row by row; whether they really did is known when the batch ends.
    pub changed: Vec<Vec<(Table, i64)>>,
    pub held: Vec<Held>,
    pub wrong_vins: Vec<WrongVin>,
    pub defects: BTreeMap<(DefectClass, String), u32>,
    pub mixed_encoding: u32,
}

/// What all chunks of a batch share.
pub(crate) struct ChunkJob<'a> {
    pub context: Context<'a>,
    pub batch: BatchId,
    pub vault: &'a Vault,
    pub known: &'a Known,
    pub counts: ColumnCounts,
    /// Fields with a normalised column in the landed file, in their order.
    pub landed_fields: Vec<Field>,
}

pub(crate) fn run(job: &ChunkJob<'_>, block: PendingBlock) -> Chunk {
    let block = block.decode();
    let width = job.context.width;
    let mut chunk = Chunk {
        staged: Default::default(),
        landed: LandedBlock::new(width + job.landed_fields.len(), block.len()),
        rows: 0,
        blank: 0,
        new: 0,
        same: 0,
        changed: Vec::new(),
        held: Vec::new(),
        wrong_vins: Vec::new(),
        defects: BTreeMap::new(),
        mixed_encoding: 0,
    };
    let mut buffers: Vec<Buffer<'_>> = Table::ALL.iter().map(|_| Buffer::new(job.vault)).collect();
    for index in 0..block.len() {
        one_row(job, &block, index, &mut chunk, &mut buffers);
    }
    for (staged, buffer) in chunk.staged.iter_mut().zip(buffers) {
        staged.bytes = buffer.bytes;
    }
    chunk
}

fn one_row(
    job: &ChunkJob<'_>,
    block: &RowBlock,
    index: usize,
    chunk: &mut Chunk,
    buffers: &mut [Buffer<'_>],
) {
    let row = block.row(index);
    if row.is_blank() {
        chunk.blank += 1;
        return;
    }
    let Some(mut facts) = normalise(&job.context, row, block.notes_of(index)) else {
        chunk.blank += 1;
        return;
    };
    chunk.rows += 1;
    chunk.mixed_encoding +=
        u32::from(block.notes_of(index).any(|n| n == crate::reading::RowNote::OtherEncoding));
    count_defects(chunk, &facts);
    let state = if facts.is_withheld() {
        chunk.held.push(Held {
            row_no: row.no,
            store: facts.store,
            findings: std::mem::take(&mut facts.findings),
            cells: row.to_cells(),
        });
        "quarantined"
    } else {
        let head =
            RowHead { batch: job.batch, row_no: row.no, store: facts.store, source: job.context.source };
        for vehicle in facts.vehicles.iter().filter(|v| wants_repair(v)) {
            chunk.wrong_vins.push(wrong_vin(row, &facts, vehicle));
        }
        match encode_facts(job, &head, &facts, chunk, buffers) {
            Novelty::New => {
                chunk.new += 1;
                "linked"
            }
            Novelty::Changed => "linked",
            Novelty::Same => {
                chunk.same += 1;
                "same"
            }
        }
    };
    land(job, row, &facts, state, chunk);
}

fn wants_repair(vehicle: &VehicleFact) -> bool {
    use kernel::Flag;
    matches!(vehicle.vin_flag, Flag::CheckFailed | Flag::BadFormat)
        && vehicle.vin_raw.len() >= 15
        && (vehicle.plate.is_some() || !vehicle.engine_no.is_empty())
}

fn wrong_vin(row: Row<'_>, facts: &RowFacts, vehicle: &VehicleFact) -> WrongVin {
    WrongVin {
        row_no: row.no,
        store: facts.store,
        raw: vehicle.vin_raw.clone(),
        plate: vehicle.plate.clone(),
        engine_no: vehicle.engine_no.clone(),
        cells: row.to_cells(),
    }
}

fn count_defects(chunk: &mut Chunk, facts: &RowFacts) {
    for finding in &facts.findings {
        *chunk.defects.entry((finding.rule.class(), finding.rule.code().to_owned())).or_insert(0) += 1;
    }
    for Mark { field, code } in &facts.marks {
        if let Some(class) = class_of_mark(code) {
            *chunk.defects.entry((class, format!("{}:{code}", field.code()))).or_insert(0) += 1;
        }
    }
}

fn encode_facts(
    job: &ChunkJob<'_>,
    head: &RowHead,
    facts: &RowFacts,
    chunk: &mut Chunk,
    buffers: &mut [Buffer<'_>],
) -> Novelty {
    let mut changed = Vec::new();
    let mut row = RowEncoder {
        job,
        head,
        staged: &mut chunk.staged,
        buffers,
        changed: &mut changed,
        most: Novelty::Same,
    };
    facts.parties.iter().for_each(|f| row.put(f));
    facts.vehicles.iter().for_each(|f| row.put(f));
    facts.ownerships.iter().for_each(|f| row.put(f));
    facts.sale.iter().for_each(|f| row.put(f));
    facts.order.iter().for_each(|f| row.put(f));
    facts.item.iter().for_each(|f| row.put(f));
    facts.policy.iter().for_each(|f| row.put(f));
    facts.deal.iter().for_each(|f| row.put(f));
    facts.lead.iter().for_each(|f| row.put(f));
    facts.employee.iter().for_each(|f| row.put(f));
    let most = row.most;
    if most == Novelty::Changed {
        chunk.changed.push(changed);
    }
    most
}

struct RowEncoder<'a, 'j, 'v> {
    job: &'a ChunkJob<'j>,
    head: &'a RowHead,
    staged: &'a mut [Staged; 10],
    buffers: &'a mut [Buffer<'v>],
    changed: &'a mut Vec<(Table, i64)>,
    most: Novelty,
}

impl RowEncoder<'_, '_, '_> {
    fn put<F: Fact>(&mut self, fact: &F) {
        let table = F::TABLE;
        let key = fact.head().key.get();
        let staged = &mut self.staged[table as usize];
        // The header of a repair order stands on every one of its lines.
        let again = staged.facts.last().filter(|last| last.key == key).map(|last| last.hash);
        staged.seen += u64::from(again.is_none());
        let hash = fact.hash();
        let novelty = self.job.known.compare(table, key, hash);
        self.most = self.most.max(novelty);
        if novelty == Novelty::Changed {
            staged.displaces = true;
            self.changed.push((table, key));
        }
        if novelty == Novelty::Same {
            staged.same.push((key, self.head.row_no));
            return;
        }
        if again == Some(hash) {
            return;
        }
        let buffer = &mut self.buffers[table as usize];
        buffer.row(self.head, fact, hash, &self.job.counts);
        staged.facts.push(Encoded { key, hash, end: buffer.bytes.len() as u32 });
    }
}

/// The row as it came in, its normalised values where they differ, its flags, and what became of it.
fn land(job: &ChunkJob<'_>, row: Row<'_>, facts: &RowFacts, state: &str, chunk: &mut Chunk) {
    let landed = &mut chunk.landed;
    landed.row_nos.push(row.no);
    landed.states.push(state);
    let mut flags = String::new();
    for mark in &facts.marks {
        if !flags.is_empty() {
            flags.push(' ');
        }
        flags.push_str(mark.field.code());
        flags.push(':');
        flags.push_str(mark.code);
    }
    landed.flags.push(&flags);
    let width = job.context.width;
    for column in 0..width {
        landed.cells[column].push(row.raw_cell(column));
    }
    let mut values: Vec<Option<&str>> = vec![None; job.landed_fields.len()];
    for (field, value) in &facts.normalised {
        if let Some(at) = job.landed_fields.iter().position(|f| f == field) {
            values[at] = Some(value);
        }
    }
    for (at, value) in values.into_iter().enumerate() {
        match value {
            Some(value) => landed.cells[width + at].push(value),
            None => landed.cells[width + at].push_null(),
        }
    }
}
