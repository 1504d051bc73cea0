//! Brands of the group: tier, energy, world manufacturer codes, models and the ways
//! people write the name.

/// Price and behaviour class of a brand; the index of every per-tier parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Tier {
    Luxury = 0,
    Joint = 1,
    Own = 2,
    Electric = 3,
}

impl Tier {
    pub(crate) fn zh(self) -> &'static str {
        ["豪华", "合资", "自主", "新能源"][self as usize]
    }
}

/// One brand as the group sells it.
#[derive(Debug)]
pub(crate) struct Brand {
    pub code: &'static str,
    pub name: &'static str,
    pub english: &'static str,
    pub tier: Tier,
    /// Manufacturer code of cars built in China, then of imported ones.
    pub wmi: &'static str,
    pub wmi_imported: &'static str,
    /// Other spellings of the name in exports.
    pub variants: &'static [&'static str],
    /// Series, model text, battery powered.
    pub models: &'static [(&'static str, &'static str, bool)],
}

macro_rules! brand {
    ($code:literal $name:literal $english:literal $tier:ident $wmi:literal $imported:literal [$($variant:literal)*] [$($series:literal $model:literal $ev:literal,)*]) => {
        Brand { code: $code, name: $name, english: $english, tier: Tier::$tier, wmi: $wmi, wmi_imported: $imported,
            variants: &[$($variant),*], models: &[$(($series, $model, $ev)),*] }
    };
}

/// All brands; a brand is its index here.
pub(crate) static BRANDS: &[Brand] = &[
    brand!("BMW" "宝马" "BMW" Luxury "LBV" "WBA" ["BMW" "华晨宝马" "宝马(BMW)"] [
        "3系" "320Li 时尚型" false, "5系" "525Li 豪华套装" false, "X1" "sDrive20Li" false, "X3" "xDrive25i" false,
        "X5" "xDrive40i" false, "1系" "120i" false, "7系" "740Li" false, "iX3" "iX3 领先型" true,]),
    brand!("BENZ" "梅赛德斯-奔驰" "Mercedes-Benz" Luxury "LE4" "W1K" ["奔驰" "Benz" "北京奔驰" "MERCEDES-BENZ"] [
        "C级" "C200L" false, "E级" "E300L" false, "GLC" "GLC260L" false, "GLA" "GLA200" false, "A级" "A200L" false,
        "S级" "S400L" false, "GLE" "GLE350" false, "EQC" "EQC350" true,]),
    brand!("AUDI" "奥迪" "Audi" Luxury "LFV" "WAU" ["一汽奥迪" "AUDI" "一汽-大众奥迪"] [
        "A4L" "40TFSI" false, "A6L" "45TFSI" false, "Q3" "35TFSI" false, "Q5L" "40TFSI" false, "A3" "35TFSI" false,
        "Q7" "45TFSI" false, "A8L" "50TFSI" false, "e-tron" "50 quattro" true,]),
    brand!("FAWVW" "一汽-大众" "FAW-VW" Joint "LFV" "WVW" ["一汽大众" "大众" "VW" "Volkswagen"] [
        "迈腾" "330TSI" false, "速腾" "280TSI" false, "宝来" "1.5L" false, "高尔夫" "280TSI" false, "探岳" "330TSI" false,
        "探歌" "280TSI" false, "CC" "380TSI" false, "ID.4" "CROZZ" true,]),
    brand!("SAICVW" "上汽大众" "SAIC-VW" Joint "LSV" "WVW" ["上海大众" "大众" "VW" "上汽VW"] [
        "帕萨特" "330TSI" false, "朗逸" "1.5L" false, "途观L" "330TSI" false, "POLO" "1.5L" false, "桑塔纳" "1.5L" false,
        "途岳" "280TSI" false, "ID.3" "纯享" true,]),
    brand!("TOYOTA" "一汽丰田" "FAW-Toyota" Joint "LFM" "JTM" ["丰田" "TOYOTA" "一汽-丰田"] [
        "卡罗拉" "1.2T" false, "RAV4荣放" "2.0L" false, "皇冠" "2.0T" false, "亚洲龙" "2.5L" false, "威驰" "1.5L" false,
        "奕泽" "2.0L" false, "普拉多" "3.5L" false,]),
    brand!("BUICK" "上汽通用别克" "Buick" Joint "LSG" "5GA" ["别克" "BUICK" "上海通用别克"] [
        "英朗" "1.5L" false, "君威" "2.0T" false, "君越" "28T" false, "GL8" "ES 2.0T" false, "昂科威" "20T" false, "微蓝6" "纯电" true,]),
    brand!("CHEVROLET" "上汽通用雪佛兰" "Chevrolet" Joint "LSG" "5GC" ["雪佛兰" "CHEVROLET" "雪弗兰"] [
        "科鲁兹" "1.5L" false, "迈锐宝XL" "1.5T" false, "探界者" "1.5T" false, "科沃兹" "1.5L" false, "创酷" "1.0T" false, "赛欧" "1.3L" false,]),
    brand!("PEUGEOT" "东风标致" "Peugeot" Joint "LDC" "VF3" ["标致" "PEUGEOT" "东风-标致"] [
        "408" "1.6T" false, "508L" "1.8T" false, "3008" "1.6T" false, "4008" "1.6T" false, "307" "1.6L" false, "2008" "1.2T" false,]),
    brand!("JETTA" "捷达" "Jetta" Joint "LFV" "WVW" ["JETTA" "一汽-大众捷达" "捷达(VW)"] [
        "VS5" "280TSI" false, "VA3" "1.5L" false, "VS7" "280TSI" false, "捷达" "1.6L" false, "捷达" "1.4T" false, "VS5" "1.4T" false,]),
    brand!("HONGQI" "红旗" "Hongqi" Own "LFP" "LFP" ["一汽红旗" "HONGQI" "红旗轿车"] [
        "H5" "1.8T" false, "H7" "2.0T" false, "H9" "2.0T" false, "HS5" "2.0T" false, "HS7" "3.0T" false, "E-HS3" "纯电" true,]),
    brand!("BESTUNE" "奔腾" "Bestune" Own "LFP" "LFP" ["一汽奔腾" "BESTUNE" "奔腾汽车"] [
        "B50" "1.6L" false, "B70" "1.5T" false, "X40" "1.6L" false, "X80" "2.0L" false, "T77" "1.2T" false, "T33" "1.6L" false,]),
    brand!("ROEWE" "荣威" "Roewe" Own "LSJ" "LSJ" ["上汽荣威" "ROEWE" "荣威汽车"] [
        "350" "1.5L" false, "550" "1.8T" false, "RX5" "20T" false, "i5" "1.5L" false, "i6" "16T" false, "ei5" "纯电" true,]),
    brand!("LYNK" "领克" "Lynk & Co" Own "L6T" "L6T" ["LYNK&CO" "领克汽车" "吉利领克"] [
        "01" "2.0TD" false, "02" "1.5TD" false, "03" "1.5TD" false, "05" "2.0TD" false, "06" "1.5T" false, "09" "2.0TD" false,]),
    brand!("CHERY" "奇瑞" "Chery" Own "LVV" "LVV" ["奇瑞汽车" "CHERY" "奇瑞轿车"] [
        "QQ" "1.1L" false, "风云2" "1.5L" false, "瑞虎3" "1.6L" false, "瑞虎7" "1.5T" false, "艾瑞泽5" "1.5L" false, "瑞虎8" "1.6T" false, "eQ1" "小蚂蚁" true,]),
    brand!("AION" "广汽埃安" "GAC Aion" Electric "LMG" "LMG" ["埃安" "广汽新能源" "AION" "传祺新能源"] [
        "AION S" "魅580" true, "AION V" "PLUS" true, "AION Y" "70" true, "AION LX" "80" true, "GE3" "530" true, "AION S" "炫" true,]),
    brand!("XPENG" "小鹏" "XPeng" Electric "L1N" "L1N" ["小鹏汽车" "XPENG" "小鹏XPeng"] [
        "P7" "586G" true, "G3" "520" true, "P5" "460" true, "P7" "480" true, "G3i" "460N" true, "P7" "706" true,]),
    brand!("LEAP" "零跑" "Leapmotor" Electric "LFZ" "LFZ" ["零跑汽车" "LEAPMOTOR" "Leap"] [
        "T03" "舒享" true, "C11" "豪华" true, "S01" "380" true, "T03" "轻享" true, "C11" "尊享" true, "C01" "525" true,]),
];

/// Index of a brand code; 0 when it is unknown (codes come from our own tables).
pub(crate) fn brand_index(code: &str) -> usize {
    BRANDS.iter().position(|b| b.code == code).unwrap_or(0)
}

/// Insurers in the order of `insurance.insurers`, each with the ways it is written.
pub(crate) static INSURERS: &[&[&str]] = &[
    &["人保", "PICC", "中国人保", "人保财险"],
    &["平安", "平安产险", "中国平安"],
    &["太平洋", "太保", "CPIC", "太平洋产险"],
    &["国寿", "国寿财险", "中国人寿财险"],
    &["大地", "大地保险", "中国大地"],
    &["中华联合", "中华", "中华财险"],
    &["阳光", "阳光产险"],
    &["太平", "太平财险"],
    &["天安", "永安", "其他"],
];

/// Paint colours.
pub(crate) const COLOURS: &[&str] = &["白色", "黑色", "银色", "灰色", "红色", "蓝色", "棕色", "金色"];
