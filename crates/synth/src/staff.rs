//! Employees: seats of a store and the people who held them one after the other.

use crate::calendar::Day;
use crate::ids::{PersonId, Role, mobile_number};
use crate::names;
use crate::org::{Org, Store};
use crate::params::Params;
use crate::rng::Stream;

/// Positions in the order of `staff.shares`: letter of the employee code, department,
/// title, business line.
pub(crate) static POSITIONS: [(char, &str, &str, &str); 11] = [
    ('S', "销售部", "销售顾问", "整车销售"),
    ('D', "市场部", "DCC专员", "整车销售"),
    ('A', "售后服务部", "服务顾问", "售后维修"),
    ('T', "售后服务部", "机电技师", "售后维修"),
    ('B', "售后服务部", "钣喷技师", "售后维修"),
    ('P', "配件部", "配件专员", "售后维修"),
    ('R', "保险部", "续保专员", "保险"),
    ('K', "客户关系部", "客服专员", "客户服务"),
    ('F', "财务部", "财务会计", "财务"),
    ('M', "综合管理部", "部门经理", "综合管理"),
    ('O', "综合管理部", "行政专员", "综合管理"),
];

/// What an employee does; index into [`POSITIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    Sales = 0,
    Dcc = 1,
    Advisor = 2,
    Technician = 3,
    Renewal = 6,
    Manager = 9,
}

/// One employment.
#[derive(Debug, Clone)]
pub(crate) struct Employee {
    pub code: String,
    pub name: String,
    pub male: bool,
    pub mobile: String,
    pub position: usize,
    pub hired: Day,
    pub left: Option<Day>,
}

/// All employments of a store since it opened.
#[derive(Debug)]
pub(crate) struct Staff {
    pub people: Vec<Employee>,
    /// Per position: seats, each a list of indexes into `people` in time order.
    seats: Vec<Vec<Vec<usize>>>,
}

impl Staff {
    /// The staff of a store; pure in (seed, store).
    pub(crate) fn of_store(seed: u64, store: &Store, p: &Params, today: Day) -> Self {
        let mut s = Stream::new(seed, "staff", u64::from(store.idx));
        let size = (p.staff.mean + p.staff.sd * s.normal())
            .round()
            .clamp(f64::from(p.staff.min), f64::from(p.staff.max));
        let no_renewal = s.chance(p.staff.no_renewal_team) && store.idx > 0;
        let counts: Vec<u32> = (0..POSITIONS.len())
            .map(|k| {
                if k == Job::Renewal as usize && no_renewal {
                    0
                } else {
                    ((size * p.staff.shares[k]).round() as u32).max(1)
                }
            })
            .collect();
        Self::fill(&mut s, &store.code, store.idx, &counts, store.opened, today, p)
    }

    /// Head office, counted as one more store after the last.
    pub(crate) fn of_headquarters(seed: u64, org: &Org, p: &Params) -> Self {
        let idx = org.stores.len() as u8;
        let mut s = Stream::new(seed, "staff", u64::from(idx));
        let size = (p.staff.headquarters as f64 * org.stores.len() as f64 / 76.0).max(14.0);
        let mut counts = [0_u32; 11];
        for (k, share) in [(6, 0.1), (7, 0.25), (8, 0.25), (9, 0.25), (10, 0.15)] {
            counts[k] = ((size * share).round() as u32).max(2);
        }
        let opened = org.stores.iter().map(|s| s.opened).min().unwrap_or(Day(0));
        Self::fill(&mut s, "HQ", idx, &counts, opened, org.today, p)
    }

    fn fill(
        s: &mut Stream,
        code: &str,
        idx: u8,
        counts: &[u32],
        opened: Day,
        today: Day,
        p: &Params,
    ) -> Self {
        let mut people = Vec::new();
        let mut seats = Vec::new();
        for (k, &n) in counts.iter().enumerate() {
            let mut number = 0;
            let mut held = Vec::new();
            for _ in 0..n {
                let mut chain = Vec::new();
                let mut hired = opened.plus(-s.range(0, 60));
                while hired < today && chain.len() < 40 {
                    let tenure = (90.0 + s.exponential(365.0 / p.staff.turnover[k])).min(20_000.0) as i32;
                    let until = hired.plus(tenure);
                    number += 1;
                    let male = s.chance(if matches!(k, 3 | 4) { 0.96 } else { 0.5 });
                    let surname = names::surname(s);
                    chain.push(people.len());
                    people.push(Employee {
                        code: format!("{code}-{}{number:03}", POSITIONS[k].0),
                        name: names::full_name(s, surname, male),
                        male,
                        mobile: mobile_number(PersonId::new(idx, Role::Staff, people.len() as u32), 0),
                        position: k,
                        hired,
                        left: (until < today).then_some(until),
                    });
                    hired = until.plus(s.range(3, 30));
                }
                held.push(chain);
            }
            seats.push(held);
        }
        Staff { people, seats }
    }

    /// Who holds one of the seats of a job on that day; falls back to a manager when
    /// the store has nobody for the job.
    pub(crate) fn on_duty(&self, s: &mut Stream, job: Job, on: Day) -> &Employee {
        let seats = match self.seats.get(job as usize) {
            Some(seats) if !seats.is_empty() => seats,
            _ => &self.seats[Job::Manager as usize],
        };
        let chain = s.pick(seats);
        let held =
            chain.iter().rev().find(|&&i| self.people[i].hired <= on).or(chain.first()).copied().unwrap_or(0);
        &self.people[held]
    }

    /// Employees still here on that day.
    pub(crate) fn current(&self, on: Day) -> impl Iterator<Item = &Employee> {
        self.people.iter().filter(move |e| e.hired <= on && e.left.is_none_or(|l| l > on))
    }
}
