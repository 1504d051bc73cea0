//! Provinces and cities at the front of addresses and company names.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Provinces, regions and municipalities without their class word, simplified.
const PROVINCES: &str = "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门";

/// Class words behind a province, longest first.
const PROVINCE_CLASSES: &[&str] =
    &["特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市"];

/// Cities of prefecture rank without their class word, simplified, province by province.
const CITIES: &str = "北京 天津 上海 重庆 \
石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 \
太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁 \
呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 \
沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛 \
长春 吉林 四平 辽源 通化 白山 松原 白城 延边 \
哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 \
南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 \
杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 \
合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 \
福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 \
南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶 \
济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽 \
郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 \
武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 \
长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西 \
广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 \
南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 \
海口 三亚 三沙 儋州 \
成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山 \
贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南 \
昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆 \
拉萨 日喀则 昌都 林芝 山南 那曲 阿里 \
西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 \
兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南 \
西宁 海东 海北 黄南 海南 果洛 玉树 海西 \
银川 石嘴山 吴忠 固原 中卫 \
乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 博尔塔拉 巴音郭楞 阿克苏 克孜勒苏 喀什 和田 伊犁 塔城 阿勒泰 \
香港 澳门 台北 高雄 台中 台南";

/// Class words behind a city, longest first.
const CITY_CLASSES: &[&str] = &[
    "布依族苗族自治州",
    "土家族苗族自治州",
    "苗族侗族自治州",
    "藏族羌族自治州",
    "傣族景颇族自治州",
    "哈尼族彝族自治州",
    "壮族苗族自治州",
    "朝鲜族自治州",
    "蒙古自治州",
    "彝族自治州",
    "白族自治州",
    "傣族自治州",
    "藏族自治州",
    "回族自治州",
    "自治州",
    "地区",
    "市",
    "州",
];

/// Names by their first two characters, longest first.
type Index = HashMap<&'static str, Vec<&'static str>>;

fn indexed(list: &'static str) -> Index {
    let mut index = Index::new();
    for name in list.split_ascii_whitespace() {
        index.entry(head_of(name)).or_default().push(name);
    }
    for names in index.values_mut() {
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    }
    index
}

static CITY_INDEX: LazyLock<Index> = LazyLock::new(|| indexed(CITIES));
static PROVINCE_INDEX: LazyLock<Index> = LazyLock::new(|| indexed(PROVINCES));

/// The first two characters, or all when there are fewer.
fn head_of(text: &str) -> &str {
    let end = text.char_indices().nth(2).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

fn leading(index: &Index, text: &str) -> Option<&'static str> {
    index.get(head_of(text))?.iter().copied().find(|name| text.starts_with(name))
}

fn after<'a>(text: &'a str, name: &str, classes: &[&str]) -> (&'a str, bool) {
    let rest = &text[name.len()..];
    match classes.iter().find_map(|class| rest.strip_prefix(class)) {
        Some(rest) => (rest, true),
        None => (rest, false),
    }
}

/// Takes province and city off the front of a folded text. Gives the rest and the city, or the province
/// when no city follows.
pub fn strip_leading(text: &str) -> (&str, Option<&'static str>) {
    let province = leading(&PROVINCE_INDEX, text);
    let mut rest = text;
    let mut place = None;
    if let Some(province) = province {
        let (behind, _) = after(text, province, PROVINCE_CLASSES);
        rest = behind;
        place = Some(province);
        // 北京市北京某某 and 吉林省吉林市 name the place twice.
    }
    if let Some(city) = leading(&CITY_INDEX, rest) {
        let (behind, _) = after(rest, city, CITY_CLASSES);
        // 江苏南通 but not 山东海北…: any city of the list is taken as one.
        rest = behind;
        place = Some(city);
    }
    (rest, place)
}

/// The city a folded text starts with (behind its province, if any); for a municipality itself.
pub fn city_of(text: &str) -> Option<&'static str> {
    let (_, place) = strip_leading(text);
    place.filter(|&name| is_city(name))
}

/// True for a city of prefecture rank.
pub fn is_city(name: &str) -> bool {
    CITY_INDEX.get(head_of(name)).is_some_and(|names| names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn province_and_city_are_taken_off_the_front() {
        for (text, rest, place) in [
            ("浙江省杭州市西湖区", "西湖区", Some("杭州")),
            ("浙江杭州西湖区", "西湖区", Some("杭州")),
            ("杭州市西湖区", "西湖区", Some("杭州")),
            ("天津市河西区", "河西区", Some("天津")),
            ("天津天津市河西区", "河西区", Some("天津")),
            ("云南省大理白族自治州大理镇", "大理镇", Some("大理")),
            ("内蒙古自治区呼和浩特市", "", Some("呼和浩特")),
            ("浙江义乌市", "义乌市", Some("浙江")),
            ("吉林省吉林市", "", Some("吉林")),
            ("云栖商贸", "云栖商贸", None),
            ("", "", None),
        ] {
            assert_eq!(strip_leading(text), (rest, place), "{text}");
        }
    }

    #[test]
    fn a_province_alone_is_no_city() {
        assert_eq!(city_of("浙江义乌市"), None);
        assert_eq!(city_of("重庆市渝北区"), Some("重庆"));
        assert_eq!(city_of("张家口市"), Some("张家口"));
    }
}
