//! Paper ledgers (one card in five was keyed in) and the Excel ledgers that followed
//! them, up to the day the dealer management system took over.

use super::{Emitter, Exporter, Feed, Link, Output, items};
use crate::calendar::Day;
use crate::error::SynthError;
use crate::layouts::{Cell, Field, Row};
use crate::lives::Origin;
use crate::periods::Cadence;
use crate::staff::Job;

impl Exporter<'_> {
    /// `paper/ledger_customer` and `paper/ledger_repair`.
    pub(crate) fn ledgers(&self, out: &mut Output) -> Result<(), SynthError> {
        let shop = self.shop;
        // Customer cards reach back before the exported years: they are the only trace of those cars.
        let cards = items(&shop.lives, |l| {
            (matches!(l.origin, Origin::Sold { .. })
                && l.vehicle.invoiced < shop.store.dms_from
                && self.keyed(l.vehicle.invoiced, u64::from(l.vehicle.id.0)))
            .then_some(l.vehicle.invoiced)
        });
        let feed = Feed { source: "paper", kind: "ledger_customer", cadence: Cadence::Yearly, lines: 1 };
        self.feed(out, &feed, &cards, |emitter, index, row| self.card_row(emitter, index, row))?;
        let visits = items(&shop.visits, |v| {
            let key = (u64::from(v.life) << 16) | u64::from(v.nth);
            (v.on >= shop.from && v.on < shop.store.dms_from && self.keyed(v.on, key)).then_some(v.on)
        });
        let feed = Feed { source: "paper", kind: "ledger_repair", cadence: Cadence::Yearly, lines: 1 };
        self.feed(out, &feed, &visits, |emitter, index, row| self.entry_row(emitter, index, row))
    }

    /// Whether this line of a book was ever keyed in.
    fn keyed(&self, on: Day, key: u64) -> bool {
        on >= self.shop.store.excel_from
            || self.stream("keyed", key).chance(self.shop.people.params.dirt.paper_keyed)
    }

    fn card_row(&self, emitter: &mut Emitter<'_, '_>, index: u32, row: &mut Row) -> Result<(), SynthError> {
        let shop = self.shop;
        let life = &shop.lives[index as usize];
        let on = life.vehicle.invoiced;
        let by_hand = on < shop.store.excel_from;
        let mut s = self.stream("card", u64::from(index));
        row.clear();
        let person = shop.people.person(life.owner);
        let mut party = shop.clerk().party(&mut s, &person, on);
        party.flaws.retain(|f| matches!(f.field, "name" | "mobile") || (!by_hand && f.field == "id_no"));
        let plate = life.plate_on(life.vehicle.registered, shop.people.org);
        let car = shop.clerk().car(&mut s, &life.vehicle.vin, &plate, None, by_hand);
        super::archive::put_party(row, &party);
        party.flaws.extend(car.flaws.iter().cloned());
        let key = self.page(row, index, by_hand);
        row.put(Field::Vin, car.vin);
        row.put(Field::Plate, car.plate);
        row.put(Field::Series, life.vehicle.brand().models[life.vehicle.model].0);
        row.put(Field::InvoicedOn, Cell::Day(on));
        row.put(Field::Price, Cell::Fen(life.vehicle.price_fen));
        row.put(Field::Advisor, shop.staff.on_duty(&mut s, Job::Sales, on).name.clone());
        row.put(Field::Note, *s.pick(&["", "", "送脚垫", "贷款", "老客户介绍"]));
        let links = [Link::person("owner", life.owner, Some(life.vehicle.id)).reached(party.usable)];
        emitter.row(row, &key, &links, &party.flaws)
    }

    /// Page and line of a book, or the running number of a table.
    fn page(&self, row: &mut Row, index: u32, by_hand: bool) -> String {
        if by_hand {
            let (page, line) = (index / 20 + 1, index % 20 + 1);
            row.put(Field::Page, Cell::Int(i64::from(page)));
            row.put(Field::Line, Cell::Int(i64::from(line)));
            format!("{page}-{line}")
        } else {
            row.put(Field::Seq, Cell::Int(i64::from(index) + 1));
            (index + 1).to_string()
        }
    }

    fn entry_row(&self, emitter: &mut Emitter<'_, '_>, index: u32, row: &mut Row) -> Result<(), SynthError> {
        let shop = self.shop;
        let visit = &shop.visits[index as usize];
        let life = &shop.lives[visit.life as usize];
        let by_hand = visit.on < shop.store.excel_from;
        let mut s = self.stream("entry", u64::from(index));
        row.clear();
        let bringer = visit.deliverer.unwrap_or(visit.owner);
        let party = shop.clerk().party(&mut s, &shop.people.person(visit.owner), visit.on);
        let mut flaws: Vec<_> =
            party.flaws.iter().filter(|f| matches!(f.field, "name" | "mobile")).cloned().collect();
        let plate = life.plate_on(visit.on, shop.people.org);
        let car = shop.clerk().car(&mut s, &life.vehicle.vin, &plate, None, by_hand);
        flaws.extend(car.flaws.iter().cloned());
        let mut key = self.page(row, index, by_hand);
        if !by_hand {
            key = super::orders::order_no(visit, index);
            row.put(Field::RoNo, key.clone());
        }
        row.put(Field::OpenedAt, Cell::Day(visit.on));
        row.put(Field::Name, party.name);
        row.put(Field::Mobile, party.mobile);
        if bringer != visit.owner {
            row.put(Field::Deliverer, shop.person(bringer, life).name);
        }
        row.put(Field::Plate, car.plate);
        row.put(Field::Vin, car.vin);
        let mileage =
            shop.clerk().odometer(&mut s, visit.km, shop.people.params.service.odometer_rounded, &mut flaws);
        row.put(Field::MileageIn, mileage);
        row.put(Field::Complaint, visit.kind.zh());
        row.put(Field::Labour, Cell::Fen(visit.labour_fen));
        row.put(Field::Parts, Cell::Fen(visit.parts_fen));
        row.put(Field::Paid, Cell::Fen(visit.labour_fen + visit.parts_fen));
        row.put(Field::Advisor, shop.staff.on_duty(&mut s, Job::Advisor, visit.on).name.clone());
        let vehicle = Some(life.vehicle.id);
        let links = [
            Link::person("owner", visit.owner, vehicle).reached(party.usable),
            Link::person("deliverer", bringer, vehicle),
        ];
        emitter.row(row, &key, &links, &flaws)
    }
}
