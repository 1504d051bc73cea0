//! One cell, raw and normalised side by side, for the mapping editor.

use kernel::{Address, Flag, Gender, IdCard, IdFlaw, PartyName, Plate, Uscc, Vin};

use super::party::name_text;
use super::words;
use crate::catalogue::{Field, FieldKind};

/// What a cell becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalisedCell {
    /// The normalised value; `None` if nothing usable stands there.
    pub value: Option<String>,
    /// Why it is not plain good.
    pub flag: Flag,
}

/// Normalises one cell for the eye. The same readers as for facts, written out as text.
pub fn preview_cell(field: Field, raw: &str) -> NormalisedCell {
    let raw = raw.trim();
    let cell = |value: Option<String>, flag| NormalisedCell { value, flag };
    if raw.is_empty() {
        return cell(None, Flag::Missing);
    }
    match field.kind() {
        FieldKind::Phone => {
            let found = kernel::parse_phones(raw);
            let first = found.iter().find(|p| p.value.is_some_and(|v| v.is_key())).or(found.first());
            first.map_or(cell(None, Flag::Missing), |p| cell(p.value.map(|v| v.to_string()), p.flag))
        }
        FieldKind::Name => {
            let name = PartyName::read(raw);
            cell(name_text(&name).map(str::to_owned), name.flag())
        }
        FieldKind::IdNumber => match IdCard::parse(raw) {
            Ok(card) => cell(Some(card.as_str().to_owned()), card.flag()),
            Err(IdFlaw::CompanyCode) => match Uscc::parse(raw) {
                Ok(uscc) => cell(Some(uscc.as_str().to_owned()), Flag::Ok),
                Err(flaw) => cell(None, flaw.flag()),
            },
            Err(flaw) => cell(None, flaw.flag()),
        },
        FieldKind::Address => match Address::parse(raw) {
            Ok(address) => cell(Some(address.as_str().to_owned()), address.flag()),
            Err(flaw) => cell(None, flaw.flag()),
        },
        FieldKind::Vin => match Vin::parse(raw) {
            Ok(vin) => cell(Some(vin.as_str().to_owned()), vin.flag()),
            Err(flaw) => cell(kernel::vin::last_eight(raw), flaw.flag()),
        },
        FieldKind::Plate => match Plate::parse(raw) {
            Ok(plate) => cell(Some(plate.as_str().to_owned()), Flag::Ok),
            Err(flaw) => cell(None, flaw.flag()),
        },
        FieldKind::Date => match kernel::parse_date(raw) {
            Ok(read) => cell((read.flag != Flag::DefaultValue).then(|| read.date.to_string()), read.flag),
            Err(flaw) => cell(None, flaw.flag()),
        },
        FieldKind::Time => match kernel::parse_datetime(raw) {
            Ok(read) => {
                let text = read.at.strftime("%Y-%m-%d %H:%M:%S").to_string();
                cell((read.flag != Flag::DefaultValue).then_some(text), read.flag)
            }
            Err(flaw) => cell(None, flaw.flag()),
        },
        FieldKind::Money => match kernel::Fen::parse(raw) {
            Ok(fen) => cell(Some(fen.to_string()), Flag::Ok),
            Err(flaw) => cell(None, flaw.flag()),
        },
        FieldKind::Gender => match Gender::read(raw) {
            Some(gender) => cell(Some(gender.zh().to_owned()), Flag::Ok),
            None => cell(None, Flag::BadFormat),
        },
        FieldKind::Word if field == Field::Insurer => cell(Some(words::insurer(raw)), Flag::Ok),
        FieldKind::Code
        | FieldKind::Text
        | FieldKind::Count
        | FieldKind::Decimal
        | FieldKind::YesNo
        | FieldKind::Brand
        | FieldKind::Word => cell(Some(raw.to_owned()), Flag::Ok),
    }
}

/// Why a row would be withheld: reasons in Chinese and English, none if it would be linked.
pub(crate) fn preview_row(
    mapping: &crate::mapping::Mapping,
    source: kernel::Source,
    store: Option<kernel::StoreId>,
    reference: &crate::reference::Reference,
    row: crate::reading::Row<'_>,
) -> Vec<(&'static str, &'static str)> {
    let (stores, brands) = (reference.stores(), reference.brands());
    let context =
        super::Context { store, source, mapping, stores: &stores, brands: &brands, width: row.width() };
    let facts = super::normalise(&context, row, std::iter::empty());
    let findings = facts.map(|f| f.findings).unwrap_or_default();
    findings.iter().filter(|f| f.rule.withholds()).map(|f| (f.rule.zh(), f.rule.en())).collect()
}
