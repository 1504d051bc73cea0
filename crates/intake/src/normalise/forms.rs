//! One function a form: which facts a row of it holds.

use jiff::civil::Date;
use kernel::vocab::{Entity, PartyKind, Source};
use kernel::{Flag, PartyName, RecordKey};

use super::cells::{means_nothing, micros};
use super::party::{self, add_keyed, add_named, blank, read_name, take_address, take_id, take_phones};
use super::vehicle::{self, MOST_KM, read_vehicle, short_name, take_mileage};
use super::{Draft, words};
use crate::catalogue::Field;
use crate::facts::*;
use crate::rules::{Finding, Rule, propose_day};

/// Customer archive: a customer, his vehicle, and that it is his.
pub(super) fn customer(draft: &mut Draft<'_, '_>) {
    let key = customer_key(draft);
    let name_field = if draft.cells.raw(Field::Name).is_empty() { Field::Nickname } else { Field::Name };
    let name = read_name(draft, name_field);
    let name_raw = draft.cells.raw(name_field).to_owned();
    let mut party = blank(draft, Origin::Archive, &name, &name_raw);
    party.birth_on = draft.cells.date(Field::Birthday);
    party.gender = draft.cells.gender(Field::Gender).or(party.gender);
    party.filed_on = draft.cells.date(Field::FiledOn);
    let added = draft.cells.time(Field::AddedAt).map(|at| at.date());
    party.filed_on = party.filed_on.or(added);
    take_phones(draft, &mut party, Field::Mobile, Some(Field::Phone2));
    // The mini-program's number was proved by the customer himself; what an employee typed comes second.
    let (proved, _) = draft.cells.phones(Field::MiniMobile);
    if proved.number.is_some() {
        let typed = std::mem::replace(&mut party.mobile, proved);
        if typed.number.is_some() && typed.number != party.mobile.number {
            party.phone2 = typed;
        }
    }
    let id = draft.cells.id_number(Field::IdNo);
    take_id(draft, &mut party, id);
    take_address(draft, &mut party, Field::Address);
    if party.kind == PartyKind::Unknown && is_company_nature(draft.cells.raw(Field::Nature)) {
        party.kind = PartyKind::Company;
    }
    party.unionid = draft.cells.raw(Field::Unionid).to_owned();
    party.external_userid = draft.cells.raw(Field::ExternalUserid).to_owned();
    party.advisor_code = draft.cells.code(Field::Advisor);
    party.do_not_contact = draft.cells.yes_no(Field::NoContact);
    party.marketing_consent = draft.cells.yes_no(Field::MarketingConsent);
    let last_inbound = draft.cells.time(Field::LastInboundAt).map(|at| at.date());
    party.seen_on = draft.changed_on.or(last_inbound).or(party.filed_on);
    let mut vehicle = read_vehicle(draft);
    if party::is_nobody(&party) {
        let finding = Finding::cell(Rule::Nobody, Field::Name, &name_raw);
        draft.facts.findings.push(finding);
        return;
    }
    let marks = party::party_marks(&party);
    party.head = draft.head(Entity::Customer, key.clone());
    party.head.marks = marks;
    let contradictions = draft.cells.marks.iter().filter(|m| m.code == "id_mismatch").copied();
    party.head.marks.extend(contradictions);
    let party_key = party.head.key;
    let (from_on, seen_on) = (party.filed_on, party.seen_on);
    draft.facts.parties.push(party);
    let Some(mut vehicle) = vehicle.take() else { return };
    vehicle.price_fen = draft.cells.fen(Field::Price);
    take_mileage(draft, &mut vehicle, Field::Mileage);
    let vehicle_name = match &vehicle.vin {
        Some(vin) => vin.clone(),
        None => format!("{key}+{}", short_name(Some(&vehicle))),
    };
    // Archives of ERP, WeCom and ledgers name the car of a customer in passing: their key holds the customer too.
    let source_key =
        if draft.context.source == Source::Dms { vehicle_name } else { format!("{key}+{vehicle_name}") };
    let marks = std::mem::take(&mut vehicle.head.marks);
    vehicle.head = draft.head(Entity::Vehicle, source_key.clone());
    vehicle.head.marks = marks;
    vehicle.owner_key = Some(party_key);
    vehicle.seen_on = seen_on;
    let from_on = vehicle.invoiced_on.or(vehicle.delivered_on).or(vehicle.registered_on).or(from_on);
    let ownership = OwnershipFact {
        head: draft.head(Entity::Ownership, format!("{key}+{source_key}")),
        party_key,
        vehicle_key: vehicle.head.key,
        role: if draft.context.source == Source::Wecom { "user" } else { "owner" },
        from_on,
        to_on: None,
    };
    draft.facts.vehicles.push(vehicle);
    draft.facts.ownerships.push(ownership);
}

fn customer_key(draft: &mut Draft<'_, '_>) -> String {
    let key = match draft.context.source {
        Source::Wecom => {
            let user = draft.cells.raw(Field::ExternalUserid).to_owned();
            let advisor = draft.cells.code(Field::Advisor);
            if user.is_empty() { user } else { format!("{user}+{advisor}") }
        }
        Source::Paper => paper_key(draft),
        _ => draft.document_no(Field::CustomerNo),
    };
    draft.withhold_without_key(&key, Field::CustomerNo);
    key
}

/// A line of a ledger has a page and a line, or a running number.
fn paper_key(draft: &mut Draft<'_, '_>) -> String {
    let page = draft.cells.code(Field::Page);
    let line = draft.cells.code(Field::LineNo);
    if !page.is_empty() {
        return format!("{page}-{line}");
    }
    let own = draft.cells.code(Field::CustomerNo);
    if own.is_empty() { draft.cells.code(Field::Seq) } else { own }
}

fn is_company_nature(raw: &str) -> bool {
    ["单位", "公司", "政府", "企业", "机关"].iter().any(|word| raw.contains(word))
}

/// The party a document means: by customer number if it has one, else by what it says of him.
fn named_owner(
    draft: &mut Draft<'_, '_>,
    vehicle: Option<&VehicleFact>,
    seen_on: Option<Date>,
) -> (Option<RecordKey>, PartyName, PhoneFact) {
    let customer_no = draft.document_no(Field::CustomerNo);
    let name = read_name(draft, Field::Name);
    let name_raw = draft.cells.raw(Field::Name).to_owned();
    let mut party = blank(draft, Origin::Owner, &name, &name_raw);
    take_phones(draft, &mut party, Field::Mobile, None);
    let phone = party.mobile.clone();
    if !customer_no.is_empty() {
        return (Some(draft.key(Entity::Customer, &customer_no)), name, phone);
    }
    let id = draft.cells.id_number(Field::IdNo);
    take_id(draft, &mut party, id);
    let key = add_named(draft, party, &short_name(vehicle), seen_on);
    (key, name, phone)
}

/// The date a record hangs on: absent or impossible, the row is withheld.
fn need_date<T>(
    draft: &mut Draft<'_, '_>,
    field: Field,
    read: impl FnOnce(&mut Draft<'_, '_>) -> Option<T>,
) -> Option<T> {
    let value = read(draft);
    if value.is_none() {
        let raw = draft.cells.raw(field).to_owned();
        let rule = if means_nothing(&raw) { Rule::MissingDate } else { Rule::ImpossibleDate };
        draft.facts.findings.push(Finding::cell(rule, field, &raw).proposing(propose_day(&raw)));
    }
    value
}

fn need_vehicle(draft: &mut Draft<'_, '_>) -> Option<VehicleFact> {
    let vehicle = read_vehicle(draft);
    if vehicle.is_none() {
        let raw = draft.cells.raw(Field::Vin).to_owned();
        draft.facts.findings.push(Finding::cell(Rule::NoVehicle, Field::Vin, &raw));
    }
    vehicle
}

/// A new-car sale.
pub(super) fn sale(draft: &mut Draft<'_, '_>) {
    let order_no = draft.document_no(Field::OrderNo);
    draft.withhold_without_key(&order_no, Field::OrderNo);
    let vehicle = need_vehicle(draft);
    let impossible = |d: &mut Draft<'_, '_>| d.cells.date(Field::InvoicedOn);
    let invoiced_on = need_date(draft, Field::InvoicedOn, impossible);
    let delivered_on = vehicle.as_ref().and_then(|v| v.delivered_on);
    let (party_key, ..) = named_owner(draft, vehicle.as_ref(), invoiced_on);
    let vehicle_key = vehicle.map(|v| vehicle::add_named(draft, v, "sale", invoiced_on));
    let fact = SaleFact {
        head: draft.head(Entity::Sale, order_no.clone()),
        party_key,
        vehicle_key,
        order_no,
        invoiced_on,
        delivered_on,
        advisor_code: draft.cells.code(Field::Advisor),
        price_fen: draft.cells.fen(Field::Price),
        guide_price_fen: draft.cells.fen(Field::GuidePrice),
        pay_kind: draft.cells.text(Field::PayKind),
        trade_in_fen: draft.cells.fen(Field::TradeIn),
        purchase_kind: draft.cells.text(Field::PurchaseKind),
    };
    if let (Some(party_key), Some(vehicle_key)) = (fact.party_key, fact.vehicle_key) {
        draft.facts.ownerships.push(OwnershipFact {
            head: draft.head(Entity::Ownership, format!("sale:{}", fact.order_no)),
            party_key,
            vehicle_key,
            role: "owner",
            from_on: delivered_on.or(invoiced_on),
            to_on: None,
        });
    }
    draft.facts.sale = Some(fact);
}

/// A repair order with, where the export has them, one item a row.
pub(super) fn repair_order(draft: &mut Draft<'_, '_>) {
    let mut order_no = draft.document_no(Field::OrderNo);
    if order_no.is_empty() && draft.context.source == Source::Paper {
        order_no = paper_key(draft);
    }
    draft.withhold_without_key(&order_no, Field::OrderNo);
    let opened = need_date(draft, Field::OpenedAt, |d| d.cells.time(Field::OpenedAt));
    let vehicle = need_vehicle(draft);
    let seen_on = opened.map(|at| at.date());
    let (party_key, owner, owner_phone) = named_owner(draft, vehicle.as_ref(), seen_on);
    let beside = short_name(vehicle.as_ref());
    let vehicle_key = vehicle.map(|v| vehicle::add_named(draft, v, "ro", seen_on));
    let deliverer_key = deliverer(draft, &owner, &owner_phone, party_key, &beside, seen_on);
    let settled = draft.cells.time(Field::SettledAt);
    if let (Some(opened), Some(settled)) = (opened, settled)
        && settled.date() < opened.date()
    {
        draft.cells.mark_code(Field::SettledAt, "before_opening");
    }
    let mileage_in = draft.cells.count(Field::MileageIn, MOST_KM).filter(|km| *km > 0);
    let mileage_out = draft.cells.count(Field::MileageOut, MOST_KM).filter(|km| *km > 0);
    if mileage_in.is_none() && draft.cells.mapping.has(Field::MileageIn) {
        draft.cells.mark(Field::MileageIn, Flag::Missing);
    }
    if let (Some(arrived), Some(left)) = (mileage_in, mileage_out)
        && left < arrived
    {
        draft.cells.mark_code(Field::MileageOut, "less_than_in");
    }
    let mut head = draft.head(Entity::RepairOrder, order_no.clone());
    let order_key = head.key;
    let fact = OrderFact {
        party_key,
        deliverer_key,
        vehicle_key,
        kind: draft.cells.text(Field::RoKind),
        repair_kind: draft.cells.text(Field::RepairKind),
        state: draft.cells.text(Field::State),
        opened_at: opened.map(micros),
        settled_at: settled.map(micros),
        delivered_at: draft.cells.time(Field::DeliveredAt).map(micros),
        mileage_in,
        mileage_out,
        odometer_replaced: draft.cells.yes_no(Field::OdoReplaced),
        odometer_total_change: draft.cells.count(Field::OdoTotalChange, MOST_KM),
        advisor_code: draft.cells.code(Field::Advisor),
        technician_code: draft.cells.code(Field::Technician),
        labour_fen: draft.cells.fen(Field::Labour),
        parts_fen: draft.cells.fen(Field::Parts),
        paid_fen: draft.cells.fen(Field::Paid),
        complaint: draft.cells.text(Field::Complaint),
        next_due_on: draft.cells.date(Field::NextDueOn),
        next_due_km: draft.cells.count(Field::NextDueKm, MOST_KM),
        head: {
            head.marks = draft.cells.marks.iter().filter(|m| is_order_mark(m)).copied().collect();
            head
        },
        order_no: order_no.clone(),
    };
    draft.facts.order = Some(fact);
    item(draft, &order_no, order_key);
}

fn is_order_mark(mark: &Mark) -> bool {
    !vehicle::is_vehicle_mark(mark)
        && !matches!(mark.field, Field::Name | Field::Mobile | Field::Deliverer | Field::DelivererMobile)
        && !matches!(mark.field, Field::Quantity | Field::Hours | Field::Amount)
}

/// Who brought the car, if it was not the owner.
fn deliverer(
    draft: &mut Draft<'_, '_>,
    owner: &PartyName,
    owner_phone: &PhoneFact,
    party_key: Option<RecordKey>,
    beside: &str,
    seen_on: Option<Date>,
) -> Option<RecordKey> {
    let raw = draft.cells.raw(Field::Deliverer).to_owned();
    let phone_raw = draft.cells.raw(Field::DelivererMobile);
    if means_nothing(&raw) && means_nothing(phone_raw) {
        return None;
    }
    let name = if means_nothing(&raw) { PartyName::read("") } else { read_name(draft, Field::Deliverer) };
    let mut person = blank(draft, Origin::Deliverer, &name, &raw);
    let (phone, _) = draft.cells.phones(Field::DelivererMobile);
    person.mobile = phone;
    person.gender = draft.cells.gender(Field::DelivererGender).or(person.gender);
    let same_name = person.name.is_none() || person.name.as_deref() == party::name_text(owner);
    let same_phone = person.mobile.number.is_none() || person.mobile.number == owner_phone.number;
    if same_name && same_phone {
        return party_key;
    }
    add_named(draft, person, beside, seen_on)
}

fn item(draft: &mut Draft<'_, '_>, order_no: &str, order_key: RecordKey) {
    let item_name = draft.cells.text(Field::ItemName);
    let item_code = draft.cells.code(Field::ItemCode);
    if item_name.is_empty() && item_code.is_empty() {
        return;
    }
    let line = draft.cells.code(Field::LineNo);
    let line_no = line.parse::<i32>().ok();
    // Without a line number the item itself tells lines apart.
    let place = if line.is_empty() { format!("{item_code}/{item_name}") } else { line };
    let first_mark = draft.cells.marks.len();
    let quantity = draft.cells.ten_thousandths(Field::Quantity);
    let hours = draft.cells.ten_thousandths(Field::Hours);
    let amount_fen = draft.cells.fen(Field::Amount);
    let mut head = draft.head(Entity::RepairItem, format!("{order_no}#{place}"));
    head.marks = draft.cells.marks[first_mark..].to_vec();
    let kind = match draft.cells.raw(Field::ItemKind) {
        "工时" | "维修" | "人工" | "作业" | "项目" => Some("labour"),
        "配件" | "零件" | "材料" | "备件" | "精品" => Some("part"),
        _ => None,
    };
    draft.facts.item =
        Some(ItemFact { head, order_key, line_no, item_code, item_name, kind, quantity, hours, amount_fen });
}

/// An insurance policy: compulsory and commercial cover in one row.
pub(super) fn policy(draft: &mut Draft<'_, '_>) {
    let compulsory_no = draft.document_no(Field::CompulsoryNo);
    let commercial_no = draft.document_no(Field::CommercialNo);
    let key = if compulsory_no.is_empty() { commercial_no.clone() } else { compulsory_no.clone() };
    draft.withhold_without_key(&key, Field::CompulsoryNo);
    let vehicle = need_vehicle(draft);
    let issued_on = draft.cells.date(Field::IssuedOn);
    let first_mark = draft.cells.marks.len();
    let compulsory_ends_on = draft.cells.date(Field::CompulsoryEndsOn);
    let commercial_ends_on = draft.cells.date(Field::CommercialEndsOn);
    for (no, ends, field) in [
        (&compulsory_no, compulsory_ends_on, Field::CompulsoryEndsOn),
        (&commercial_no, commercial_ends_on, Field::CommercialEndsOn),
    ] {
        if !no.is_empty() && ends.is_none() && draft.cells.raw(field).is_empty() {
            draft.cells.mark(field, Flag::Missing);
        }
    }
    if let (Some(a), Some(b)) = (compulsory_ends_on, commercial_ends_on)
        && a != b
    {
        draft.cells.mark_code(Field::CommercialEndsOn, "ends_differ");
    }
    let marks = draft.cells.marks[first_mark..].to_vec();
    let (party_key, insured_key) = policy_parties(draft, vehicle.as_ref(), issued_on);
    let vehicle_key = vehicle.map(|v| vehicle::add_named(draft, v, "policy", issued_on));
    let mut head = draft.head(Entity::Policy, key);
    head.marks = marks;
    let insurer = words::insurer(draft.cells.raw(Field::Insurer));
    let raw_insurer = draft.cells.raw(Field::Insurer);
    draft.cells.note(Field::Insurer, raw_insurer, &insurer);
    draft.facts.policy = Some(PolicyFact {
        head,
        party_key,
        insured_key,
        vehicle_key,
        insurer,
        compulsory_no,
        compulsory_ends_on,
        commercial_no,
        commercial_ends_on,
        compulsory_fen: draft.cells.fen(Field::Compulsory),
        commercial_fen: draft.cells.fen(Field::Commercial),
        tax_fen: draft.cells.fen(Field::Tax),
        paid_fen: draft.cells.fen(Field::Paid),
        issued_on,
        renewal_category: draft.cells.text(Field::RenewalKind),
        agent_code: draft.cells.code(Field::Agent),
        extra: extra_json(draft),
    });
}

/// Owner and insured. The contact's phone belongs to whichever of them has the contact's name; a company is reached
/// through its contact; a third person's phone is the insured's second one.
fn policy_parties(
    draft: &mut Draft<'_, '_>,
    vehicle: Option<&VehicleFact>,
    issued_on: Option<Date>,
) -> (Option<RecordKey>, Option<RecordKey>) {
    let beside = short_name(vehicle);
    let owner_name = read_name(draft, Field::Name);
    let owner_raw = draft.cells.raw(Field::Name).to_owned();
    let insured_raw = draft.cells.raw(Field::Insured).to_owned();
    let same = insured_raw.is_empty() || insured_raw == owner_raw;
    let insured_name = if same { owner_name.clone() } else { read_name(draft, Field::Insured) };
    let mut insured =
        blank(draft, Origin::Insured, &insured_name, if same { &owner_raw } else { &insured_raw });
    let id = draft.cells.id_number(Field::IdNo);
    take_id(draft, &mut insured, id);
    let contact = PartyName::read(draft.cells.raw(Field::Contact));
    let contact_is = |name: &PartyName| {
        matches!(contact, PartyName::Nobody(_)) || party::name_text(&contact) == party::name_text(name)
    };
    let (phone, _) = draft.cells.phones(Field::Mobile);
    let owner_is_insured = same || party::name_text(&owner_name) == party::name_text(&insured_name);
    let mut owner = blank(draft, Origin::Owner, &owner_name, &owner_raw);
    if contact_is(&insured_name) || insured.kind == PartyKind::Company {
        insured.mobile = phone;
    } else if !owner_is_insured && contact_is(&owner_name) {
        owner.mobile = phone;
    } else {
        insured.phone2 = phone;
    }
    let insured_key = add_named(draft, insured, &beside, issued_on);
    if owner_is_insured {
        return (insured_key, insured_key);
    }
    (add_named(draft, owner, &beside, issued_on), insured_key)
}

/// The rest of the sixty columns, as they stand.
fn extra_json(draft: &Draft<'_, '_>) -> String {
    const OWN: &[Field] = &[
        Field::Vin,
        Field::Plate,
        Field::RegisteredOn,
        Field::EngineNo,
        Field::Brand,
        Field::Model,
        Field::Name,
        Field::Insured,
        Field::IdNo,
        Field::Contact,
        Field::Mobile,
        Field::Insurer,
        Field::CompulsoryNo,
        Field::CompulsoryEndsOn,
        Field::CommercialNo,
        Field::CommercialEndsOn,
        Field::Compulsory,
        Field::Commercial,
        Field::Tax,
        Field::Paid,
        Field::IssuedOn,
        Field::RenewalKind,
        Field::Agent,
        Field::Seq,
        Field::Store,
        // The invoice title is a name, and names do not belong into a bag of columns.
        Field::InvoiceTitle,
    ];
    let mut extra = serde_json::Map::new();
    for (field, column) in draft.cells.mapping.fields() {
        let raw = draft.cells.row.cell(column);
        if !OWN.contains(&field) && !means_nothing(raw) {
            extra.insert(field.code().to_owned(), serde_json::Value::String(raw.to_owned()));
        }
    }
    serde_json::Value::Object(extra).to_string()
}

/// A used car that was bought or taken in payment.
pub(super) fn used_car_deal(draft: &mut Draft<'_, '_>) {
    let deal_no = draft.document_no(Field::DealNo);
    draft.withhold_without_key(&deal_no, Field::DealNo);
    let dealt_on = need_date(draft, Field::DealtOn, |d| d.cells.date(Field::DealtOn));
    let mut vehicle = need_vehicle(draft);
    let name = read_name(draft, Field::Name);
    let name_raw = draft.cells.raw(Field::Name).to_owned();
    let mut seller = blank(draft, Origin::Seller, &name, &name_raw);
    take_phones(draft, &mut seller, Field::Mobile, None);
    let id = draft.cells.id_number(Field::IdNo);
    take_id(draft, &mut seller, id);
    let party_key = add_keyed(draft, seller, format!("seller:{deal_no}"), dealt_on);
    let mileage_km = draft.cells.count(Field::Mileage, MOST_KM).filter(|km| *km > 0);
    if let Some(vehicle) = &mut vehicle {
        vehicle.mileage_km = mileage_km;
        vehicle.mileage_on = dealt_on;
        vehicle.owner_key = party_key;
    }
    let vehicle_key = vehicle.map(|v| vehicle::add_named(draft, v, "deal", dealt_on));
    draft.facts.deal = Some(DealFact {
        head: draft.head(Entity::UsedCarDeal, deal_no),
        party_key,
        vehicle_key,
        kind: draft.cells.text(Field::DealKind),
        dealt_on,
        price_fen: draft.cells.fen(Field::Price),
        mileage_km,
        channel: draft.cells.text(Field::Channel),
        appraiser_code: draft.cells.code(Field::Appraiser),
    });
}

/// A sales lead.
pub(super) fn lead(draft: &mut Draft<'_, '_>) {
    let lead_no = draft.document_no(Field::LeadNo);
    draft.withhold_without_key(&lead_no, Field::LeadNo);
    let created = draft.cells.time(Field::CreatedAt);
    let name = read_name(draft, Field::Name);
    let name_raw = draft.cells.raw(Field::Name).to_owned();
    let mut person = blank(draft, Origin::Lead, &name, &name_raw);
    person.gender = draft.cells.gender(Field::Gender).or(person.gender);
    take_phones(draft, &mut person, Field::Mobile, None);
    person.advisor_code = draft.cells.code(Field::Advisor);
    if party::is_nobody(&person) {
        draft.facts.findings.push(Finding::cell(Rule::Nobody, Field::Name, &name_raw));
    }
    let advisor_code = person.advisor_code.clone();
    let party_key = add_keyed(draft, person, format!("lead:{lead_no}"), created.map(|at| at.date()));
    let brand_raw = draft.cells.text(Field::Brand);
    let store = draft.facts.store;
    let brand_id = if brand_raw.is_empty() {
        draft.context.brands.only_brand_of(store)
    } else {
        draft.context.brands.find(&brand_raw, store)
    };
    draft.facts.lead = Some(LeadFact {
        head: draft.head(Entity::Lead, lead_no),
        party_key,
        channel: draft.cells.text(Field::Channel),
        created_at: created.map(micros),
        grade: draft.cells.text(Field::Grade),
        state: draft.cells.text(Field::State),
        brand_id,
        series: draft.cells.text(Field::Series),
        advisor_code,
    });
}

/// A line of the staff roster.
pub(super) fn employee(draft: &mut Draft<'_, '_>) {
    let code = draft.document_no(Field::EmployeeNo);
    draft.withhold_without_key(&code, Field::EmployeeNo);
    let name = read_name(draft, Field::Name);
    let (mobile, _) = draft.cells.phones(Field::Mobile);
    draft.facts.employee = Some(EmployeeFact {
        head: draft.head(Entity::Employee, code.clone()),
        code,
        name: party::name_text(&name).map(str::to_owned),
        mobile,
        department: draft.cells.text(Field::Department),
        position: draft.cells.text(Field::Position),
        hired_on: draft.cells.date(Field::HiredOn),
        left_on: draft.cells.date(Field::LeftOn),
    });
}
