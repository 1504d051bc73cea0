//! The closed lists of the trade: where a record came from, what it is about, in which role a party acts.

use std::fmt;

use crate::as_text::travels_as_text;

/// The text is not a word of the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not one of the {list} codes")]
pub struct UnknownWord {
    /// The list that was searched.
    pub list: &'static str,
    /// What was given.
    pub word: String,
}

impl UnknownWord {
    /// The sentence for the console.
    pub fn zh(&self) -> String {
        format!("「{}」不在可选值之内", self.word)
    }
}

macro_rules! word_list {
    ($($(#[$doc:meta])* $list:ident, $description:literal { $($(#[$word_doc:meta])* $word:ident = $code:literal, $zh:literal;)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $list {
            $($(#[$word_doc])* $word,)+
        }

        impl $list {
            /// Every word, in the order lists show them.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The code stored in the database and sent to the console.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$word => $code,)+
                }
            }

            /// What the console shows.
            pub const fn zh(self) -> &'static str {
                match self {
                    $(Self::$word => $zh,)+
                }
            }

            /// The word of a code, or of its Chinese name.
            ///
            /// # Errors
            /// [`UnknownWord`] when the list has neither.
            pub fn parse(raw: &str) -> Result<Self, UnknownWord> {
                match raw.trim() {
                    $($code | $zh => Ok(Self::$word),)+
                    other => Err(UnknownWord { list: stringify!($list), word: other.to_owned() }),
                }
            }
        }

        impl fmt::Display for $list {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        travels_as_text!($list, UnknownWord, $description);
    )+};
}

word_list! {
    /// The kind of system a record was exported from.
    Source, "Source system: dms, erp, insurance, used_car, paper, wecom, hr" {
        /// The manufacturer's dealer management system.
        Dms = "dms", "DMS";
        /// The group's own ERP.
        Erp = "erp", "ERP";
        /// The insurance and renewal system.
        Insurance = "insurance", "保险系统";
        /// The used-car system.
        UsedCar = "used_car", "二手车系统";
        /// Paper ledgers keyed by hand.
        Paper = "paper", "纸质台账";
        /// WeCom and the mini-program.
        Wecom = "wecom", "企业微信";
        /// The personnel system.
        Hr = "hr", "人事系统";
    }

    /// What a record of a source is about.
    Entity, "Kind of record: customer, vehicle, ownership, sale, repair_order, repair_item, policy, used_car_deal, lead, employee" {
        /// A customer file entry.
        Customer = "customer", "客户";
        /// A vehicle file entry.
        Vehicle = "vehicle", "车辆";
        /// Who stands in which role to which vehicle.
        Ownership = "ownership", "人车关系";
        /// A vehicle sale.
        Sale = "sale", "销售单";
        /// A repair order.
        RepairOrder = "repair_order", "维修工单";
        /// A line of a repair order.
        RepairItem = "repair_item", "工单明细";
        /// An insurance policy.
        Policy = "policy", "保单";
        /// A used-car purchase, sale or replacement.
        UsedCarDeal = "used_car_deal", "二手车交易";
        /// A sales lead.
        Lead = "lead", "线索";
        /// An employee.
        Employee = "employee", "员工";
    }

    /// What stands behind a name.
    PartyKind, "person, company or unknown" {
        /// A natural person.
        Person = "person", "个人";
        /// A company or public body.
        Company = "company", "单位";
        /// The record does not tell.
        Unknown = "unknown", "未知";
    }

    /// Sex as ID cards and honorifics tell it.
    Gender, "m or f" {
        /// Male.
        Male = "m", "男";
        /// Female.
        Female = "f", "女";
    }

    /// The eight business lines of the group.
    BusinessLine, "Business line of the group" {
        /// Vehicle sales.
        VehicleSales = "vehicle_sales", "汽车销售";
        /// Service and repair.
        AfterSales = "after_sales", "售后服务";
        /// Parts.
        Parts = "parts", "汽车配件";
        /// Used cars.
        UsedCar = "used_car", "二手车";
        /// Parallel imports.
        ParallelImport = "parallel_import", "平行进口汽车";
        /// Car rental.
        Rental = "rental", "汽车租赁";
        /// Car finance.
        Finance = "finance", "汽车金融";
        /// Insurance agency.
        InsuranceAgency = "insurance_agency", "保险代理";
    }

    /// What a store is.
    StoreKind, "four_s, quick_repair or used_car" {
        /// A 4S store of one manufacturer.
        FourS = "four_s", "4S店";
        /// A quick-repair shop.
        QuickRepair = "quick_repair", "快修店";
        /// A used-car centre.
        UsedCar = "used_car", "二手车中心";
    }

    /// In which role a party stands to a vehicle or a document.
    PartyRole, "owner, user, deliverer, insured or payer" {
        /// Registered owner.
        Owner = "owner", "车主";
        /// Who drives it day by day.
        User = "user", "使用人";
        /// Who brought it to the workshop.
        Deliverer = "deliverer", "送修人";
        /// Who is insured.
        Insured = "insured", "被保险人";
        /// Who paid.
        Payer = "payer", "付款人";
    }
}

impl Gender {
    /// Reads the many ways a gender column is filled in: 男, 男性, M, 1, male, 先生 and their opposites.
    pub fn read(raw: &str) -> Option<Self> {
        match raw.trim() {
            "男" | "男性" | "男士" | "先生" | "1" | "M" | "m" | "male" | "Male" | "MALE" => {
                Some(Self::Male)
            }
            "女" | "女性" | "女士" | "小姐" | "2" | "F" | "f" | "female" | "Female" | "FEMALE" => {
                Some(Self::Female)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_chinese_names_read_back() {
        for &source in Source::ALL {
            assert_eq!(Source::parse(source.code()), Ok(source));
            assert_eq!(Source::parse(source.zh()), Ok(source));
        }
        for &entity in Entity::ALL {
            assert_eq!(Entity::parse(entity.code()), Ok(entity));
        }
        assert_eq!(BusinessLine::ALL.len(), 8);
        let flaw = PartyRole::parse("friend").unwrap_err();
        assert_eq!(flaw.to_string(), "\"friend\" is not one of the PartyRole codes");
        assert_eq!(flaw.zh(), "「friend」不在可选值之内");
    }

    #[test]
    fn json_carries_the_code() {
        assert_eq!(serde_json::to_string(&Source::UsedCar).unwrap(), "\"used_car\"");
        assert_eq!(serde_json::from_str::<Gender>("\"f\"").unwrap(), Gender::Female);
    }

    #[test]
    fn a_gender_column_is_filled_in_many_ways() {
        for raw in ["男", " 男 ", "M", "1", "先生"] {
            assert_eq!(Gender::read(raw), Some(Gender::Male), "{raw}");
        }
        for raw in ["女", "F", "2", "女士"] {
            assert_eq!(Gender::read(raw), Some(Gender::Female), "{raw}");
        }
        for raw in ["", "未知", "0", "9"] {
            assert_eq!(Gender::read(raw), None, "{raw}");
        }
    }
}
