//! The smaller systems of a store: leads, WeCom friends, used-car deals, invoices.

use std::collections::HashMap;

use super::{Account, Contact, Deal, Lead, LeadState, Shop};
use crate::calendar::Day;
use crate::ids::{PersonId, Role, VehicleId};
use crate::lives::Origin;

impl Shop<'_> {
    pub(super) fn make_leads(&self, per_sale: f64, enquiries: f64) -> Vec<Lead> {
        let mut out = Vec::new();
        let mut prospects = 0;
        for (i, life) in self.lives.iter().enumerate() {
            let Origin::Sold { .. } = life.origin else { continue };
            let mut s = self.stream("lead", i as u64);
            let on = life.vehicle.invoiced;
            if s.chance(0.35) {
                out.push(Lead { person: life.owner, on: on.plus(-s.range(3, 60)), state: LeadState::Won });
            }
            for _ in 0..s.round(per_sale) {
                let person = PersonId::new(self.store.idx, Role::Prospect, prospects);
                prospects += 1;
                for k in 0..1 + s.round(enquiries - 1.0) as i32 {
                    let on = on.plus(-s.range(0, 90) + k * s.range(20, 240));
                    let state = if s.chance(self.people.params.engagement.lead_fake) {
                        LeadState::Invalid
                    } else if on >= self.today.plus(-180) && s.chance(0.6) {
                        LeadState::Open
                    } else {
                        LeadState::Lost
                    };
                    out.push(Lead { person, on, state });
                }
            }
        }
        out.retain(|l| l.on >= self.from && l.on < self.today && l.on >= self.store.opened);
        out.sort_by_key(|l| (l.on, l.person));
        out
    }

    /// Friends: the share of living customers grows from nothing in 2019 to the store's level in mid-2022.
    pub(super) fn make_contacts(&self) -> Vec<Contact> {
        let start = self.store.wecom_from;
        let full = Day::new(2022, 6, 30);
        let mut seen: HashMap<PersonId, (u32, Day, Day)> = HashMap::new();
        let mut order = Vec::new();
        for visit in self.visits.iter().filter(|v| v.on >= start) {
            let entry = seen.entry(visit.owner).or_insert_with(|| {
                order.push(visit.owner);
                (visit.life, visit.on, visit.on)
            });
            entry.2 = visit.on;
        }
        let mut out = Vec::new();
        for person in order {
            let Some((life, on, last)) = seen.get(&person).copied() else { continue };
            let mut s = self.stream("contact", u64::from(person.0));
            let ramp = (f64::from(last.0 - start.0) / f64::from(full.0 - start.0).max(1.0)).clamp(0.15, 1.0);
            if !s.chance(self.store.wecom_share * ramp * 1.3) {
                continue;
            }
            let added = on.max(start).plus(s.range(0, 3));
            let last_inbound = added.max(last.plus(s.range(-20, 40)).min(self.today.plus(-1)));
            if added < self.today {
                out.push(Contact {
                    person,
                    life,
                    on: added,
                    mini_program: s.chance(self.people.params.engagement.mini_program),
                    last_inbound,
                });
            }
        }
        out.sort_by_key(|c| (c.on, c.person));
        out
    }

    pub(super) fn make_deals(&self) -> Vec<Deal> {
        let p = &self.people.params.sales;
        let start = self.store.used_car_from.max(self.from);
        let mut out = Vec::new();
        for (i, life) in self.lives.iter().enumerate() {
            let mut s = self.stream("deal", i as u64);
            let sold_on = life.vehicle.invoiced;
            let share = p.trade_in_2008
                + (p.trade_in_2022 - p.trade_in_2008) * f64::from(sold_on.year() - 2008) / 14.0;
            let replaces = life.purchase >= 2 && matches!(life.origin, Origin::Sold { .. });
            // Trade-ins come from replacing buyers, who are three in ten.
            if replaces && s.chance((share / 0.30).clamp(0.0, 1.0)) {
                let vehicle = VehicleId::new(self.store.idx, false, 1_000_000 + i as u32);
                out.push(Deal {
                    seller: life.owner,
                    life: None,
                    vehicle,
                    on: sold_on.plus(-s.range(0, 15)),
                    replacement: true,
                });
            }
            if let Some(t) = life.transfer
                && s.chance(self.people.params.vehicle.taken_in)
            {
                out.push(Deal {
                    seller: life.owner,
                    life: Some(i as u32),
                    vehicle: life.vehicle.id,
                    on: t,
                    replacement: false,
                });
            }
        }
        out.retain(|d| d.on >= start && d.on < self.today);
        out.sort_by_key(|d| (d.on, d.vehicle));
        out
    }

    /// Invoices of cars, and of a quarter of the service customers, while the ERP ran.
    pub(super) fn make_accounts(&self) -> Vec<Account> {
        let (start, end) = self.store.erp;
        let mut out = Vec::new();
        for (i, life) in self.lives.iter().enumerate() {
            let mut s = self.stream("account", i as u64);
            let on = life.vehicle.invoiced;
            if matches!(life.origin, Origin::Sold { .. }) {
                out.push(Account { person: life.owner, life: i as u32, on, fen: life.vehicle.price_fen });
            } else if s.chance(0.25) {
                out.push(Account { person: life.owner, life: i as u32, on: life.service.0, fen: 0 });
            }
        }
        out.retain(|a| a.on >= start.max(self.from) && a.on <= end && a.on < self.today);
        out.sort_by_key(|a| (a.on, a.life));
        out
    }
}
