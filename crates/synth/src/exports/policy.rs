//! The sixty-column policy list of the insurance system, and used-car deals.

use super::archive::{iso_compact, nature};
use super::{Emitter, Exporter, Feed, Link, Output, items};
use crate::brands::INSURERS;
use crate::calendar::Day;
use crate::dirt::Flaw;
use crate::error::SynthError;
use crate::insurance::{Cycle, Issued};
use crate::layouts::{Cell, Field, Row};
use crate::lives::Life;
use crate::periods::Cadence;
use crate::rng::Stream;
use crate::staff::Job;

impl Exporter<'_> {
    /// `insurance/policy`: what the store placed, the initial load included.
    pub(crate) fn policies(&self, out: &mut Output) -> Result<(), SynthError> {
        let shop = self.shop;
        let list =
            items(&shop.cycles, |c| c.issued.map(|i| i.on).filter(|on| *on >= shop.from && *on < shop.today));
        let feed = Feed { source: "insurance", kind: "policy", cadence: Cadence::Monthly, lines: 1 };
        self.feed(out, &feed, &list, |emitter, index, row| self.policy_row(emitter, index, row))
    }

    fn policy_row(&self, emitter: &mut Emitter<'_, '_>, index: u32, row: &mut Row) -> Result<(), SynthError> {
        let shop = self.shop;
        let cycle: &Cycle = &shop.cycles[index as usize];
        let Some(issued) = cycle.issued else { return Ok(()) };
        let life: &Life = &shop.lives[cycle.life as usize];
        row.clear();
        let mut flaws = Vec::new();
        let mut s = self.stream("policy", u64::from(index));
        // The insurance desk types a customer once; four renewals in five copy that entry.
        let copied = !s.chance(0.2);
        let entry = if copied { u64::from(cycle.life) } else { (1 << 40) | u64::from(index) };
        let mut typed = self.stream("policy party", entry);
        let owner = shop.people.person(issued.owner);
        let day = if copied { life.vehicle.delivered.max(shop.from).min(issued.on) } else { issued.on };
        let party = shop.clerk().party(&mut typed, &owner, day);
        let car = shop.car(&mut typed, life, issued.on);
        flaws.extend(party.flaws.iter().filter(|f| matches!(f.field, "name" | "mobile" | "id_no")).cloned());
        flaws.extend(car.flaws.iter().cloned());
        let insured =
            life.deliverer.filter(|_| owner.is_private() && typed.chance(0.12) && issued.owner == life.owner);
        let insured_name = match insured {
            Some(id) => shop.person(id, life).name,
            None => party.name.clone(),
        };
        row.put(Field::IssuedOn, Cell::Day(issued.on));
        let agent = shop.staff.on_duty(&mut s, Job::Renewal, issued.on).code.clone();
        row.put(
            Field::Agent,
            if cycle.category as u8 == 1 {
                shop.staff.on_duty(&mut s, Job::Sales, issued.on).code.clone()
            } else {
                agent.clone()
            },
        );
        row.put(Field::RenewalAgent, agent.clone());
        row.put(Field::Issuer, agent);
        row.put(Field::Vin, car.vin);
        row.put(Field::Plate, car.plate);
        self.put_vehicle(row, life, &mut s, &mut flaws);
        row.put(Field::Name, party.name.clone());
        row.put(Field::Insured, insured_name.clone());
        row.put(Field::IdNo, party.id_no.clone());
        row.put(Field::Contact, if owner.is_private() { party.name.clone() } else { owner.contact.clone() });
        row.put(Field::Mobile, party.mobile.clone());
        row.put(Field::Channel, if cycle.category as u8 == 1 { "新车" } else { "续保" });
        row.put(Field::Nature, nature(owner.kind, 'A'));
        row.put(Field::RenewalKind, cycle.category.zh());
        row.put(Field::TimesHere, Cell::Int(i64::from(issued.times_here)));
        let names = INSURERS[issued.insurer];
        let insurer = shop.clerk().code_text(&mut s, "insurer", names[0], &names[1..], &mut flaws);
        row.put(Field::Insurer, insurer);
        let key = format!("JQ{}{:02}{index:07}", iso_compact(issued.on), shop.store.idx);
        self.policy_dates(row, &issued, &mut s, &mut flaws);
        row.put(Field::CompulsoryNo, key.clone());
        row.put(Field::CommercialNo, format!("SY{}", &key[2..]));
        row.put(Field::InvoiceTitle, insured_name);
        premiums(row, &issued, emitter.is_correction(), &mut s);
        let vehicle = Some(life.vehicle.id);
        let links = [
            Link::person("owner", issued.owner, vehicle).reached(party.usable),
            Link::person("insured", insured.unwrap_or(issued.owner), vehicle),
        ];
        emitter.row(row, &key, &links, &flaws)
    }

    /// Both expiry dates: one in five misses one, a few carry the default of the system.
    fn policy_dates(&self, row: &mut Row, issued: &Issued, s: &mut Stream, flaws: &mut Vec<Flaw>) {
        let d = &self.shop.people.params.dirt;
        let missing = s.chance(d.expiry_missing);
        let which = s.chance(0.5);
        if issued.compulsory_ends != issued.commercial_ends {
            flaws.push(Flaw::new(
                "expiries_differ",
                "compulsory_ends_on",
                &issued.commercial_ends.iso(),
                &issued.compulsory_ends.iso(),
            ));
        }
        for (first, field, name, day) in [
            (true, Field::CompulsoryEndsOn, "compulsory_ends_on", issued.compulsory_ends),
            (false, Field::CommercialEndsOn, "commercial_ends_on", issued.commercial_ends),
        ] {
            if missing && first == which {
                flaws.push(Flaw::new("expiry_missing", name, &day.iso(), ""));
            } else if first == which && s.chance(d.expiry_default / (1.0 - d.expiry_missing)) {
                flaws.push(Flaw::new("expiry_default", name, &day.iso(), "1900-01-01"));
                row.put(field, Cell::Day(Day::new(1900, 1, 1)));
            } else {
                row.put(field, Cell::Day(day));
            }
        }
    }

    /// `used_car/deal`: cars taken in.
    pub(crate) fn deals(&self, out: &mut Output) -> Result<(), SynthError> {
        let shop = self.shop;
        let list = items(&shop.deals, |d| Some(d.on));
        let feed = Feed { source: "used_car", kind: "deal", cadence: Cadence::Quarterly, lines: 1 };
        self.feed(out, &feed, &list, |emitter, index, row| self.deal_row(emitter, index, row))
    }

    fn deal_row(&self, emitter: &mut Emitter<'_, '_>, index: u32, row: &mut Row) -> Result<(), SynthError> {
        let shop = self.shop;
        let deal = &shop.deals[index as usize];
        let mut s = self.stream("deal row", u64::from(index));
        row.clear();
        let seller = shop.people.person(deal.seller);
        let party = shop.clerk().party(&mut s, &seller, deal.on);
        let mut flaws: Vec<Flaw> =
            party.flaws.iter().filter(|f| matches!(f.field, "name" | "mobile" | "id_no")).cloned().collect();
        super::archive::put_party(row, &party);
        let vehicle = deal.vehicle(shop);
        let plate = match deal.life {
            Some(life) => shop.lives[life as usize].plate_on(deal.on.plus(-1), shop.people.org),
            None => vehicle.plate(0, shop.store),
        };
        let car = shop.clerk().car(&mut s, &vehicle.vin, &plate, None, false);
        flaws.extend(car.flaws.iter().cloned());
        let key = format!("UC{}{index:05}", iso_compact(deal.on));
        row.put(Field::DealNo, key.clone());
        row.put(
            Field::DealKind,
            if deal.replacement {
                "置换收购"
            } else {
                *s.pick(&["直客收购", "渠道收购", "寄售", "内部转入"])
            },
        );
        row.put(Field::DealtOn, Cell::Day(deal.on));
        row.put(Field::Vin, car.vin);
        row.put(Field::Plate, car.plate);
        let brand = vehicle.brand();
        row.put(
            Field::Brand,
            shop.clerk().code_text(&mut s, "brand", brand.name, brand.variants, &mut flaws),
        );
        row.put(Field::Series, brand.models[vehicle.model].0);
        row.put(Field::RegisteredOn, Cell::Day(vehicle.registered));
        row.put(Field::Mileage, Cell::Int(i64::from(vehicle.km_on(deal.on))));
        let age = deal.on.years_since(vehicle.registered).max(0.5);
        let price = vehicle.price_fen as f64 * 0.86_f64.powf(age) * s.between(0.75, 0.95);
        row.put(Field::Price, Cell::Fen((price / 10_000.0).round() as i64 * 10_000));
        row.put(Field::Channel, *s.pick(&["基盘客户挖掘", "展厅", "网络", "转介绍", "自媒体"]));
        row.put(Field::Appraiser, shop.staff.on_duty(&mut s, Job::Sales, deal.on).code.clone());
        row.put(Field::Note, *s.pick(&["车况良好", "左前门补漆", "更换过前杠", "无事故", ""]));
        let links = [Link::person("seller", deal.seller, Some(deal.vehicle)).reached(party.usable)];
        emitter.row(row, &key, &links, &flaws)
    }
}

fn premiums(row: &mut Row, issued: &Issued, correction: bool, s: &mut Stream) {
    let compulsory = 95_000 - i64::from(s.below(4)) * 9_500;
    let tax = *s.pick(&[30_000_i64, 42_000, 48_000, 90_000]);
    let commercial = issued.commercial_fen;
    let gift = if s.chance(0.4) { i64::from(s.below(6)) * 10_000 } else { 0 };
    let paid = compulsory + commercial + tax - if correction { 5_000 } else { 0 };
    for (field, fen) in [
        (Field::Compulsory, compulsory),
        (Field::Commercial, commercial),
        (Field::Tax, tax),
        (Field::Gift, gift),
        (Field::Paid, paid),
        (Field::Damage, commercial * 52 / 100),
        (Field::Third, commercial * 31 / 100),
        (Field::Seat, commercial * 4 / 100),
        (Field::NoDeductible, commercial * 8 / 100),
        (Field::Glass, commercial * 2 / 100),
        (Field::Scratch, commercial * 3 / 100),
    ] {
        row.put(field, Cell::Fen(fen));
    }
    row.put(Field::ThirdLimit, *s.pick(&["100万", "150万", "200万", "300万", "50万"]));
    row.put(Field::SeatDriver, "1万");
    row.put(Field::SeatPassenger, "1万/座");
    row.put(Field::ScratchLimit, *s.pick(&["2000", "5000", ""]));
    row.put(Field::PayKind, *s.pick(&["刷卡", "转账", "微信", "现金"]));
    for (field, gift) in [(Field::Gift01, "机油"), (Field::Gift02, "玻璃水"), (Field::Gift03, "洗车券")]
    {
        if s.chance(0.3) {
            row.put(field, gift);
        }
    }
}
