//! Repair orders of the dealer management system: the header repeated on every item line.

use super::archive::{iso_compact, put_party};
use super::{Emitter, Exporter, Feed, Link, Output, items};
use crate::dirt::Flaw;
use crate::error::SynthError;
use crate::ids::PersonId;
use crate::layouts::{Cell, Field, Row};
use crate::periods::Cadence;
use crate::rng::Stream;
use crate::service::{Visit, VisitKind};
use crate::staff::Job;

/// Code, name, standard hours; hours 0 marks a part.
type Work = (&'static str, &'static str, f64);

const MAINTENANCE: &[Work] = &[
    ("G001", "更换机油机滤", 0.6),
    ("G002", "全车检查", 0.3),
    ("P101", "全合成机油4L", 0.0),
    ("P102", "机油滤清器", 0.0),
    ("P103", "空气滤清器", 0.0),
    ("P104", "空调滤清器", 0.0),
    ("G003", "更换火花塞", 0.8),
    ("P105", "制动液", 0.0),
];
const ELECTRIC: &[Work] = &[
    ("E001", "三电系统检测", 0.5),
    ("G002", "全车检查", 0.3),
    ("P104", "空调滤清器", 0.0),
    ("E002", "冷却液检查更换", 0.8),
    ("P105", "制动液", 0.0),
];
const REPAIR: &[Work] = &[
    ("R011", "更换前刹车片", 0.9),
    ("P211", "前刹车片", 0.0),
    ("R012", "更换蓄电池", 0.4),
    ("P212", "蓄电池", 0.0),
    ("R013", "四轮定位", 0.8),
    ("R014", "更换轮胎", 0.5),
    ("P214", "轮胎", 0.0),
    ("R015", "空调系统清洗", 1.0),
    ("R016", "更换减震器", 1.6),
    ("P216", "减震器总成", 0.0),
];
const ACCIDENT: &[Work] = &[
    ("B021", "前保险杠喷漆", 3.0),
    ("P321", "前保险杠", 0.0),
    ("B022", "左前门钣金", 4.5),
    ("B023", "后翼子板喷漆", 3.5),
    ("P322", "大灯总成", 0.0),
    ("B024", "拆装前杠", 1.2),
];
const OTHER: &[Work] = &[
    ("W031", "软件升级", 0.5),
    ("W032", "召回检查更换", 1.2),
    ("P431", "保修配件", 0.0),
    ("G009", "新车PDI检查", 1.0),
];
const COMPLAINTS: &[&str] = &[
    "常规保养",
    "保养提示灯亮",
    "刹车异响",
    "空调不制冷",
    "底盘异响",
    "启动困难",
    "左前事故",
    "追尾事故",
    "油耗偏高",
    "方向跑偏",
    "客户要求检查",
    "",
];

impl Exporter<'_> {
    /// `dms/repair_order`: one to four lines per order.
    pub(crate) fn repair_orders(&self, out: &mut Output) -> Result<(), SynthError> {
        let shop = self.shop;
        let load = shop.store.dms_from.max(shop.from);
        let list = items(&shop.visits, |v| (v.on >= load).then_some(v.on));
        let feed = Feed { source: "dms", kind: "repair_order", cadence: Cadence::Monthly, lines: 2 };
        self.feed(out, &feed, &list, |emitter, index, row| self.order_rows(emitter, index, row))
    }

    fn order_rows(&self, emitter: &mut Emitter<'_, '_>, index: u32, row: &mut Row) -> Result<(), SynthError> {
        let shop = self.shop;
        let visit = &shop.visits[index as usize];
        let life = &shop.lives[visit.life as usize];
        let mut s = self.stream("repair order", u64::from(index));
        let Some(archive) = shop.archive_of(visit, &mut s) else { return Ok(()) };
        let mut flaws: Vec<Flaw> = Vec::new();
        row.clear();
        let key = order_no(visit, index);
        row.put(Field::RoNo, key.clone());
        put_party(row, &archive.party);
        row.put(Field::CustomerNo, archive.customer_no.clone());
        let (bringer, reached) = self.bringer(row, visit, archive.person, &mut s, &mut flaws);
        row.put(Field::Vin, archive.car.vin.clone());
        // Plates are read off the car at every visit; the archive only helps when they were never typed.
        let plate = if s.chance(0.9) && visit.on >= life.vehicle.registered {
            shop.car(&mut s, life, visit.on).plate
        } else {
            archive.car.plate.clone()
        };
        row.put(Field::Plate, plate);
        self.put_vehicle(row, life, &mut s, &mut flaws);
        self.order_head(row, visit, &mut s, &mut flaws, emitter.is_correction());
        let links = [
            Link::person("owner", archive.person, Some(life.vehicle.id)).reached(archive.party.usable),
            Link::person("deliverer", bringer, Some(life.vehicle.id)).reached(reached),
        ];
        let work = works(visit.kind, life.vehicle.is_electric());
        let lines = 1 + s.weighted(&[34., 40., 18., 8.]);
        let first = s.below(work.len() as u32) as usize;
        let (mut labour_left, mut parts_left) = (visit.labour_fen, visit.parts_fen);
        for line in 0..lines {
            let (code, name, hours) = work[(first + line) % work.len()];
            let is_part = hours == 0.0;
            let pot = if is_part { &mut parts_left } else { &mut labour_left };
            let amount =
                if line + 1 == lines { *pot } else { (*pot as f64 * s.between(0.3, 0.7)).round() as i64 };
            *pot -= amount;
            row.put(Field::LineNo, Cell::Int(line as i64 + 1));
            row.put(Field::ItemCode, code);
            row.put(Field::ItemName, name);
            row.put(Field::ItemKind, if is_part { "配件" } else { "工时" });
            row.put(Field::Quantity, Cell::Int(if name == "轮胎" { 2 } else { 1 }));
            row.put(Field::Hours, if is_part { Cell::Empty } else { Cell::Real(hours) });
            row.put(Field::Amount, Cell::Fen(amount));
            let first_line = line == 0;
            emitter.row(
                row,
                &key,
                if first_line { &links } else { &[] },
                if first_line { &flaws } else { &[] },
            )?;
        }
        Ok(())
    }

    /// Who brought the car, as far as the desk wrote it down.
    fn bringer(
        &self,
        row: &mut Row,
        visit: &Visit,
        named: PersonId,
        s: &mut Stream,
        flaws: &mut Vec<Flaw>,
    ) -> (PersonId, bool) {
        let shop = self.shop;
        let life = &shop.lives[visit.life as usize];
        let other = match visit.deliverer {
            Some(id) => Some(id),
            // The new owner came, but the order still names the old one.
            None if visit.owner != named => Some(visit.owner),
            None => None,
        };
        let Some(id) = other else {
            if s.chance(0.6) {
                let (name, mobile) = (row.get(Field::Name).clone(), row.get(Field::Mobile).clone());
                row.put(Field::Deliverer, name);
                row.put(Field::DelivererMobile, mobile);
            }
            return (visit.owner, false);
        };
        let party = shop.clerk().party(s, &shop.person(id, life), visit.on);
        for flaw in party.flaws.iter().filter(|f| matches!(f.field, "name" | "mobile")) {
            let field = if flaw.field == "name" { "deliverer" } else { "deliverer_mobile" };
            flaws.push(Flaw { field, ..flaw.clone() });
        }
        flaws.push(Flaw::new("deliverer_not_owner", "deliverer", "", &party.name));
        row.put(Field::Deliverer, party.name);
        row.put(Field::DelivererMobile, party.mobile);
        (id, party.usable)
    }

    fn order_head(
        &self,
        row: &mut Row,
        visit: &Visit,
        s: &mut Stream,
        flaws: &mut Vec<Flaw>,
        correction: bool,
    ) {
        let shop = self.shop;
        let p = shop.people.params;
        row.put(
            Field::RoKind,
            match visit.kind {
                VisitKind::Warranty | VisitKind::Recall => "索赔",
                VisitKind::Internal => "销售",
                _ if s.chance(0.01) => "返工",
                _ => "维修",
            },
        );
        row.put(Field::RepairKind, visit.kind.zh());
        let open = visit.on >= shop.today.plus(-2) && s.chance(0.5);
        row.put(Field::State, if open { "在修" } else { "已结算" });
        let mileage = shop.clerk().odometer(s, visit.km, p.service.odometer_rounded, flaws);
        if s.chance(0.7) {
            row.put(Field::MileageOut, mileage.clone());
        }
        row.put(Field::MileageIn, mileage);
        let replaced = s.chance(p.dirt.odometer_replaced);
        let yes = self.yes();
        row.put(Field::OdoReplaced, if replaced { yes.0 } else { yes.1 });
        if replaced {
            flaws.push(Flaw::new("odometer_replaced", "mileage_in", "", ""));
            row.put(Field::OdoTotalChange, Cell::Int(i64::from(visit.km)));
        }
        let advisor = shop.staff.on_duty(s, Job::Advisor, visit.on);
        row.put(Field::Advisor, if s.chance(0.06) { advisor.name.clone() } else { advisor.code.clone() });
        row.put(Field::Technician, shop.staff.on_duty(s, Job::Technician, visit.on).code.clone());
        let opened = u32::from(visit.minute) * 60 + s.below(60);
        row.put(Field::OpenedAt, Cell::At(visit.on, opened));
        if !open {
            let done = opened + u32::from(visit.lasts) * 60;
            let at = |second: u32| Cell::At(visit.on.plus((second / 86_400) as i32), second % 86_400);
            row.put(Field::SettledAt, at(done));
            row.put(Field::DeliveredAt, at(done + 60 * s.below(45)));
        }
        row.put(Field::Complaint, *s.pick(COMPLAINTS));
        let total = visit.labour_fen + visit.parts_fen;
        let discount = if s.chance(0.3) { (total as f64 * s.between(0.02, 0.15)).round() as i64 } else { 0 };
        let discount = if correction { discount + total.min(1_000) } else { discount };
        row.put(Field::Labour, Cell::Fen(visit.labour_fen));
        row.put(Field::Parts, Cell::Fen(visit.parts_fen));
        row.put(Field::Discount, Cell::Fen(discount));
        row.put(Field::Paid, Cell::Fen(total - discount));
        if let Some((on, km)) = visit.next {
            row.put(Field::NextDueOn, Cell::Day(on));
            row.put(Field::NextDueKm, Cell::Int(i64::from(km)));
        }
    }
}

/// Number of a repair order; unique within the store.
pub(crate) fn order_no(visit: &Visit, index: u32) -> String {
    format!("RO{}{index:06}", iso_compact(visit.on))
}

fn works(kind: VisitKind, electric: bool) -> &'static [Work] {
    match kind {
        VisitKind::First | VisitKind::Periodic if electric => ELECTRIC,
        VisitKind::First | VisitKind::Periodic => MAINTENANCE,
        VisitKind::General => REPAIR,
        VisitKind::Accident => ACCIDENT,
        _ => OTHER,
    }
}
