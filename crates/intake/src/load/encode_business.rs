//! How the facts of the trade (sales, orders, policies, deals, leads, employees) are hashed and encoded; parties,
//! vehicles and ownerships stand in `encode`.

use super::encode::{Buffer, Fact, base, key, phone_hash};
use crate::facts::*;

impl Fact for SaleFact {
    const TABLE: Table = Table::Sale;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        base(&self.head)
            .number(key(self.party_key))
            .number(key(self.vehicle_key))
            .date(self.invoiced_on)
            .date(self.delivered_on)
            .text(&self.advisor_code)
            .number(self.price_fen)
            .number(self.guide_price_fen)
            .text(&self.pay_kind)
            .number(self.trade_in_fen)
            .text(&self.purchase_kind)
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.i64(key(self.party_key));
        out.i64(key(self.vehicle_key));
        out.text(&self.order_no);
        out.date(self.invoiced_on);
        out.date(self.delivered_on);
        out.some_text(&self.advisor_code);
        out.i64(self.price_fen);
        out.i64(self.guide_price_fen);
        out.some_text(&self.pay_kind);
        out.i64(self.trade_in_fen);
        out.some_text(&self.purchase_kind);
    }
}

impl Fact for OrderFact {
    const TABLE: Table = Table::Order;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        base(&self.head)
            .number(key(self.party_key))
            .number(key(self.deliverer_key))
            .number(key(self.vehicle_key))
            .text(&self.kind)
            .text(&self.repair_kind)
            .text(&self.state)
            .number(self.opened_at)
            .number(self.settled_at)
            .number(self.delivered_at)
            .number(self.mileage_in.map(i64::from))
            .number(self.mileage_out.map(i64::from))
            .number(self.odometer_replaced.map(i64::from))
            .number(self.odometer_total_change.map(i64::from))
            .text(&self.advisor_code)
            .text(&self.technician_code)
            .number(self.labour_fen)
            .number(self.parts_fen)
            .number(self.paid_fen)
            .text(&self.complaint)
            .date(self.next_due_on)
            .number(self.next_due_km.map(i64::from))
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.text(&self.order_no);
        out.i64(key(self.party_key));
        out.i64(key(self.deliverer_key));
        out.i64(key(self.vehicle_key));
        out.some_text(&self.kind);
        out.some_text(&self.repair_kind);
        out.some_text(&self.state);
        out.time(self.opened_at);
        out.time(self.settled_at);
        out.time(self.delivered_at);
        out.i32(self.mileage_in);
        out.i32(self.mileage_out);
        out.bool(self.odometer_replaced);
        out.i32(self.odometer_total_change);
        out.some_text(&self.advisor_code);
        out.some_text(&self.technician_code);
        out.i64(self.labour_fen);
        out.i64(self.parts_fen);
        out.i64(self.paid_fen);
        out.some_text(&self.complaint);
        out.date(self.next_due_on);
        out.i32(self.next_due_km);
    }
}

impl Fact for ItemFact {
    const TABLE: Table = Table::Item;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        base(&self.head)
            .text(&self.item_code)
            .text(&self.item_name)
            .opt(self.kind)
            .number(self.quantity)
            .number(self.hours)
            .number(self.amount_fen)
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.i64(Some(self.order_key.get()));
        out.i32(self.line_no);
        out.some_text(&self.item_code);
        out.some_text(&self.item_name);
        out.opt_text(self.kind);
        out.numeric(self.quantity);
        out.numeric(self.hours);
        out.i64(self.amount_fen);
    }
}

impl Fact for PolicyFact {
    const TABLE: Table = Table::Policy;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        base(&self.head)
            .number(key(self.party_key))
            .number(key(self.insured_key))
            .number(key(self.vehicle_key))
            .text(&self.insurer)
            .text(&self.compulsory_no)
            .date(self.compulsory_ends_on)
            .text(&self.commercial_no)
            .date(self.commercial_ends_on)
            .number(self.compulsory_fen)
            .number(self.commercial_fen)
            .number(self.tax_fen)
            .number(self.paid_fen)
            .date(self.issued_on)
            .text(&self.renewal_category)
            .text(&self.agent_code)
            .text(&self.extra)
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.i64(key(self.party_key));
        out.i64(key(self.insured_key));
        out.i64(key(self.vehicle_key));
        out.some_text(&self.insurer);
        out.some_text(&self.compulsory_no);
        out.date(self.compulsory_ends_on);
        out.some_text(&self.commercial_no);
        out.date(self.commercial_ends_on);
        out.i64(self.compulsory_fen);
        out.i64(self.commercial_fen);
        out.i64(self.tax_fen);
        out.i64(self.paid_fen);
        out.date(self.issued_on);
        out.some_text(&self.renewal_category);
        out.some_text(&self.agent_code);
        out.json(&self.extra);
    }
}

impl Fact for DealFact {
    const TABLE: Table = Table::Deal;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        base(&self.head)
            .number(key(self.party_key))
            .number(key(self.vehicle_key))
            .text(&self.kind)
            .date(self.dealt_on)
            .number(self.price_fen)
            .number(self.mileage_km.map(i64::from))
            .text(&self.channel)
            .text(&self.appraiser_code)
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.i64(key(self.party_key));
        out.i64(key(self.vehicle_key));
        out.some_text(&self.kind);
        out.date(self.dealt_on);
        out.i64(self.price_fen);
        out.i32(self.mileage_km);
        out.some_text(&self.channel);
        out.some_text(&self.appraiser_code);
    }
}

impl Fact for LeadFact {
    const TABLE: Table = Table::Lead;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        base(&self.head)
            .number(key(self.party_key))
            .text(&self.channel)
            .number(self.created_at)
            .text(&self.grade)
            .text(&self.state)
            .number(self.brand_id.map(i64::from))
            .text(&self.series)
            .text(&self.advisor_code)
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.i64(key(self.party_key));
        out.some_text(&self.channel);
        out.time(self.created_at);
        out.some_text(&self.grade);
        out.some_text(&self.state);
        out.i32(self.brand_id);
        out.some_text(&self.series);
        out.some_text(&self.advisor_code);
    }
}

impl Fact for EmployeeFact {
    const TABLE: Table = Table::Employee;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        phone_hash(base(&self.head).opt(self.name.as_deref()), &self.mobile)
            .text(&self.department)
            .text(&self.position)
            .date(self.hired_on)
            .date(self.left_on)
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.text(&self.code);
        out.opt_text(self.name.as_deref());
        out.phone(&self.mobile);
        out.some_text(&self.department);
        out.some_text(&self.position);
        out.date(self.hired_on);
        out.date(self.left_on);
    }
}
