//! The customer-and-vehicle archive and the sales list of the dealer management system.

use super::{Emitter, Exporter, Feed, Item, Link, Output, items};
use crate::brands::COLOURS;
use crate::calendar::Day;
use crate::dirt::{Flaw, Party};
use crate::error::SynthError;
use crate::layouts::{Cell, Field, Row};
use crate::lives::{Life, Origin};
use crate::people::Kind;
use crate::periods::Cadence;
use crate::shop::Archive;
use crate::staff::Job;

const CHANNELS: [&str; 6] = ["汽车之家", "厂家下发", "自然到店", "短视频", "转介绍", "来电"];

impl Exporter<'_> {
    /// `dms/customer_vehicle`: every archive record once, and again when the car is
    /// marked as passed on.
    pub(crate) fn archives(&self, out: &mut Output) -> Result<(), SynthError> {
        let shop = self.shop;
        let load = shop.store.dms_from.max(shop.from);
        let mut list: Vec<Item> =
            items(&shop.archives, |a| Some(a.filed.max(load)).filter(|d| *d < shop.today));
        let marks = shop.archives.len() as u32;
        let share = shop.people.params.vehicle.transfer_recorded;
        for (i, archive) in shop.archives.iter().enumerate() {
            let life = &shop.lives[archive.life as usize];
            let Some(t) = life.transfer.filter(|_| archive.person == life.owner && !archive.duplicate) else {
                continue;
            };
            let mut s = self.stream("transfer mark", i as u64);
            let day = t.plus(s.range(5, 120));
            if s.chance(share) && day >= load && day < shop.today && day > archive.filed {
                list.push(Item { index: marks + i as u32, day });
                out.marked.insert(life.vehicle.id);
            }
        }
        let feed = Feed { source: "dms", kind: "customer_vehicle", cadence: Cadence::Monthly, lines: 1 };
        self.feed(out, &feed, &list, |emitter, index, row| {
            let archive = &shop.archives[(index % marks) as usize];
            self.archive_row(emitter, archive, u64::from(index % marks), index >= marks, row)
        })
    }

    fn archive_row(
        &self,
        emitter: &mut Emitter<'_, '_>,
        archive: &Archive,
        n: u64,
        transferred: bool,
        row: &mut Row,
    ) -> Result<(), SynthError> {
        let shop = self.shop;
        let life = &shop.lives[archive.life as usize];
        let mut s = self.stream("archive cells", n);
        let person = shop.people.person(archive.person);
        let correction = emitter.is_correction();
        row.clear();
        let mut flaws = Vec::new();
        let retyped;
        let party: &Party = if correction {
            // The clerk asked again: everything about the person is typed anew.
            let mut again = self.stream("archive corrected", n);
            retyped = shop.clerk().party(&mut again, &person, archive.filed.plus(40));
            &retyped
        } else {
            &archive.party
        };
        flaws.extend(party.flaws.iter().cloned());
        flaws.extend(archive.car.flaws.iter().cloned());
        row.put(Field::CustomerNo, archive.customer_no.clone());
        row.put(Field::Nature, nature(person.kind, shop.store.layout));
        put_party(row, party);
        row.put(Field::IdKind, if person.is_private() { "身份证" } else { "统一社会信用代码" });
        row.put(Field::Channel, *s.pick(&CHANNELS));
        let job = if matches!(life.origin, Origin::Sold { .. }) { Job::Sales } else { Job::Advisor };
        let advisor = shop.staff.on_duty(&mut s, job, archive.filed);
        row.put(Field::Advisor, if s.chance(0.12) { advisor.name.clone() } else { advisor.code.clone() });
        row.put(Field::FiledOn, Cell::Day(archive.filed));
        row.put(Field::Level, *s.pick(&["A", "B", "C", "普通", "VIP", ""]));
        let yes = self.yes();
        row.put(Field::NoContact, if person.no_contact { yes.0 } else { yes.1 });
        row.put(Field::Vin, archive.car.vin.clone());
        row.put(Field::Plate, archive.car.plate.clone());
        self.put_vehicle(row, life, &mut s, &mut flaws);
        row.put(Field::Price, Cell::Fen(life.vehicle.price_fen));
        let seen = archive.filed.max(life.vehicle.delivered);
        row.put(Field::Mileage, Cell::Int(i64::from(life.vehicle.km_on(seen))));
        row.put(Field::MileageOn, Cell::Day(seen));
        row.put(Field::Transferred, if transferred { yes.0 } else { yes.1 });
        let changed = match (transferred, life.transfer) {
            (true, Some(t)) => t.plus(5),
            _ if correction => archive.filed.plus(40),
            _ => archive.filed,
        };
        row.put(Field::ChangedOn, Cell::Day(changed));
        let links = [Link::person("owner", archive.person, Some(life.vehicle.id)).reached(party.usable)];
        emitter.row(row, &archive.customer_no, &links, &flaws)
    }

    /// Yes and no as this store's system writes them.
    pub(crate) fn yes(&self) -> (&'static str, &'static str) {
        match self.shop.store.layout {
            'B' => ("是", ""),
            'D' => ("1", "0"),
            _ => ("是", "否"),
        }
    }

    /// The columns every vehicle list shares.
    pub(crate) fn put_vehicle(
        &self,
        row: &mut Row,
        life: &Life,
        s: &mut crate::rng::Stream,
        flaws: &mut Vec<Flaw>,
    ) {
        let v = &life.vehicle;
        let brand = v.brand();
        let written = self.shop.clerk().code_text(s, "brand", brand.name, brand.variants, flaws);
        let (series, model, _) = brand.models[v.model];
        row.put(Field::EngineNo, v.engine.clone());
        row.put(Field::Brand, written);
        row.put(Field::Series, series);
        row.put(Field::Model, model);
        row.put(Field::Colour, COLOURS[v.colour]);
        row.put(Field::Energy, if v.is_electric() { "纯电动" } else { "汽油" });
        row.put(Field::UseKind, v.used_as.zh());
        row.put(Field::MadeOn, Cell::Day(v.made));
        row.put(Field::InvoicedOn, Cell::Day(v.invoiced));
        row.put(Field::DeliveredOn, Cell::Day(v.delivered));
        row.put(Field::RegisteredOn, Cell::Day(v.registered));
    }

    /// `dms/sale`: one row per car sold since the system exists.
    pub(crate) fn sales(&self, out: &mut Output) -> Result<(), SynthError> {
        let shop = self.shop;
        let load = shop.store.dms_from.max(shop.from);
        let list = items(&shop.lives, |l| {
            let on = l.vehicle.invoiced;
            (matches!(l.origin, Origin::Sold { .. }) && on >= load && on < shop.today).then_some(on)
        });
        let feed = Feed { source: "dms", kind: "sale", cadence: Cadence::Monthly, lines: 1 };
        self.feed(out, &feed, &list, |emitter, index, row| self.sale_row(emitter, index, row))
    }

    fn sale_row(&self, emitter: &mut Emitter<'_, '_>, index: u32, row: &mut Row) -> Result<(), SynthError> {
        let shop = self.shop;
        let life = &shop.lives[index as usize];
        let Some(archive) = shop.archives_of[index as usize].first().map(|i| &shop.archives[*i as usize])
        else {
            return Ok(());
        };
        let mut s = self.stream("sale", u64::from(index));
        let mut flaws = Vec::new();
        row.clear();
        put_party(row, &archive.party);
        let on = life.vehicle.invoiced;
        let key = format!("SO{}{:05}", iso_compact(on), index % 100_000);
        row.put(Field::OrderNo, key.clone());
        row.put(Field::CustomerNo, archive.customer_no.clone());
        row.put(Field::Vin, life.vehicle.vin.clone());
        self.put_vehicle(row, life, &mut s, &mut flaws);
        row.put(Field::Advisor, shop.staff.on_duty(&mut s, Job::Sales, on).code.clone());
        let paid = (life.vehicle.price_fen as f64 * s.between(0.88, 1.0) / 10_000.0).round() as i64 * 10_000;
        row.put(Field::GuidePrice, Cell::Fen(life.vehicle.price_fen));
        row.put(Field::Price, Cell::Fen(if emitter.is_correction() { paid - 100_000 } else { paid }));
        let p = &shop.people.params.sales;
        let loan = p.loan_2005 + (p.loan_2021 - p.loan_2005) * f64::from(on.year() - 2005) / 16.0;
        if s.chance(loan) {
            row.put(Field::PayKind, *s.pick(&["按揭", "金融"]));
            row.put(
                Field::Loan,
                Cell::Fen((paid as f64 * s.between(0.3, 0.7) / 100_000.0).round() as i64 * 100_000),
            );
        } else {
            row.put(Field::PayKind, "全款");
        }
        if shop.deals.iter().any(|d| d.replacement && d.seller == life.owner) {
            row.put(Field::TradeIn, Cell::Fen((s.between(2.0, 12.0) * 10.0).round() as i64 * 100_000));
        }
        row.put(Field::PurchaseKind, ["首购", "增购", "同品牌置换", "他品牌置换"][life.purchase]);
        row.put(
            Field::Insurer,
            crate::brands::INSURERS[s.weighted(&shop.people.params.insurance.insurers)][0],
        );
        let links = [Link::person("owner", life.owner, Some(life.vehicle.id)).reached(archive.party.usable)];
        emitter.row(row, &key, &links, &flaws)
    }
}

/// Name, phones, identity and address of a record.
pub(crate) fn put_party(row: &mut Row, party: &Party) {
    row.put(Field::Name, party.name.clone());
    row.put(Field::Mobile, party.mobile.clone());
    row.put(Field::Phone2, party.phone2.clone());
    row.put(Field::IdNo, party.id_no.clone());
    row.put(Field::Birthday, party.birthday.clone());
    row.put(Field::Gender, party.gender);
    row.put(Field::Address, party.address.clone());
}

/// Legal nature in the words of the system.
pub(crate) fn nature(kind: Kind, layout: char) -> &'static str {
    match (kind, matches!(layout, 'B' | 'D')) {
        (Kind::Private, false) => "个人",
        (Kind::Private, true) => "私人",
        (Kind::Company, false) => "单位",
        (Kind::Company, true) => "公司",
        (Kind::Public, _) => "政府",
    }
}

/// `yyyymmdd`, the middle of most document numbers.
pub(crate) fn iso_compact(day: Day) -> String {
    let (y, m, d) = day.ymd();
    format!("{y}{m:02}{d:02}")
}
