//! Link or quarantine, and what each rule is called. The decisions themselves are made where the cells are read; here
//! stands what they mean.

use kernel::Flag;

use crate::catalogue::Field;

/// Class of a defect, as the quality report counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefectClass {
    /// The same thing twice.
    Duplicate,
    /// A value that cannot be right.
    Error,
    /// A value that is not there, or only in part.
    Incomplete,
    /// Two values that contradict each other.
    Inconsistent,
}

impl DefectClass {
    /// Every class.
    pub const ALL: [DefectClass; 4] =
        [DefectClass::Duplicate, DefectClass::Error, DefectClass::Incomplete, DefectClass::Inconsistent];

    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            DefectClass::Duplicate => "duplicate",
            DefectClass::Error => "error",
            DefectClass::Incomplete => "incomplete",
            DefectClass::Inconsistent => "inconsistent",
        }
    }
}

macro_rules! rules {
    ($($rule:ident $code:literal $class:ident $withholds:literal $zh:literal $en:literal;)*) => {
        /// A rule about a whole row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the sentence beside each rule says what it is")]
        pub enum Rule { $($rule,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$rule,)*];

            /// Stable code.
            pub fn code(self) -> &'static str {
                match self { $(Rule::$rule => $code,)* }
            }

            /// Class of defect.
            pub fn class(self) -> DefectClass {
                match self { $(Rule::$rule => DefectClass::$class,)* }
            }

            /// True if the row is not linked; otherwise it is linked, and a repair is proposed.
            pub fn withholds(self) -> bool {
                match self { $(Rule::$rule => $withholds,)* }
            }

            /// The reason in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(Rule::$rule => $zh,)* }
            }

            /// The reason in English.
            pub fn en(self) -> &'static str {
                match self { $(Rule::$rule => $en,)* }
            }
        }
    };
}

rules! {
    MissingKey "missing_key" Incomplete true "缺少业务主键，无法确定是哪一条记录" "the business key is missing, so nobody can say which record this is";
    MangledNumber "mangled_number" Error true "编号被表格软件改成了科学计数法，原号已丢失" "a spreadsheet turned the number into scientific notation; the number behind it is lost";
    Nobody "nobody" Incomplete true "没有姓名、电话、证件，认不出是谁" "neither name nor phone nor ID: nobody is named";
    NoVehicle "no_vehicle" Incomplete true "没有可用的车架号、车牌或发动机号，认不出是哪台车" "neither VIN nor plate nor engine number identifies the vehicle";
    ImpossibleDate "impossible_date" Error true "关键日期不存在" "a date the record hangs on does not exist";
    MissingDate "missing_date" Incomplete true "缺少关键日期" "a date the record hangs on is missing";
    UnknownStore "unknown_store" Inconsistent true "门店编码不存在" "no store has this code or name";
    Undecodable "undecodable" Error true "含有无法识别的字符编码" "some bytes are no text in any encoding we know";
    Shifted "shifted" Error true "单元格多于表头，数据可能错列" "more cells than titles: the row is probably shifted";
    VinRepair "vin_repair" Error false "车架号有误，同车牌或发动机号已有正确车架号" "the VIN is wrong, and a right one is known for the same plate or engine";
}

/// Something about a row that a person should see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// Field concerned; `None` for the whole row.
    pub field: Option<Field>,
    /// The text that broke it.
    pub text: String,
    /// What the cell should probably say.
    pub proposal: Option<String>,
}

impl Finding {
    pub(crate) fn row(rule: Rule) -> Finding {
        Finding { rule, field: None, text: String::new(), proposal: None }
    }

    pub(crate) fn cell(rule: Rule, field: Field, text: &str) -> Finding {
        Finding { rule, field: Some(field), text: text.to_owned(), proposal: None }
    }

    pub(crate) fn with_text(mut self, text: &str) -> Finding {
        self.text = text.to_owned();
        self
    }

    pub(crate) fn proposing(mut self, proposal: Option<String>) -> Finding {
        self.proposal = proposal;
        self
    }
}

/// Class of a mark such as `mobile:placeholder`; `None` for marks that are no defect (a repaired value, a second
/// number in the cell, an unplated car).
pub fn class_of_mark(code: &str) -> Option<DefectClass> {
    let class = match code {
        "missing" | "partial" | "masked" => DefectClass::Incomplete,
        "placeholder" | "check_failed" | "bad_format" | "default_value" | "wrong_kind" | "out_of_range"
        | "hotline" => DefectClass::Error,
        "id_mismatch" | "ends_differ" | "before_opening" | "before_invoice" | "less_than_in"
        | "unknown_brand" => DefectClass::Inconsistent,
        _ => return None,
    };
    Some(class)
}

/// Sentence for a mark, for the quality report.
pub fn words_of_mark(code: &str) -> (&'static str, &'static str) {
    match code {
        "id_mismatch" => ("与身份证不符", "contradicts the ID number"),
        "ends_differ" => ("交强与商业到期日不同", "compulsory and commercial cover end on different days"),
        "before_opening" => ("早于开单时间", "before the order was opened"),
        "before_invoice" => ("早于开票日期", "before the invoice"),
        "less_than_in" => ("小于进厂里程", "less than the reading on arrival"),
        "unknown_brand" => ("品牌无法识别", "no brand has this name"),
        other => kernel::flag::ALL
            .iter()
            .find(|f| f.code() == other)
            .map_or(("其他", "other"), |flag: &Flag| (flag.zh(), flag.code())),
    }
}

/// The day a typist meant who wrote one that does not exist: the last of that month. Only ever proposed.
pub(crate) fn propose_day(raw: &str) -> Option<String> {
    let numbers: Vec<i32> = raw
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .filter_map(|part| part.parse().ok())
        .collect();
    let (year, month, day) = match numbers[..] {
        [y, m, d, ..] if (1990..2100).contains(&y) => (y, m, d),
        [packed, ..] if (19_900_000..21_000_000).contains(&packed) => {
            (packed / 10_000, packed / 100 % 100, packed % 100)
        }
        _ => return None,
    };
    let first = jiff::civil::Date::new(year as i16, i8::try_from(month).ok()?, 1).ok()?;
    (29..=31).contains(&day).then(|| first.last_of_month().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_beyond_its_month_is_proposed_as_its_last() {
        for (raw, proposal) in [
            ("2021-02-30", Some("2021-02-28")),
            ("2020/2/30", Some("2020-02-29")),
            ("20210431", Some("2021-04-30")),
            ("2021年2月31日", Some("2021-02-28")),
            ("2021-13-05", None),
            ("昨天", None),
        ] {
            assert_eq!(propose_day(raw).as_deref(), proposal, "{raw}");
        }
    }

    #[test]
    fn every_flag_of_a_value_is_a_defect_of_one_class_or_none() {
        assert_eq!(class_of_mark("placeholder"), Some(DefectClass::Error));
        assert_eq!(class_of_mark("masked"), Some(DefectClass::Incomplete));
        assert_eq!(class_of_mark("id_mismatch"), Some(DefectClass::Inconsistent));
        for harmless in ["repaired", "several", "foreign", "unplated", "temporary"] {
            assert_eq!(class_of_mark(harmless), None, "{harmless}");
        }
    }
}
