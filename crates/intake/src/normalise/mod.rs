//! From a row of cells to facts: pure, the same input always gives the same facts.

mod cells;
mod forms;
mod party;
mod vehicle;
mod words;

pub(crate) use cells::Cells;
pub(crate) use preview::preview_row;
pub use preview::{NormalisedCell, preview_cell};
pub(crate) use words::BrandIndex;

mod preview;

use std::collections::HashMap;

use jiff::civil::Date;
use kernel::vocab::{Entity, Source};
use kernel::{RecordKey, StoreId};

use crate::catalogue::Field;
use crate::facts::*;
use crate::mapping::Mapping;
use crate::reading::{Row, RowNote};
use crate::rules::{Finding, Rule};

/// What the normaliser has to know beside the row.
pub(crate) struct Context<'a> {
    /// The store of the file, when the file belongs to one.
    pub store: Option<StoreId>,
    pub source: Source,
    pub mapping: &'a Mapping,
    /// Stores by folded code and name, for files that name the store in a column.
    pub stores: &'a HashMap<String, StoreId>,
    pub brands: &'a BrandIndex,
    /// Columns of the header; filled cells beyond it mean a shifted row.
    pub width: usize,
}

/// Everything a row said.
#[derive(Debug, Default)]
pub(crate) struct RowFacts {
    pub store: Option<StoreId>,
    pub parties: Vec<PartyFact>,
    pub vehicles: Vec<VehicleFact>,
    pub ownerships: Vec<OwnershipFact>,
    pub sale: Option<SaleFact>,
    pub order: Option<OrderFact>,
    pub item: Option<ItemFact>,
    pub policy: Option<PolicyFact>,
    pub deal: Option<DealFact>,
    pub lead: Option<LeadFact>,
    pub employee: Option<EmployeeFact>,
    pub marks: Vec<Mark>,
    pub normalised: Vec<(Field, String)>,
    pub findings: Vec<Finding>,
}

impl RowFacts {
    /// True if the row must not be linked.
    pub(crate) fn is_withheld(&self) -> bool {
        self.findings.iter().any(|f| f.rule.withholds())
    }
}

/// Normalises one row. A total line gives `None`: it is no record.
pub(crate) fn normalise(
    context: &Context<'_>,
    row: Row<'_>,
    notes: impl Iterator<Item = RowNote>,
) -> Option<RowFacts> {
    if is_total(row) {
        return None;
    }
    let mut cells = Cells::new(row, context.mapping);
    let mut facts = RowFacts { store: context.store, ..RowFacts::default() };
    for note in notes {
        if note == RowNote::Undecodable {
            facts.findings.push(Finding::row(Rule::Undecodable));
        }
    }
    if let Some(column) = (context.width..row.width()).find(|c| !row.cell(*c).is_empty()) {
        facts.findings.push(Finding::row(Rule::Shifted).with_text(row.cell(column)));
    }
    resolve_store(context, &mut cells, &mut facts);
    let changed_on = cells.time(Field::ChangedOn).map(|at| at.date());
    let mut draft = Draft { context, cells, facts, changed_on };
    match context.mapping.entity() {
        Entity::Customer | Entity::Vehicle | Entity::Ownership => forms::customer(&mut draft),
        Entity::Sale => forms::sale(&mut draft),
        Entity::RepairOrder | Entity::RepairItem => forms::repair_order(&mut draft),
        Entity::Policy => forms::policy(&mut draft),
        Entity::UsedCarDeal => forms::used_car_deal(&mut draft),
        Entity::Lead => forms::lead(&mut draft),
        Entity::Employee => forms::employee(&mut draft),
    }
    let Draft { cells, mut facts, .. } = draft;
    facts.marks = cells.marks;
    facts.normalised = cells.normalised;
    Some(facts)
}

/// 合计, 总计, 小计 in the first filled cell: a line the system adds below a report.
fn is_total(row: Row<'_>) -> bool {
    let first = (0..row.width().min(3)).map(|c| row.cell(c)).find(|c| !c.is_empty()).unwrap_or("");
    let first = first.trim_end_matches([':', '：']);
    matches!(first.replace(' ', "").as_str(), "合计" | "总计" | "小计" | "本页合计" | "制表人")
}

fn resolve_store(context: &Context<'_>, cells: &mut Cells<'_>, facts: &mut RowFacts) {
    let named = cells.raw(Field::Store);
    if named.is_empty() || context.store.is_some() {
        // The folder decides; a store named beside it is how an export labels itself.
        return;
    }
    match context.stores.get(&kernel::text::fold(named)) {
        Some(store) => facts.store = Some(*store),
        None => facts.findings.push(Finding::cell(Rule::UnknownStore, Field::Store, named)),
    }
}

/// A row on its way to facts.
pub(crate) struct Draft<'a, 'c> {
    pub context: &'c Context<'c>,
    pub cells: Cells<'a>,
    pub facts: RowFacts,
    pub changed_on: Option<Date>,
}

impl Draft<'_, '_> {
    pub(crate) fn key(&self, entity: Entity, source_key: &str) -> RecordKey {
        RecordKey::of(self.facts.store, self.context.source, entity, source_key)
    }

    pub(crate) fn head(&self, entity: Entity, source_key: String) -> Head {
        Head {
            key: self.key(entity, &source_key),
            source_key,
            changed_on: self.changed_on,
            marks: Vec::new(),
        }
    }

    /// A key cell. An empty one, or one that a spreadsheet turned into 1.23E+17, withholds the row.
    pub(crate) fn document_no(&mut self, field: Field) -> String {
        let code = self.cells.code(field);
        if is_mangled(&code) {
            self.facts.findings.push(Finding::cell(Rule::MangledNumber, field, &code));
        }
        code
    }

    pub(crate) fn withhold_without_key(&mut self, key: &str, field: Field) {
        if !key.is_empty() {
            return;
        }
        // The column that is named must be one the file has, or nobody finds the cell to fill in: a ledger is keyed
        // by page and line, or by a running number.
        let keyed_by = [field, Field::Page, Field::Seq, Field::ExternalUserid];
        let named = keyed_by.into_iter().find(|field| self.cells.mapping.column(*field).is_some());
        self.facts.findings.push(Finding::cell(Rule::MissingKey, named.unwrap_or(field), ""));
    }
}

/// `1.23E+17`: the number behind it is lost.
fn is_mangled(code: &str) -> bool {
    code.split_once("E+").is_some_and(|(mantissa, exponent)| {
        !mantissa.is_empty()
            && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && !exponent.is_empty()
            && exponent.bytes().all(|b| b.is_ascii_digit())
    })
}
