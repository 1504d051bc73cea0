//! Layouts of the export files: which fields stand under which headers, in which
//! order and style. The tables are the TOML files beside; this module reads them.

mod sheet;
mod text;
mod xls;

use serde::Deserialize;

pub(crate) use sheet::{Cell, FileFacts, Format, Row, Sheet};

macro_rules! fields {
    ($($variant:ident = $name:literal,)*) => {
        /// A column of some export, whatever its header says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Field { $($variant,)* }

        impl Field {
            /// How many fields there are.
            pub(crate) const COUNT: usize = [$($name),*].len();

            fn parse(name: &str) -> Option<Field> {
                match name { $($name => Some(Field::$variant),)* _ => None }
            }
        }
    };
}

fields! {
    CustomerNo = "customer_no", Name = "name", Nature = "nature", Gender = "gender", IdKind = "id_kind",
    IdNo = "id_no", Birthday = "birthday", Mobile = "mobile", Phone2 = "phone2", Address = "address",
    Channel = "channel", Advisor = "advisor", FiledOn = "filed_on", Level = "level", NoContact = "no_contact",
    Vin = "vin", EngineNo = "engine_no", Plate = "plate", Brand = "brand", Series = "series", Model = "model",
    Colour = "colour", Energy = "energy", UseKind = "use_kind", MadeOn = "made_on",
    InvoicedOn = "invoiced_on", DeliveredOn = "delivered_on", RegisteredOn = "registered_on", Price = "price",
    Mileage = "mileage", MileageOn = "mileage_on", Transferred = "transferred", ChangedOn = "changed_on",
    Seq = "seq", OrderNo = "order_no", GuidePrice = "guide_price", PayKind = "pay_kind", Loan = "loan",
    TradeIn = "trade_in", PurchaseKind = "purchase_kind", Insurer = "insurer", RoNo = "ro_no",
    RoKind = "ro_kind", RepairKind = "repair_kind", State = "state", Deliverer = "deliverer",
    DelivererMobile = "deliverer_mobile", MileageIn = "mileage_in", MileageOut = "mileage_out",
    OdoReplaced = "odo_replaced", OdoTotalChange = "odo_total_change", Technician = "technician",
    OpenedAt = "opened_at", SettledAt = "settled_at", DeliveredAt = "delivered_at", Complaint = "complaint",
    Labour = "labour", Parts = "parts", Discount = "discount", Paid = "paid", NextDueOn = "next_due_on",
    NextDueKm = "next_due_km", LineNo = "line_no", ItemCode = "item_code", ItemName = "item_name",
    ItemKind = "item_kind", Quantity = "quantity", Hours = "hours", Amount = "amount", LeadNo = "lead_no",
    CreatedAt = "created_at", Grade = "grade", FollowedAt = "followed_at", Arrived = "arrived",
    TestDrive = "test_drive", Note = "note", Contact = "contact", InvoiceNo = "invoice_no",
    IssuedOn = "issued_on", Agent = "agent", RenewalAgent = "renewal_agent", Issuer = "issuer",
    Insured = "insured", RenewalKind = "renewal_kind", TimesHere = "times_here",
    CompulsoryNo = "compulsory_no", CompulsoryEndsOn = "compulsory_ends_on", CommercialNo = "commercial_no",
    CommercialEndsOn = "commercial_ends_on", Compulsory = "compulsory", Commercial = "commercial",
    Tax = "tax", Gift = "gift", InvoiceTitle = "invoice_title", Damage = "damage", ThirdLimit = "third_limit",
    Third = "third", Theft = "theft", SeatDriver = "seat_driver", SeatPassenger = "seat_passenger",
    Seat = "seat", NoDeductible = "no_deductible", Glass = "glass", ScratchLimit = "scratch_limit",
    Scratch = "scratch", Combustion = "combustion", Wading = "wading", Lamp = "lamp",
    NamedGarage = "named_garage", NoThirdFound = "no_third_found", Other = "other", Gift01 = "gift01",
    Gift02 = "gift02", Gift03 = "gift03", Gift04 = "gift04", Gift05 = "gift05", Gift06 = "gift06",
    Gift07 = "gift07", Gift08 = "gift08", Gift09 = "gift09", Gift10 = "gift10", Gift11 = "gift11",
    Gift12 = "gift12", DealNo = "deal_no", DealKind = "deal_kind", DealtOn = "dealt_on",
    Appraiser = "appraiser", ExternalUserid = "external_userid", Unionid = "unionid", Nickname = "nickname",
    MiniMobile = "mini_mobile", AddedAt = "added_at", Tags = "tags", MarketingConsent = "marketing_consent",
    LastInboundAt = "last_inbound_at", EmployeeNo = "employee_no", Store = "store", Department = "department",
    Position = "position", HiredOn = "hired_on", LeftOn = "left_on", Page = "page", Line = "line",
}

/// How a system writes dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DateStyle {
    Slash,
    Dash,
    Compact,
    Chinese,
    Serial,
}

/// How a system writes money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MoneyStyle {
    Plain,
    Grouped,
    Yen,
}

/// One layout of one kind of file.
#[derive(Debug)]
pub(crate) struct Layout {
    pub id: String,
    pub title: String,
    pub dates: DateStyle,
    pub money: MoneyStyle,
    /// CSV files carry the title line too.
    pub csv_title: bool,
    pub columns: Vec<(Field, String)>,
}

impl Layout {
    /// Separator of its CSV form: one accounting system writes tabs.
    pub(crate) fn separator(&self) -> char {
        if self.id == "erp.customer.B" { '\t' } else { ',' }
    }

    /// Captions above the header instead of one title: text, first column, last column.
    pub(crate) fn captions(&self) -> Vec<(&str, u16, u16)> {
        if self.id.starts_with("insurance.policy") {
            vec![("基本信息", 0, 18), ("保险信息", 19, 30), ("险种明细", 31, 47), ("赠送明细", 48, 59)]
        } else {
            vec![(self.title.as_str(), 0, (self.columns.len() - 1) as u16)]
        }
    }

    /// Files of this layout close with a line of totals.
    pub(crate) fn has_total(&self) -> bool {
        self.id.starts_with("dms.") && self.columns.first().is_some_and(|c| c.0 == Field::Seq)
    }
}

#[derive(Deserialize)]
struct File {
    layout: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    title: String,
    dates: DateStyle,
    money: MoneyStyle,
    #[serde(default)]
    csv_title: bool,
    columns: String,
}

/// All layouts of the embedded tables.
#[derive(Debug)]
pub(crate) struct Layouts(Vec<Layout>);

impl Layouts {
    /// Reads the embedded tables; a name that is no field is an error of the build.
    pub(crate) fn load() -> Result<Self, String> {
        let mut out = Vec::new();
        for text in [include_str!("dms.toml"), include_str!("others.toml")] {
            let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
            for entry in file.layout {
                let columns = entry
                    .columns
                    .lines()
                    .filter(|l| !l.trim().is_empty())
                    .map(|line| {
                        let (name, header) =
                            line.split_once(" = ").ok_or_else(|| format!("{}: {line}", entry.id))?;
                        let field = Field::parse(name).ok_or_else(|| format!("{}: {name}", entry.id))?;
                        Ok((field, header.to_owned()))
                    })
                    .collect::<Result<Vec<_>, String>>()?;
                out.push(Layout {
                    id: entry.id,
                    title: entry.title,
                    dates: entry.dates,
                    money: entry.money,
                    csv_title: entry.csv_title,
                    columns,
                });
            }
        }
        Ok(Self(out))
    }

    /// The layout of a kind in a version; kinds without that version use `fallback`, then A.
    pub(crate) fn get(&self, kind: &str, version: &str) -> &Layout {
        let find = |v: &str| {
            self.0
                .iter()
                .find(|l| l.id.strip_prefix(kind).is_some_and(|rest| rest.strip_prefix('.') == Some(v)))
        };
        let letter: String = version.chars().take(1).collect();
        let cousin = if letter == "D" { "A" } else { letter.as_str() };
        find(version)
            .or_else(|| find(&letter))
            .or_else(|| find(cousin))
            .or_else(|| find("A"))
            .unwrap_or(&self.0[0])
    }
}

#[cfg(test)]
mod tests {
    use super::Layouts;

    #[test]
    fn every_column_of_every_table_is_a_field() {
        let layouts = Layouts::load().unwrap();
        assert_eq!(layouts.get("insurance.policy", "A").columns.len(), 60);
        assert_eq!(layouts.get("dms.repair_order", "A2").id, "dms.repair_order.A2");
        assert_eq!(layouts.get("dms.lead", "B2").id, "dms.lead.B");
        assert_eq!(layouts.get("dms.lead", "D").id, "dms.lead.A");
    }
}
