//! Truth tables and oracles of one store, as CSV text without headers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::brands::COLOURS;
use crate::calendar::Day;
use crate::exports::Output;
use crate::ids::{PersonId, Role};
use crate::insurance::Category;
use crate::lives::{Life, Origin};
use crate::people::{Kind, Person};
use crate::service::VisitKind;
use crate::shop::{LeadState, Shop};

/// Names and headers of the truth tables, in the order of [`Tables::parts`].
pub(crate) const TABLES: [(&str, &str); 10] = [
    ("row_truth", "file,row_no,sheet_row,source_key,role,person_id,vehicle_id"),
    ("injected_defects", "file,row_no,field,defect,clean,dirty"),
    (
        "person_truth",
        "person_id,kind,name,contact,gender,birth_on,id_no,mobile,city,address,internal,do_not_contact",
    ),
    ("contact_truth", "person_id,mobile,from_on,to_on"),
    (
        "vehicle_truth",
        "vehicle_id,vin,plate,engine_no,brand,series,model,colour,energy,use_kind,invoiced_on,registered_on,scrapped_on",
    ),
    ("ownership_truth", "vehicle_id,person_id,role,from_on,to_on"),
    ("renewal_category_truth", "store_code,vehicle_id,expires_on,category,in_service_not_insured,issued_on"),
    (
        "due_date_truth",
        "store_code,vehicle_id,last_on,last_km,next_km,due_by_time,due_by_km,due_on,decided_by",
    ),
    ("kpi_renewal", "store_code,month,category,expiring,renewed"),
    ("kpi_first_maintenance", "store_code,month,due,done"),
];

/// What a store knows about a person; the input of the validity rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    pub person: PersonId,
    pub last_order: Option<Day>,
    pub last_purchase: Option<Day>,
    pub policy_until: Option<Day>,
    pub last_inbound: Option<Day>,
    /// Day of an enquiry that is still open.
    pub open_lead: Option<Day>,
    pub reachable: bool,
    pub internal: bool,
    /// Owns or uses a car, by the truth and as far as the data can show.
    pub holds: bool,
    pub seems_to_hold: bool,
}

/// The tables of one store.
#[derive(Default)]
pub(crate) struct Tables {
    pub parts: [String; 10],
    /// Persons first met in another store: person and contact lines by id, used when
    /// that store never wrote them.
    pub foreign: BTreeMap<PersonId, (String, String)>,
    pub evidence: Vec<Evidence>,
}

/// Everything the truth says about a store whose files are written.
pub(crate) fn tables(shop: &Shop<'_>, output: &mut Output) -> Tables {
    let mut out = Tables::default();
    out.parts[0] = std::mem::take(&mut output.row_truth);
    out.parts[1] = std::mem::take(&mut output.defects);
    let people = persons(shop, output);
    for (id, person) in &people {
        let lines = (person_line(shop, person), contact_lines(shop, person));
        if id.store() == shop.store.idx {
            out.parts[2].push_str(&lines.0);
            out.parts[3].push_str(&lines.1);
        } else {
            out.foreign.insert(*id, lines);
        }
    }
    for life in shop.lives.iter().filter(|l| l.origin != Origin::Moved) {
        vehicle_lines(shop, life, &mut out);
    }
    for deal in shop.deals.iter().filter(|d| d.life.is_none()) {
        let v = deal.vehicle(shop);
        let plate = v.plate(0, shop.store);
        vehicle_line(&mut out.parts[4], &v, &plate, None);
        let _ =
            writeln!(out.parts[5], "{},{},owner,{},{}", v.id, deal.seller, v.delivered.iso(), deal.on.iso());
    }
    renewals(shop, &mut out);
    due_dates(shop, &mut out.parts[7]);
    first_maintenance(shop, &mut out.parts[9]);
    out.evidence = evidence(shop, output, &people);
    out
}

/// The persons the files speak of.
fn persons(shop: &Shop<'_>, output: &Output) -> BTreeMap<PersonId, Person> {
    let mut owners: BTreeMap<PersonId, PersonId> = BTreeMap::new();
    for life in &shop.lives {
        if let Some(d) = life.deliverer {
            owners.insert(d, life.owner);
        }
    }
    output
        .seen
        .keys()
        .map(|id| {
            let person = match (id.role(), owners.get(id)) {
                (Role::Deliverer, Some(owner)) => shop.people.deliverer(*id, &shop.people.person(*owner)),
                _ => shop.people.person(*id),
            };
            (*id, person)
        })
        .collect()
}

fn iso(day: Option<Day>) -> String {
    day.map_or(String::new(), Day::iso)
}

fn person_line(shop: &Shop<'_>, p: &Person) -> String {
    let kind = match p.kind {
        Kind::Private => "person",
        Kind::Company => "company",
        Kind::Public => "public",
    };
    let birth = if p.is_private() { p.birth.iso() } else { String::new() };
    format!(
        "{},{kind},{},{},{},{birth},{},{},{},{},{},{}\n",
        p.id,
        p.name,
        p.contact,
        if !p.is_private() {
            ""
        } else if p.male {
            "m"
        } else {
            "f"
        },
        p.id_no,
        p.mobile_on(shop.today),
        p.city,
        p.address(),
        u8::from(p.internal),
        u8::from(p.no_contact),
    )
}

fn contact_lines(shop: &Shop<'_>, p: &Person) -> String {
    let mut out = String::new();
    let mut from: Option<Day> = None;
    for change in p.changes().into_iter().filter(|c| *c < shop.today) {
        let _ = writeln!(out, "{},{},{},{}", p.id, p.mobile_on(change.plus(-1)), iso(from), change.iso());
        from = Some(change);
    }
    let _ = writeln!(out, "{},{},{},", p.id, p.mobile_on(shop.today), iso(from));
    out
}

fn vehicle_line(out: &mut String, v: &crate::vehicles::Vehicle, plate: &str, scrapped: Option<Day>) {
    let b = v.brand();
    let (series, model, _) = b.models[v.model];
    let energy = if v.is_electric() { "ev" } else { "ice" };
    let _ = writeln!(
        out,
        "{},{},{plate},{},{},{series},{model},{},{energy},{},{},{},{}",
        v.id,
        v.vin,
        v.engine,
        b.code,
        COLOURS[v.colour],
        v.used_as.zh(),
        v.invoiced.iso(),
        v.registered.iso(),
        iso(scrapped)
    );
}

fn vehicle_lines(shop: &Shop<'_>, life: &Life, out: &mut Tables) {
    let v = &life.vehicle;
    vehicle_line(&mut out.parts[4], v, &life.plate_on(shop.today, shop.people.org), life.scrapped);
    for (person, from, to) in life.periods() {
        let _ = writeln!(out.parts[5], "{},{person},owner,{},{}", v.id, from.iso(), iso(to));
    }
    if let Some(user) = life.deliverer {
        let end = life.transfer.or(life.scrapped);
        let _ = writeln!(out.parts[5], "{},{user},user,{},{}", v.id, v.delivered.iso(), iso(end));
    }
}

/// Category of every expiry, and the counts of the renewal rates per month.
fn renewals(shop: &Shop<'_>, out: &mut Tables) {
    let code = &shop.store.code;
    let mut months: BTreeMap<(i32, Category), (u32, u32)> = BTreeMap::new();
    let mut pool: BTreeMap<i32, (u32, u32)> = BTreeMap::new();
    for cycle in shop.cycles.iter().filter(|c| c.start >= shop.from) {
        let expires = cycle.start.plus(-1);
        let issued = cycle.issued.map(|i| i.on);
        let _ = writeln!(
            out.parts[6],
            "{code},{},{},{},{},{}",
            shop.lives[cycle.life as usize].vehicle.id,
            expires.iso(),
            cycle.category.zh(),
            u8::from(cycle.in_service),
            iso(issued)
        );
        // A month counts once its expiries can no longer be renewed late (30 days).
        if cycle.category == Category::New || expires.plus(30) >= shop.today {
            continue;
        }
        let month = expires.month_index();
        let renewed = u32::from(issued.is_some());
        let entry = months.entry((month, cycle.category)).or_default();
        *entry = (entry.0 + 1, entry.1 + renewed);
        if cycle.in_service {
            let entry = pool.entry(month).or_default();
            *entry = (entry.0 + 1, entry.1 + renewed);
        }
    }
    let label = |m: i32| format!("{}-{:02}", m.div_euclid(12), m.rem_euclid(12) + 1);
    for ((month, category), (expiring, renewed)) in months {
        let _ = writeln!(out.parts[8], "{code},{},{},{expiring},{renewed}", label(month), category.zh());
    }
    for (month, (expiring, renewed)) in pool {
        let _ = writeln!(out.parts[8], "{code},{},在修不在保,{expiring},{renewed}", label(month));
    }
}

/// Next maintenance of every living car with a maintenance visit: by months, by
/// kilometres at the car's true daily distance, whichever comes first.
fn due_dates(shop: &Shop<'_>, out: &mut String) {
    let mut last: BTreeMap<u32, usize> = BTreeMap::new();
    for (i, visit) in shop.visits.iter().enumerate().filter(|(_, v)| v.kind.is_maintenance()) {
        last.insert(visit.life, i);
    }
    for (life, visit) in last {
        let life = &shop.lives[life as usize];
        let visit = &shop.visits[visit];
        let Some((by_time, next_km)) = visit.next.filter(|_| life.scrapped.is_none()) else { continue };
        let per_day = life.vehicle.km_per_day(visit.on);
        let by_km = visit.on.plus((f64::from(next_km - visit.km) / per_day).round() as i32);
        let decided = if by_km < by_time { "km" } else { "months" };
        let _ = writeln!(
            out,
            "{},{},{},{},{next_km},{},{},{},{decided}",
            shop.store.code,
            life.vehicle.id,
            visit.on.iso(),
            visit.km,
            by_time.iso(),
            by_km.iso(),
            by_km.min(by_time).iso()
        );
    }
}

/// Cars sold here whose twelve months end in a month, and how many had their first maintenance here by then.
fn first_maintenance(shop: &Shop<'_>, out: &mut String) {
    let mut done: BTreeMap<u32, Day> = BTreeMap::new();
    for visit in shop.visits.iter().filter(|v| v.kind == VisitKind::First) {
        done.entry(visit.life).or_insert(visit.on);
    }
    let mut months: BTreeMap<i32, (u32, u32)> = BTreeMap::new();
    for (i, life) in shop.lives.iter().enumerate() {
        let limit = life.vehicle.invoiced.plus_months(12);
        let sold_in_time = matches!(life.origin, Origin::Sold { .. }) && life.vehicle.invoiced >= shop.from;
        if !sold_in_time || limit >= shop.today {
            continue;
        }
        let entry = months.entry(limit.month_index()).or_default();
        let in_time = done.get(&(i as u32)).is_some_and(|d| *d <= limit);
        *entry = (entry.0 + 1, entry.1 + u32::from(in_time));
    }
    for (month, (due, done)) in months {
        let _ = writeln!(
            out,
            "{},{}-{:02},{due},{done}",
            shop.store.code,
            month.div_euclid(12),
            month.rem_euclid(12) + 1
        );
    }
}

fn evidence(shop: &Shop<'_>, output: &Output, people: &BTreeMap<PersonId, Person>) -> Vec<Evidence> {
    let mut map: BTreeMap<PersonId, Evidence> = output
        .seen
        .iter()
        .map(|(id, reachable)| {
            let internal = people.get(id).is_some_and(|p| p.internal);
            let e = Evidence {
                person: *id,
                last_order: None,
                last_purchase: None,
                policy_until: None,
                last_inbound: None,
                open_lead: None,
                reachable: *reachable,
                internal,
                holds: false,
                seems_to_hold: false,
            };
            (*id, e)
        })
        .collect();
    let mut note = |id: PersonId, change: &dyn Fn(&mut Evidence)| {
        if let Some(e) = map.get_mut(&id) {
            change(e);
        }
    };
    for visit in shop.visits.iter().filter(|v| v.on >= shop.from) {
        note(visit.owner, &|e| e.last_order = e.last_order.max(Some(visit.on)));
        if let Some(d) = visit.deliverer {
            note(d, &|e| e.last_order = e.last_order.max(Some(visit.on)));
        }
    }
    for issued in shop.cycles.iter().filter_map(|c| c.issued) {
        let until = issued.commercial_ends.max(issued.compulsory_ends);
        note(issued.owner, &|e| e.policy_until = e.policy_until.max(Some(until)));
    }
    for contact in &shop.contacts {
        note(contact.person, &|e| e.last_inbound = e.last_inbound.max(Some(contact.last_inbound)));
    }
    for lead in &shop.leads {
        note(lead.person, &|e| {
            e.last_inbound = e.last_inbound.max(Some(lead.on));
            if lead.state == LeadState::Open {
                e.open_lead = e.open_lead.max(Some(lead.on));
            }
        });
    }
    let taken_in: std::collections::HashSet<u32> = shop.deals.iter().filter_map(|d| d.life).collect();
    for (i, life) in shop.lives.iter().enumerate() {
        if matches!(life.origin, Origin::Sold { .. }) {
            note(life.owner, &|e| e.last_purchase = e.last_purchase.max(Some(life.vehicle.invoiced)));
        }
        let alive = life.scrapped.is_none();
        let kept = alive && life.transfer.is_none();
        let known_gone = output.marked.contains(&life.vehicle.id)
            || taken_in.contains(&(i as u32))
            || output.seen.contains_key(&life.successor);
        let seems = life.transfer.is_none() || !known_gone;
        for id in [Some(life.owner), life.deliverer].into_iter().flatten() {
            note(id, &|e| {
                e.holds |= kept;
                e.seems_to_hold |= seems;
            });
        }
        if life.transfer.is_some() {
            note(life.successor, &|e| {
                e.holds |= alive;
                e.seems_to_hold = true;
            });
        }
    }
    map.into_values().collect()
}
