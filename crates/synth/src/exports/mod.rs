//! From what a store knows to the files its systems export.

mod archive;
mod desk;
mod ledger;
mod orders;
mod policy;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::calendar::Day;
use crate::dirt::Flaw;
use crate::error::SynthError;
use crate::ids::{PersonId, VehicleId};
use crate::layouts::{FileFacts, Format, Layouts, Row, Sheet};
use crate::manifest::FileEntry;
use crate::org::layout_version;
use crate::periods::{Cadence, Period};
use crate::rng::Stream;
use crate::shop::Shop;

/// Whom or what a row is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub role: &'static str,
    pub person: Option<PersonId>,
    pub vehicle: Option<VehicleId>,
    /// The row gives a number at which the person can be reached.
    pub reached: bool,
}

impl Link {
    pub(crate) fn person(role: &'static str, person: PersonId, vehicle: Option<VehicleId>) -> Self {
        Link { role, person: Some(person), vehicle, reached: false }
    }

    pub(crate) fn reached(self, reached: bool) -> Self {
        Link { reached, ..self }
    }
}

/// Why a row stands in this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Delivery {
    Plain,
    /// A file later than it should be.
    Late,
    /// The same key again with a changed value.
    Corrected,
    /// Held back while the feed was dead.
    Silenced,
}

/// What the files of one store amount to.
#[derive(Default)]
pub(crate) struct Output {
    pub files: Vec<FileEntry>,
    /// CSV lines of `row_truth` and of `injected_defects`, without headers.
    pub row_truth: String,
    pub defects: String,
    /// Persons the files speak of, and whether some row gives a usable number.
    pub seen: BTreeMap<PersonId, bool>,
    /// Archive records marked as passed on: what the data can know of a transfer.
    pub marked: HashSet<VehicleId>,
}

/// One file being filled.
pub(crate) struct Emitter<'a, 'b> {
    sheet: Sheet<'a>,
    path: &'b str,
    delivery: Delivery,
    row_truth: &'b mut String,
    defects: &'b mut String,
    seen: &'b mut BTreeMap<PersonId, bool>,
}

impl Emitter<'_, '_> {
    /// Writes a row and its truth. `links` may be empty for the further lines of one document.
    pub(crate) fn row(
        &mut self,
        row: &Row,
        key: &str,
        links: &[Link],
        flaws: &[Flaw],
    ) -> Result<(), SynthError> {
        let line = self.sheet.next_line();
        self.sheet.push(row)?;
        let n = self.sheet.rows();
        for link in links {
            // Writing to a String cannot fail.
            let _ = write!(self.row_truth, "{},{n},{line},{key},{},", self.path, link.role);
            if let Some(person) = link.person {
                *self.seen.entry(person).or_insert(false) |= link.reached;
                let _ = write!(self.row_truth, "{person}");
            }
            self.row_truth.push(',');
            if let Some(vehicle) = link.vehicle {
                let _ = write!(self.row_truth, "{vehicle}");
            }
            self.row_truth.push('\n');
        }
        for flaw in flaws {
            self.flaw(n, flaw);
        }
        let how = match self.delivery {
            Delivery::Plain => return Ok(()),
            Delivery::Late => "late",
            Delivery::Corrected => "corrected",
            Delivery::Silenced => "feed_silent",
        };
        if !links.is_empty() {
            self.flaw(n, &Flaw::new(how, "", "", ""));
        }
        Ok(())
    }

    fn flaw(&mut self, row: u32, flaw: &Flaw) {
        let clean = flaw.clean.replace(['"', ','], " ");
        let _ = writeln!(
            self.defects,
            "{},{row},{},{},{clean},\"{}\"",
            self.path,
            flaw.field,
            flaw.defect,
            flaw.dirty.replace('"', "\"\"")
        );
    }
}

/// Where one kind of file comes from and how often.
pub(crate) struct Feed {
    pub source: &'static str,
    pub kind: &'static str,
    pub cadence: Cadence,
    /// Rows per item, to keep spreadsheets within bounds.
    pub lines: usize,
}

/// A record to export: its place in the caller's list and the day it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub index: u32,
    pub day: Day,
}

/// Writes the files of one store.
pub(crate) struct Exporter<'a> {
    pub shop: &'a Shop<'a>,
    pub layouts: &'a Layouts,
    pub root: &'a Path,
    /// Asked between files; true means stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// Spreadsheets larger than this come as CSV: no system exports more into one.
const SHEET_ROWS: usize = 24_000;

impl Exporter<'_> {
    /// All files of the store.
    pub(crate) fn run(&self) -> Result<Output, SynthError> {
        let mut out = Output::default();
        self.archives(&mut out)?;
        self.sales(&mut out)?;
        self.repair_orders(&mut out)?;
        self.leads(&mut out)?;
        self.accounts(&mut out)?;
        self.policies(&mut out)?;
        self.deals(&mut out)?;
        self.contacts(&mut out)?;
        self.employees(&mut out)?;
        self.ledgers(&mut out)?;
        Ok(out)
    }

    pub(crate) fn stream(&self, kind: &str, id: u64) -> Stream {
        Stream::new(self.shop.people.seed, kind, (u64::from(self.shop.store.idx) << 48) | id)
    }

    /// Groups the items into files and writes them; `render` puts one item into rows.
    pub(crate) fn feed<F>(
        &self,
        out: &mut Output,
        feed: &Feed,
        items: &[Item],
        mut render: F,
    ) -> Result<(), SynthError>
    where
        F: FnMut(&mut Emitter<'_, '_>, u32, &mut Row) -> Result<(), SynthError>,
    {
        let deliveries = self.deliveries(feed, items);
        let mut row = Row::new();
        let mut from = 0;
        while from < deliveries.len() {
            if (self.stop)() {
                return Err(SynthError::Stopped);
            }
            let period = deliveries[from].0;
            let to = from + deliveries[from..].iter().take_while(|d| d.0 == period).count();
            let slice = &deliveries[from..to];
            self.file(out, feed, period, "", slice, &mut row, &mut render)?;
            // Now and then somebody sends part of a month once more.
            let mut s = self.stream("again", crate::exports::feed_number(feed) << 32 | period.start.0 as u64);
            if slice.len() > 3 && period.label().len() > 4 && s.chance(0.02) {
                let some = &slice[..slice.len() * 2 / 3];
                self.file(out, feed, period, "_again", some, &mut row, &mut render)?;
            }
            from = to;
        }
        Ok(())
    }

    fn deliveries(&self, feed: &Feed, items: &[Item]) -> Vec<(Period, Delivery, u32)> {
        let today = self.shop.today;
        let last = Period::of(today.plus(-1), feed.cadence, today);
        let mut out = Vec::with_capacity(items.len() * 33 / 32);
        for item in items {
            let mut s = self.stream("late", feed_number(feed) << 40 | u64::from(item.index));
            let period = Period::of(item.day, feed.cadence, today);
            if feed.kind == "employee" {
                out.push((period, Delivery::Plain, item.index));
                continue;
            }
            if let (Some((start, end)), "repair_order") = (self.shop.store.silence, feed.kind)
                && item.day >= start
                && item.day <= end
            {
                let after = Period::of(end, feed.cadence, today).next(feed.cadence, today);
                out.push((after, Delivery::Silenced, item.index));
                continue;
            }
            let later = period.next(feed.cadence, today);
            let is_late = s.chance(self.shop.people.params.dirt.late) && later <= last;
            match (is_late, s.chance(0.5)) {
                (false, _) => out.push((period, Delivery::Plain, item.index)),
                (true, true) => out.push((later, Delivery::Late, item.index)),
                (true, false) => {
                    out.push((period, Delivery::Plain, item.index));
                    out.push((later, Delivery::Corrected, item.index));
                }
            }
        }
        // Late rows stand first in a file, as systems append by entry number.
        out.sort_by_key(|(period, _, index)| (*period, *index));
        out
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one file, called from one place")]
    fn file<F>(
        &self,
        out: &mut Output,
        feed: &Feed,
        period: Period,
        suffix: &str,
        slice: &[(Period, Delivery, u32)],
        row: &mut Row,
        render: &mut F,
    ) -> Result<(), SynthError>
    where
        F: FnMut(&mut Emitter<'_, '_>, u32, &mut Row) -> Result<(), SynthError>,
    {
        let store = self.shop.store;
        let mut s = self.stream(
            "format",
            feed_number(feed) << 33 | (period.start.0 as u64) << 1 | u64::from(!suffix.is_empty()),
        );
        let d = &self.shop.people.params.dirt;
        let sheet_share = (1.0 - d.gbk - d.utf8_bom) / 2.0;
        let mut format = [Format::CsvGbk, Format::CsvUtf8, Format::Xlsx, Format::Xls]
            [s.weighted(&[d.gbk, d.utf8_bom, sheet_share, sheet_share])];
        if slice.len() * feed.lines > SHEET_ROWS && matches!(format, Format::Xlsx | Format::Xls) {
            format = Format::CsvGbk;
        }
        let version = match feed.source {
            "dms" => layout_version(store, period.start),
            "paper" => if period.start < store.excel_from { "A" } else { "B" }.to_owned(),
            _ => if store.idx.is_multiple_of(2) { "A" } else { "B" }.to_owned(),
        };
        let layout = self.layouts.get(&format!("{}.{}", feed.source, feed.kind), &version);
        let folder = format!("exports/{}/{}", store.code, feed.source);
        let path = format!("{folder}/{}_{}{suffix}.{}", feed.kind, period.label(), format.extension());
        let dir = self.root.join(&folder);
        std::fs::create_dir_all(&dir).map_err(|e| SynthError::file(&dir, e))?;
        let mut emitter = Emitter {
            sheet: Sheet::new(layout, format)?,
            path: &path,
            delivery: Delivery::Plain,
            row_truth: &mut out.row_truth,
            defects: &mut out.defects,
            seen: &mut out.seen,
        };
        for (_, delivery, index) in slice {
            emitter.delivery = *delivery;
            render(&mut emitter, *index, row)?;
        }
        let facts: FileFacts = emitter.sheet.finish(&self.root.join(&path))?;
        out.files.push(FileEntry {
            store_code: store.code.clone(),
            source: feed.source.to_owned(),
            kind: feed.kind.to_owned(),
            layout: layout.id.clone(),
            period: period.label(),
            format: format.extension().to_owned(),
            encoding: format.encoding().to_owned(),
            header_row: facts.header_row,
            rows: facts.rows,
            bytes: facts.bytes,
            sha256: facts.sha256,
            path,
        });
        Ok(())
    }
}

impl Emitter<'_, '_> {
    /// The row is a correction: its values may differ from the first time.
    pub(crate) fn is_correction(&self) -> bool {
        self.delivery == Delivery::Corrected
    }
}

/// Items of a list by the day each belongs to.
pub(crate) fn items<T>(list: &[T], day: impl Fn(&T) -> Option<Day>) -> Vec<Item> {
    list.iter().enumerate().filter_map(|(i, x)| day(x).map(|day| Item { index: i as u32, day })).collect()
}

/// A stable number of a feed for its random streams.
fn feed_number(feed: &Feed) -> u64 {
    feed.source.bytes().chain(feed.kind.bytes()).fold(7_u64, |n, b| (n * 31 + u64::from(b)) % 65_521)
}
