//! Leads, accounting customers, WeCom friends and the staff roster.

use super::archive::{nature, put_party};
use super::{Emitter, Exporter, Feed, Item, Link, Output, items};
use crate::calendar::Day;
use crate::dirt::Flaw;
use crate::error::SynthError;
use crate::layouts::{Cell, Field, Row};
use crate::periods::Cadence;
use crate::shop::LeadState;
use crate::staff::{Job, POSITIONS};

const CHANNELS: [&[&str]; 6] = [
    &["汽车之家", "易车", "懂车帝", "爱卡"],
    &["厂家官网", "400热线"],
    &["自然到店"],
    &["抖音", "快手", "视频号"],
    &["老客户转介绍"],
    &["来电"],
];

impl Exporter<'_> {
    /// `dms/lead`: enquiries, one in six twice and one in four worthless.
    pub(crate) fn leads(&self, out: &mut Output) -> Result<(), SynthError> {
        let shop = self.shop;
        let n = shop.leads.len() as u32;
        let mut list: Vec<Item> = items(&shop.leads, |l| (l.on >= shop.store.dms_from).then_some(l.on));
        for i in 0..list.len() {
            let item = list[i];
            let mut s = self.stream("lead twice", u64::from(item.index));
            if s.chance(shop.people.params.engagement.lead_duplicate) {
                let day = item.day.plus(s.range(0, 20));
                if day < shop.today {
                    list.push(Item { index: n + item.index, day });
                }
            }
        }
        let feed = Feed { source: "dms", kind: "lead", cadence: Cadence::Monthly, lines: 1 };
        self.feed(out, &feed, &list, |emitter, index, row| self.lead_row(emitter, index, n, row))
    }

    fn lead_row(
        &self,
        emitter: &mut Emitter<'_, '_>,
        index: u32,
        n: u32,
        row: &mut Row,
    ) -> Result<(), SynthError> {
        let shop = self.shop;
        let p = &shop.people.params.engagement;
        let lead = &shop.leads[(index % n) as usize];
        let mut s = self.stream("lead row", u64::from(index));
        row.clear();
        let person = shop.people.person(lead.person);
        let mut party = shop.clerk().party(&mut s, &person, lead.on);
        if person.is_private() && s.chance(0.35) {
            // Web forms give a surname at best.
            let short = format!(
                "{}{}",
                crate::names::surname_of(&person.name),
                if person.male { "先生" } else { "女士" }
            );
            party.flaws.push(Flaw::new("name_variant", "name", &person.name, &short));
            party.name = short;
        }
        party.flaws.retain(|f| matches!(f.field, "name" | "mobile"));
        let twice = index >= n;
        if twice {
            party.flaws.push(Flaw::new("duplicate", "lead_no", "", ""));
        }
        put_party(row, &party);
        let key = format!("XS{:08}{}", index % n, if twice { "B" } else { "A" });
        row.put(Field::LeadNo, key.clone());
        let channels = CHANNELS[s.weighted(&p.leads_sources)];
        row.put(Field::Channel, *s.pick(channels));
        let at = 8 * 3600 + s.below(13 * 3600);
        row.put(Field::CreatedAt, Cell::At(lead.on, at));
        let grade = s.weighted(&p.lead_grades);
        let state = if twice { "重复" } else { lead.state.zh() };
        row.put(Field::Grade, if lead.state == LeadState::Won { "O" } else { ["H", "A", "B", "C"][grade] });
        row.put(Field::State, state);
        let brand = &crate::brands::BRANDS[shop.store.brand];
        row.put(
            Field::Brand,
            shop.clerk().code_text(&mut s, "brand", brand.name, brand.variants, &mut party.flaws),
        );
        row.put(Field::Series, s.pick(brand.models).0);
        row.put(Field::Advisor, shop.staff.on_duty(&mut s, Job::Dcc, lead.on).code.clone());
        row.put(Field::FollowedAt, Cell::At(lead.on, (at + 600 + s.below(7200)).min(86_399)));
        let yes = self.yes();
        let arrived = lead.state == LeadState::Won || s.chance(0.2);
        row.put(Field::Arrived, if arrived { yes.0 } else { yes.1 });
        row.put(Field::TestDrive, if arrived && s.chance(0.41) { yes.0 } else { yes.1 });
        row.put(Field::Note, *s.pick(&["价格敏感", "等活动", "已试驾", "对比竞品", "", "周末到店"]));
        emitter.row(
            row,
            &key,
            &[Link::person("prospect", lead.person, None).reached(party.usable)],
            &party.flaws,
        )
    }

    /// `erp/customer`: whom invoices were made out to, while the ERP was in use.
    pub(crate) fn accounts(&self, out: &mut Output) -> Result<(), SynthError> {
        let list = items(&self.shop.accounts, |a| Some(a.on));
        let feed = Feed { source: "erp", kind: "customer", cadence: Cadence::Monthly, lines: 1 };
        self.feed(out, &feed, &list, |emitter, index, row| self.account_row(emitter, index, row))
    }

    fn account_row(
        &self,
        emitter: &mut Emitter<'_, '_>,
        index: u32,
        row: &mut Row,
    ) -> Result<(), SynthError> {
        let shop = self.shop;
        let account = &shop.accounts[index as usize];
        let life = &shop.lives[account.life as usize];
        let mut s = self.stream("account row", u64::from(index));
        row.clear();
        let person = shop.people.person(account.person);
        let mut party = shop.clerk().party(&mut s, &person, account.on);
        let car = shop.car(&mut s, life, account.on);
        put_party(row, &party);
        party.flaws.retain(|f| f.field != "birthday");
        party.flaws.extend(car.flaws.iter().cloned());
        let key = format!("{}{:06}", if person.is_private() { "GR" } else { "DW" }, index + 1);
        row.put(Field::CustomerNo, key.clone());
        row.put(Field::Contact, if person.is_private() { String::new() } else { person.contact.clone() });
        row.put(Field::Nature, nature(person.kind, 'A'));
        row.put(Field::Plate, car.plate);
        row.put(Field::Vin, car.vin);
        row.put(Field::InvoiceNo, format!("{:08}", 10_000_000 + s.below(80_000_000)));
        row.put(
            Field::Price,
            Cell::Fen(if emitter.is_correction() { account.fen + 100 } else { account.fen }),
        );
        row.put(Field::FiledOn, Cell::Day(account.on));
        row.put(Field::State, "正常");
        emitter.row(
            row,
            &key,
            &[Link::person("payer", account.person, Some(life.vehicle.id)).reached(party.usable)],
            &party.flaws,
        )
    }

    /// `wecom/contact`: friends of the store's employees.
    pub(crate) fn contacts(&self, out: &mut Output) -> Result<(), SynthError> {
        let list = items(&self.shop.contacts, |c| Some(c.on));
        let feed = Feed { source: "wecom", kind: "contact", cadence: Cadence::Quarterly, lines: 1 };
        self.feed(out, &feed, &list, |emitter, index, row| self.contact_row(emitter, index, row))
    }

    fn contact_row(
        &self,
        emitter: &mut Emitter<'_, '_>,
        index: u32,
        row: &mut Row,
    ) -> Result<(), SynthError> {
        let shop = self.shop;
        let seed = shop.people.seed;
        let contact = &shop.contacts[index as usize];
        let life = &shop.lives[contact.life as usize];
        let mut s = self.stream("contact row", u64::from(index));
        row.clear();
        let person = shop.people.person(contact.person);
        let mut party = shop.clerk().party(&mut s, &person, contact.on);
        party.flaws.retain(|f| matches!(f.field, "name" | "mobile"));
        let external = person.external_userid(seed);
        row.put(Field::ExternalUserid, external.clone());
        row.put(Field::Unionid, person.unionid(seed));
        row.put(
            Field::Nickname,
            *s.pick(&[
                "平安是福",
                "阳光",
                "老王",
                "追风少年",
                "静",
                "A小雨",
                "微笑",
                "一路顺风",
                "随缘",
                "Leo",
                "云淡风轻",
                "天天向上",
            ]),
        );
        row.put(Field::Name, party.name.clone());
        if s.chance(0.8) {
            row.put(Field::Mobile, party.mobile.clone());
        }
        if contact.mini_program {
            row.put(Field::MiniMobile, person.mobile_on(contact.on));
            row.put(Field::Vin, life.vehicle.vin.clone());
        }
        row.put(Field::Gender, party.gender);
        let advisor = shop.staff.on_duty(&mut s, Job::Advisor, contact.on);
        row.put(Field::Advisor, advisor.code.clone());
        row.put(Field::AddedAt, Cell::At(contact.on, 9 * 3600 + s.below(9 * 3600)));
        row.put(Field::Channel, *s.pick(&["扫码添加", "活码", "名片分享", "小程序"]));
        if s.chance(0.6) {
            row.put(Field::Plate, life.plate_on(contact.on, shop.people.org));
        }
        row.put(Field::Tags, *s.pick(&["车主", "保养客户", "续保客户", "车主;VIP", ""]));
        row.put(
            Field::MarketingConsent,
            if s.chance(shop.people.params.engagement.consent) { "是" } else { "否" },
        );
        row.put(Field::NoContact, if person.no_contact { "是" } else { "否" });
        row.put(Field::LastInboundAt, Cell::At(contact.last_inbound, 9 * 3600 + s.below(12 * 3600)));
        row.put(Field::State, "正常");
        let key = format!("{external}+{}", advisor.code);
        let vehicle = Some(life.vehicle.id);
        emitter.row(row, &key, &[Link::person("owner", contact.person, vehicle).reached(true)], &party.flaws)
    }

    /// `hr/employee`: the roster at the end of each year, and at the cut.
    pub(crate) fn employees(&self, out: &mut Output) -> Result<(), SynthError> {
        let shop = self.shop;
        let from = shop.from.year().max(shop.store.opened.year()).max(2012);
        let people = shop.staff.people.len() as u32;
        let mut list = Vec::new();
        for year in from..=shop.today.plus(-1).year() {
            let end = Day::new(year, 12, 31).min(shop.today.plus(-1));
            for (i, e) in shop.staff.people.iter().enumerate() {
                let here = e.hired <= end && e.left.is_none_or(|l| l >= Day::new(year, 1, 1));
                if here {
                    list.push(Item { index: (year - from) as u32 * people + i as u32, day: end });
                }
            }
        }
        let feed = Feed { source: "hr", kind: "employee", cadence: Cadence::Yearly, lines: 1 };
        self.feed(out, &feed, &list, |emitter, index, row| {
            let employee = &shop.staff.people[(index % people) as usize];
            let end = Day::new(from + (index / people) as i32, 12, 31).min(shop.today.plus(-1));
            let (_, department, title, _) = POSITIONS[employee.position];
            let left = employee.left.filter(|l| *l <= end);
            row.clear();
            row.put(Field::EmployeeNo, employee.code.clone());
            row.put(Field::Name, employee.name.clone());
            row.put(Field::Gender, if employee.male { "男" } else { "女" });
            row.put(Field::Mobile, employee.mobile.clone());
            row.put(Field::Store, shop.store.name.clone());
            row.put(Field::Department, department);
            row.put(Field::Position, title);
            row.put(Field::HiredOn, Cell::Day(employee.hired));
            row.put(Field::LeftOn, left.map_or(Cell::Empty, Cell::Day));
            row.put(Field::State, if left.is_some() { "离职" } else { "在职" });
            emitter.row(
                row,
                &employee.code,
                &[Link { role: "employee", person: None, vehicle: None, reached: false }],
                &[],
            )
        })
    }
}
