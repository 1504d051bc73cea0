//! Which column feeds which field: proposed from the titles, remembered by the fingerprint of the header row.

use std::collections::HashMap;
use std::sync::LazyLock;

use kernel::text::is_han;
use kernel::vocab::{Entity, Source};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::catalogue::{Field, Form};

/// Below this confidence a person has to look at a column.
const SURE: f32 = 0.8;
/// A layout is accepted by itself only if at least this share of its columns is understood.
const UNDERSTOOD: f32 = 0.6;

/// One column of a file and the field it feeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnChoice {
    /// Column, from 0.
    pub position: u16,
    /// Its title.
    pub header: String,
    /// Code of the field; `None` = not imported (but landed, as everything).
    pub field: Option<String>,
    /// `synonym` if proposed from the title, `previous_version` if taken over; `None` if a person chose it.
    pub proposed_by: Option<String>,
    /// 0 to 1.
    pub confidence: Option<f32>,
    /// A few values of the column; personal values are masked.
    #[serde(default)]
    pub samples: Vec<String>,
}

/// Columns by field: what the normalisers read rows with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    entity: Entity,
    columns: Vec<Option<u16>>,
}

impl Mapping {
    /// From saved choices; codes of fields that no longer exist are passed over.
    pub fn of(entity: Entity, choices: &[ColumnChoice]) -> Mapping {
        let mut columns = vec![None; Field::ALL.len()];
        for choice in choices {
            if let Some(field) = choice.field.as_deref().and_then(Field::parse) {
                columns[field as usize] = Some(choice.position);
            }
        }
        Mapping { entity, columns }
    }

    /// The entity a row is, first of all.
    pub fn entity(&self) -> Entity {
        self.entity
    }

    /// The column that feeds a field.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns[field as usize].map(usize::from)
    }

    /// True if a column feeds the field.
    pub fn has(&self, field: Field) -> bool {
        self.columns[field as usize].is_some()
    }

    /// Mapped fields in the order of their columns.
    pub fn fields(&self) -> Vec<(Field, usize)> {
        let mut fields: Vec<(Field, usize)> =
            Field::ALL.iter().filter_map(|f| Some((*f, self.column(*f)?))).collect();
        fields.sort_by_key(|(_, column)| *column);
        fields
    }

    /// Required fields without a column; of alternatives the first is named.
    pub fn missing(&self, source: Source) -> Vec<Field> {
        let required = Form::of(self.entity).required(source);
        required.iter().filter(|any| !any.iter().any(|f| self.has(*f))).map(|any| any[0]).collect()
    }
}

/// What the titles of a file say.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The form they fit best.
    pub form: &'static Form,
    /// A choice a column.
    pub choices: Vec<ColumnChoice>,
    /// Share of the columns that are understood.
    pub understood: f32,
    /// Required fields without a column.
    pub missing: Vec<Field>,
}

impl Proposal {
    /// True if the layout may be used without a person's eye: nothing required is missing, every column that is
    /// understood is understood surely, and most are.
    pub fn is_sure(&self) -> bool {
        let sure = self.choices.iter().all(|c| c.field.is_none() || c.confidence.is_some_and(|c| c >= SURE));
        self.missing.is_empty() && sure && self.understood >= UNDERSTOOD
    }

    /// The mapping of the choices.
    pub fn mapping(&self) -> Mapping {
        Mapping::of(self.form.entity, &self.choices)
    }
}

/// A title without what differs between exports of one system: width, case, blanks, signs.
pub fn fold_title(title: &str) -> String {
    let base = title
        .rsplit_once('#')
        .filter(|(_, n)| n.bytes().all(|b| b.is_ascii_digit()))
        .map_or(title, |(b, _)| b);
    kernel::text::fold(base).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Identifies a layout: the same titles in the same order.
pub fn fingerprint(titles: &[String]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for title in titles {
        hash.update(kernel::text::fold(title).as_bytes());
        hash.update([0x1f]);
    }
    hash.finalize().into()
}

type Index = HashMap<String, Vec<(Field, f32)>>;

/// Folded title to the fields it may mean and how surely, form by form.
static INDEX: LazyLock<Vec<(Entity, Index)>> = LazyLock::new(|| {
    Form::all()
        .into_iter()
        .map(|form| {
            let mut index: Index = HashMap::new();
            for (field, titles) in form.fields {
                for (rank, title) in titles.iter().enumerate() {
                    let confidence = if rank == 0 { 1.0 } else { 0.97 - 0.005 * rank as f32 };
                    index.entry(fold_title(title)).or_default().push((*field, confidence));
                }
            }
            (form.entity, index)
        })
        .collect()
});

fn index_of(entity: Entity) -> Option<&'static Index> {
    INDEX.iter().find(|(e, _)| *e == entity).map(|(_, index)| index)
}

/// True if any form knows the title; tells a header row from titles and notes.
pub fn is_known_title(title: &str) -> bool {
    let folded = fold_title(title);
    !folded.is_empty() && INDEX.iter().any(|(_, index)| !meanings(index, &folded).is_empty())
}

/// Meanings of a folded title: as a whole, or by its Chinese half (`Customer No 客户号`), or by its Latin half.
fn meanings(index: &Index, folded: &str) -> Vec<(Field, f32)> {
    if let Some(found) = index.get(folded) {
        return found.clone();
    }
    let (han, latin): (String, String) = folded.chars().partition(|c| is_han(*c));
    for half in [han, latin] {
        if half.chars().count() >= 2
            && half.len() < folded.len()
            && let Some(found) = index.get(&half)
        {
            return found.iter().map(|(field, confidence)| (*field, confidence * 0.97)).collect();
        }
    }
    Vec::new()
}

/// Proposes a form and a mapping. With a known source only its forms are tried first, because titles such as 状态 and
/// 日期 mean something else in every system.
pub fn propose(titles: &[String], source: Option<Source>, entity: Option<Entity>) -> Option<Proposal> {
    let fits = |form: &&'static Form| match (entity, source) {
        (Some(entity), _) => form.entity == Form::of(entity).entity,
        (None, Some(source)) => form.sources.contains(&source),
        (None, None) => true,
    };
    let candidates: Vec<&'static Form> = Form::all().into_iter().filter(fits).collect();
    let tried = candidates.into_iter().map(|form| propose_for(form, titles, source));
    tried.max_by(|a, b| weight(a).total_cmp(&weight(b)))
}

fn weight(proposal: &Proposal) -> f32 {
    let mapped = proposal.choices.iter().filter_map(|c| c.field.as_ref().and(c.confidence)).sum::<f32>();
    mapped - 6.0 * proposal.missing.len() as f32
}

/// Proposes a mapping onto one form, surest titles first; a field gets one column and a column one field.
pub fn propose_for(form: &'static Form, titles: &[String], source: Option<Source>) -> Proposal {
    let mut candidates: Vec<(f32, usize, Field)> = Vec::new();
    if let Some(index) = index_of(form.entity) {
        for (position, title) in titles.iter().enumerate() {
            for (field, confidence) in meanings(index, &fold_title(title)) {
                candidates.push((confidence, position, field));
            }
        }
    }
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut by_column: Vec<Option<(Field, f32)>> = vec![None; titles.len()];
    for (confidence, position, field) in candidates {
        if by_column[position].is_none() && !by_column.iter().flatten().any(|(f, _)| *f == field) {
            by_column[position] = Some((field, confidence));
        }
    }
    read_in_context(form, titles, &mut by_column);
    let choices: Vec<ColumnChoice> = titles
        .iter()
        .enumerate()
        .map(|(position, header)| ColumnChoice {
            position: position as u16,
            header: header.clone(),
            field: by_column[position].map(|(f, _)| f.code().to_owned()),
            proposed_by: by_column[position].map(|_| "synonym".to_owned()),
            confidence: by_column[position].map(|(_, c)| c),
            samples: Vec::new(),
        })
        .collect();
    let mapped = by_column.iter().flatten().count();
    let missing = source.map_or_else(Vec::new, |s| Mapping::of(form.entity, &choices).missing(s));
    Proposal { form, choices, understood: mapped as f32 / titles.len().max(1) as f32, missing }
}

/// Titles that mean something else when a neighbour is absent.
fn read_in_context(form: &Form, titles: &[String], columns: &mut [Option<(Field, f32)>]) {
    let has = |columns: &[Option<(Field, f32)>], field| columns.iter().flatten().any(|(f, _)| *f == field);
    let mut turn = |from: Field, to: Field| {
        if form.has(to)
            && !has(columns, to)
            && let Some(slot) = columns.iter_mut().flatten().find(|(f, _)| *f == from)
        {
            slot.0 = to;
        }
    };
    // A single phone column is the phone, whatever it is called.
    turn(Field::Phone2, Field::Mobile);
    let items = titles.iter().any(|t| {
        ["项目名称", "明细名称", "作业内容", "项目代码", "编码", "项目编码"]
            .contains(&fold_title(t).trim_start_matches(|c: char| c.is_ascii()))
    });
    if form.entity == Entity::RepairOrder && !items {
        // A ledger with one row a visit: its 工时 is money, its 金额 the whole bill, its 维修项目 what was done.
        turn(Field::Hours, Field::Labour);
        turn(Field::Amount, Field::Paid);
        turn(Field::ItemName, Field::Complaint);
    }
    let series_title =
        titles.iter().any(|t| fold_title(t).contains("车系") || fold_title(t).contains("系列"));
    if !series_title {
        // Without a column for the series, 车型 is the series.
        turn_title(form, titles, columns, "车型", Field::Model, Field::Series);
    }
    second_phone(form, titles, columns);
}

fn turn_title(
    form: &Form,
    titles: &[String],
    columns: &mut [Option<(Field, f32)>],
    title: &str,
    from: Field,
    to: Field,
) {
    for (position, slot) in columns.iter_mut().enumerate() {
        if let Some(slot) = slot
            && slot.0 == from
            && fold_title(&titles[position]) == title
            && form.has(to)
        {
            slot.0 = to;
        }
    }
}

/// A phone title that occurs twice is a phone and a second phone.
fn second_phone(form: &Form, titles: &[String], columns: &mut [Option<(Field, f32)>]) {
    if !form.has(Field::Phone2) || columns.iter().flatten().any(|(f, _)| *f == Field::Phone2) {
        return;
    }
    let Some(index) = index_of(form.entity) else { return };
    for position in 0..columns.len() {
        let is_phone =
            || meanings(index, &fold_title(&titles[position])).iter().any(|(f, _)| *f == Field::Mobile);
        if columns[position].is_none() && is_phone() {
            columns[position] = Some((Field::Phone2, 0.85));
            return;
        }
    }
}

#[cfg(test)]
mod tests;
