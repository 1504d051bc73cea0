//! Facts as rows of PostgreSQL's binary COPY format. Encoding happens in the threads that normalise; the text format of
//! `db::copy` costs both sides twice the time, and at a hundred thousand rows a second that is what decides.

use db::{Field as Sealed, Vault};
use jiff::civil::Date;
use kernel::vocab::Source;
use kernel::{BatchId, StoreId};

use crate::facts::*;

/// Microseconds between 1970 and 2000.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const TEXT_OID: u32 = 25;

/// Begins a COPY stream.
pub(crate) const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Ends a COPY stream.
pub(crate) const TRAILER: &[u8] = &[0xff, 0xff];

/// Columns every fact table begins with.
const HEAD_COLUMNS: &str =
    "record_key, batch_id, row_no, current, store_id, source, source_key, content_hash, changed_on, flags";
const HEAD_COUNT: i16 = 10;

/// What is the same for every fact of a row.
pub(crate) struct RowHead {
    pub batch: BatchId,
    pub row_no: u32,
    pub store: Option<StoreId>,
    pub source: Source,
}

/// A fact that can be written into its table.
pub(crate) trait Fact {
    const TABLE: Table;
    fn head(&self) -> &Head;
    /// Hash of everything that would make a new version.
    fn hash(&self) -> i64;
    /// Writes the columns behind the head's, in the order of [`columns`].
    fn body(&self, out: &mut Buffer<'_>);
}

/// Column list of a table, as COPY and INSERT need it.
pub(crate) fn columns(table: Table) -> String {
    format!("{HEAD_COLUMNS}, {}", body_columns(table))
}

fn body_columns(table: Table) -> &'static str {
    match table {
        Table::Party => {
            "origin, name, name_raw, party_kind, gender, birth_on, mobile_sealed, mobile_bidx, mobile_masked, mobile_flag, \
             phone2_sealed, phone2_bidx, phone2_masked, phone2_flag, id_sealed, id_bidx, id_masked, id_flag, uscc, unionid, \
             external_userid, address_sealed, address_key, city, advisor_code, filed_on, seen_on, do_not_contact, \
             marketing_consent, internal"
        }
        Table::Vehicle => {
            "vin, vin_raw, vin_flag, vis, engine_no, plate, plate_raw, plate_flag, brand_id, brand_raw, series, model, \
             colour, energy, use_kind, made_on, invoiced_on, registered_on, delivered_on, price_fen, mileage_km, \
             mileage_on, owner_key, seen_on"
        }
        Table::Ownership => "party_key, vehicle_key, role, from_on, to_on",
        Table::Sale => {
            "party_key, vehicle_key, order_no, invoiced_on, delivered_on, advisor_code, price_fen, guide_price_fen, \
             pay_kind, trade_in_fen, purchase_kind"
        }
        Table::Order => {
            "order_no, party_key, deliverer_key, vehicle_key, kind, repair_kind, state, opened_at, settled_at, \
             delivered_at, mileage_in, mileage_out, odometer_replaced, odometer_total_change, advisor_code, \
             technician_code, labour_fen, parts_fen, paid_fen, complaint, next_due_on, next_due_km"
        }
        Table::Item => "order_key, line_no, item_code, item_name, kind, quantity, hours, amount_fen",
        Table::Policy => {
            "party_key, insured_key, vehicle_key, insurer, compulsory_no, compulsory_ends_on, commercial_no, \
             commercial_ends_on, compulsory_fen, commercial_fen, tax_fen, paid_fen, issued_on, renewal_category, \
             agent_code, extra"
        }
        Table::Deal => {
            "party_key, vehicle_key, kind, dealt_on, price_fen, mileage_km, channel, appraiser_code"
        }
        Table::Lead => "party_key, channel, created_at, grade, state, brand_id, series, advisor_code",
        Table::Employee => {
            "code, name, mobile_sealed, mobile_bidx, mobile_masked, mobile_flag, department, position, hired_on, left_on"
        }
    }
}

fn body_count(table: Table) -> i16 {
    body_columns(table).split(',').count() as i16
}

/// Growing bytes of COPY rows.
pub(crate) struct Buffer<'v> {
    pub bytes: Vec<u8>,
    vault: &'v Vault,
}

impl<'v> Buffer<'v> {
    pub(crate) fn new(vault: &'v Vault) -> Buffer<'v> {
        Buffer { bytes: Vec::with_capacity(64 << 10), vault }
    }

    /// Writes a whole row.
    pub(crate) fn row<F: Fact>(&mut self, row: &RowHead, fact: &F, hash: i64, counts: &ColumnCounts) {
        let head = fact.head();
        self.bytes.extend((HEAD_COUNT + counts.of(F::TABLE)).to_be_bytes());
        self.i64(Some(head.key.get()));
        self.i64(Some(row.batch.get()));
        self.i32(Some(row.row_no as i32));
        self.bool(Some(true));
        self.i32(row.store.map(|s| s.get()));
        self.text(row.source.code());
        self.text(&head.source_key);
        self.i64(Some(hash));
        self.date(head.changed_on);
        self.marks(&head.marks);
        fact.body(self);
    }

    pub(super) fn fixed(&mut self, bytes: &[u8]) {
        self.bytes.extend((bytes.len() as i32).to_be_bytes());
        self.bytes.extend(bytes);
    }

    pub(super) fn null(&mut self) {
        self.bytes.extend((-1i32).to_be_bytes());
    }

    pub(super) fn i64(&mut self, value: Option<i64>) {
        match value {
            Some(n) => self.fixed(&n.to_be_bytes()),
            None => self.null(),
        }
    }

    pub(super) fn i32(&mut self, value: Option<i32>) {
        match value {
            Some(n) => self.fixed(&n.to_be_bytes()),
            None => self.null(),
        }
    }

    pub(super) fn bool(&mut self, value: Option<bool>) {
        match value {
            Some(b) => self.fixed(&[u8::from(b)]),
            None => self.null(),
        }
    }

    pub(super) fn text(&mut self, value: &str) {
        self.fixed(value.as_bytes());
    }

    pub(super) fn opt_text(&mut self, value: Option<&str>) {
        match value {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// An empty text is NULL.
    pub(super) fn some_text(&mut self, value: &str) {
        if value.is_empty() { self.null() } else { self.text(value) }
    }

    pub(super) fn date(&mut self, value: Option<Date>) {
        self.i32(value.map(days));
    }

    pub(super) fn time(&mut self, value: Option<Micros>) {
        self.i64(value.map(|micros| micros - EPOCH_MICROS));
    }

    pub(super) fn sealed(&mut self, field: Sealed, clear: Option<&str>) {
        match clear {
            Some(clear) => {
                let sealed = self.vault.seal(field, clear);
                self.fixed(&sealed);
            }
            None => self.null(),
        }
    }

    pub(super) fn blind(&mut self, field: Sealed, clear: Option<&str>) {
        match clear {
            Some(clear) => {
                let index = self.vault.blind(field, clear);
                self.fixed(&index);
            }
            None => self.null(),
        }
    }

    pub(super) fn phone(&mut self, phone: &PhoneFact) {
        self.sealed(Sealed::Mobile, phone.number.as_deref());
        self.blind(Sealed::Mobile, phone.number.as_deref());
        self.opt_text(phone.masked.as_deref());
        self.text(phone.flag.code());
    }

    /// `numeric` from ten-thousandths: base-10,000 digits, most significant first.
    pub(super) fn numeric(&mut self, value: Option<i64>) {
        let Some(value) = value else { return self.null() };
        let mut digits = Vec::with_capacity(5);
        let mut rest = value.unsigned_abs();
        while rest > 0 {
            digits.push((rest % 10_000) as i16);
            rest /= 10_000;
        }
        digits.reverse();
        // The last digit is the fraction, so the first one weighs 10,000^(n-2).
        let weight = digits.len() as i16 - 2;
        let mut bytes = Vec::with_capacity(8 + digits.len() * 2);
        bytes.extend((digits.len() as i16).to_be_bytes());
        bytes.extend(weight.to_be_bytes());
        bytes.extend((if value < 0 { 0x4000i16 } else { 0 }).to_be_bytes());
        bytes.extend(4i16.to_be_bytes());
        for digit in digits {
            bytes.extend(digit.to_be_bytes());
        }
        self.fixed(&bytes);
    }

    pub(super) fn json(&mut self, text: &str) {
        self.bytes.extend((text.len() as i32 + 1).to_be_bytes());
        self.bytes.push(1);
        self.bytes.extend(text.as_bytes());
    }

    /// `text[]` of `field:code`.
    pub(super) fn marks(&mut self, marks: &[Mark]) {
        let start = self.bytes.len();
        self.bytes.extend([0; 4]);
        self.bytes.extend((if marks.is_empty() { 0i32 } else { 1 }).to_be_bytes());
        self.bytes.extend(0i32.to_be_bytes());
        self.bytes.extend(TEXT_OID.to_be_bytes());
        if !marks.is_empty() {
            self.bytes.extend((marks.len() as i32).to_be_bytes());
            self.bytes.extend(1i32.to_be_bytes());
            for mark in marks {
                let (field, code) = (mark.field.code(), mark.code);
                self.bytes.extend((field.len() as i32 + 1 + code.len() as i32).to_be_bytes());
                self.bytes.extend(field.as_bytes());
                self.bytes.push(b':');
                self.bytes.extend(code.as_bytes());
            }
        }
        let length = (self.bytes.len() - start - 4) as i32;
        self.bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
}

/// Columns behind the head's, counted once.
#[derive(Debug, Clone)]
pub(crate) struct ColumnCounts([i16; 10]);

impl ColumnCounts {
    pub(crate) fn new() -> ColumnCounts {
        ColumnCounts(Table::ALL.map(body_count))
    }

    fn of(&self, table: Table) -> i16 {
        self.0[table as usize]
    }
}

pub(super) fn base(head: &Head) -> ContentHash {
    // Marks belong to the content: a better normaliser makes a new version of what it reads differently.
    let marks =
        head.marks.iter().fold(ContentHash::new(), |hash, m| hash.number(Some(m.field as i64)).text(m.code));
    marks.text(&head.source_key)
}

pub(super) fn phone_hash(hash: ContentHash, phone: &PhoneFact) -> ContentHash {
    hash.opt(phone.number.as_deref()).opt(phone.masked.as_deref()).text(phone.flag.code())
}

pub(super) fn key(key: Option<kernel::RecordKey>) -> Option<i64> {
    key.map(|k| k.get())
}

impl Fact for PartyFact {
    const TABLE: Table = Table::Party;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        let hash = base(&self.head).text(self.origin.code()).opt(self.name.as_deref()).text(self.kind.code());
        let hash = hash.opt(self.gender.map(|g| g.code())).date(self.birth_on);
        phone_hash(phone_hash(hash, &self.mobile), &self.phone2)
            .opt(self.id_number.as_deref())
            .opt(self.id_masked.as_deref())
            .opt(self.uscc.as_deref())
            .text(&self.unionid)
            .text(&self.external_userid)
            .opt(self.address.as_deref())
            .text(&self.advisor_code)
            .date(self.filed_on)
            .number(self.do_not_contact.map(i64::from))
            .number(self.marketing_consent.map(i64::from))
            .number(Some(i64::from(self.internal)))
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.text(self.origin.code());
        out.opt_text(self.name.as_deref());
        out.some_text(&self.name_raw);
        out.text(self.kind.code());
        out.opt_text(self.gender.map(|g| g.code()));
        out.date(self.birth_on);
        out.phone(&self.mobile);
        out.phone(&self.phone2);
        out.sealed(Sealed::IdNumber, self.id_number.as_deref());
        out.blind(Sealed::IdNumber, self.id_number.as_deref());
        out.opt_text(self.id_masked.as_deref());
        out.text(self.id_flag.code());
        out.opt_text(self.uscc.as_deref());
        out.some_text(&self.unionid);
        out.some_text(&self.external_userid);
        out.sealed(Sealed::Address, self.address.as_deref());
        out.blind(Sealed::Address, self.address_key.as_deref());
        out.opt_text(self.city);
        out.some_text(&self.advisor_code);
        out.date(self.filed_on);
        out.date(self.seen_on);
        out.bool(self.do_not_contact);
        out.bool(self.marketing_consent);
        out.bool(Some(self.internal));
    }
}

impl Fact for VehicleFact {
    const TABLE: Table = Table::Vehicle;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        base(&self.head)
            .opt(self.vin.as_deref())
            .text(&self.vin_raw)
            .text(&self.engine_no)
            .opt(self.plate.as_deref())
            .text(self.plate_flag.code())
            .number(self.brand_id.map(i64::from))
            .text(&self.series)
            .text(&self.model)
            .text(&self.colour)
            .text(&self.energy)
            .text(&self.use_kind)
            .date(self.made_on)
            .date(self.invoiced_on)
            .date(self.registered_on)
            .date(self.delivered_on)
            .number(self.price_fen)
            .number(self.mileage_km.map(i64::from))
            .date(self.mileage_on)
            .number(key(self.owner_key))
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.opt_text(self.vin.as_deref());
        out.some_text(&self.vin_raw);
        out.text(self.vin_flag.code());
        out.opt_text(self.vis.as_deref());
        out.some_text(&self.engine_no);
        out.opt_text(self.plate.as_deref());
        out.some_text(&self.plate_raw);
        out.text(self.plate_flag.code());
        out.i32(self.brand_id);
        out.some_text(&self.brand_raw);
        out.some_text(&self.series);
        out.some_text(&self.model);
        out.some_text(&self.colour);
        out.some_text(&self.energy);
        out.some_text(&self.use_kind);
        out.date(self.made_on);
        out.date(self.invoiced_on);
        out.date(self.registered_on);
        out.date(self.delivered_on);
        out.i64(self.price_fen);
        out.i32(self.mileage_km);
        out.date(self.mileage_on);
        out.i64(key(self.owner_key));
        out.date(self.seen_on);
    }
}

impl Fact for OwnershipFact {
    const TABLE: Table = Table::Ownership;

    fn head(&self) -> &Head {
        &self.head
    }

    fn hash(&self) -> i64 {
        base(&self.head)
            .number(Some(self.party_key.get()))
            .number(Some(self.vehicle_key.get()))
            .text(self.role)
            .date(self.from_on)
            .date(self.to_on)
            .finish()
    }

    fn body(&self, out: &mut Buffer<'_>) {
        out.i64(Some(self.party_key.get()));
        out.i64(Some(self.vehicle_key.get()));
        out.text(self.role);
        out.date(self.from_on);
        out.date(self.to_on);
    }
}
