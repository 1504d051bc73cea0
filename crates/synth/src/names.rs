//! Frequency tables of names and streets. Surnames carry their share of the
//! population in parts per 10,000; given names are drawn by character.

use crate::rng::Stream;

/// Surname and its weight.
#[rustfmt::skip]
const SURNAMES: &[(&str, f64)] = &[
    ("王", 725.), ("李", 719.), ("张", 679.), ("刘", 538.), ("陈", 453.), ("杨", 308.), ("黄", 225.), ("赵", 228.), ("吴", 205.), ("周", 202.),
    ("徐", 166.), ("孙", 152.), ("马", 129.), ("朱", 126.), ("胡", 131.), ("郭", 115.), ("何", 117.), ("高", 110.), ("林", 118.), ("罗", 106.),
    ("郑", 95.), ("梁", 95.), ("谢", 78.), ("宋", 81.), ("唐", 71.), ("许", 73.), ("韩", 68.), ("冯", 64.), ("邓", 67.), ("曹", 62.),
    ("彭", 60.), ("曾", 58.), ("肖", 59.), ("田", 50.), ("董", 51.), ("袁", 52.), ("潘", 51.), ("于", 62.), ("蒋", 51.), ("蔡", 53.),
    ("余", 44.), ("杜", 47.), ("叶", 46.), ("程", 46.), ("苏", 45.), ("魏", 45.), ("吕", 43.), ("丁", 43.), ("任", 42.), ("沈", 41.),
    ("姚", 40.), ("卢", 44.), ("姜", 38.), ("崔", 38.), ("钟", 38.), ("谭", 36.), ("陆", 36.), ("汪", 36.), ("范", 35.), ("金", 35.),
    ("石", 34.), ("廖", 34.), ("贾", 32.), ("夏", 31.), ("韦", 30.), ("付", 29.), ("方", 33.), ("白", 28.), ("邹", 31.), ("孟", 29.),
    ("熊", 28.), ("秦", 27.), ("邱", 28.), ("江", 28.), ("尹", 26.), ("薛", 26.), ("闫", 25.), ("段", 24.), ("雷", 23.), ("侯", 23.),
    ("龙", 22.), ("史", 22.), ("陶", 21.), ("黎", 21.), ("贺", 20.), ("顾", 20.), ("毛", 20.), ("郝", 20.), ("龚", 19.), ("邵", 19.),
    ("万", 19.), ("钱", 18.), ("严", 18.), ("覃", 17.), ("武", 17.), ("戴", 17.), ("莫", 16.), ("孔", 16.), ("向", 15.), ("汤", 15.),
    ("温", 13.), ("康", 13.), ("施", 12.), ("文", 12.), ("牛", 12.), ("樊", 11.), ("葛", 11.), ("邢", 11.), ("安", 11.), ("齐", 10.),
    ("易", 10.), ("乔", 10.), ("伍", 9.), ("庞", 9.), ("颜", 8.), ("倪", 8.), ("庄", 8.), ("聂", 8.), ("章", 8.), ("鲁", 7.),
    ("岳", 7.), ("翟", 7.), ("殷", 6.), ("詹", 6.), ("申", 6.), ("欧阳", 6.), ("耿", 6.), ("关", 6.), ("兰", 6.), ("焦", 5.),
    ("俞", 5.), ("左", 5.), ("柳", 5.), ("甘", 5.), ("祝", 4.), ("包", 4.), ("宁", 4.), ("尚", 4.), ("符", 3.), ("舒", 3.),
    ("司徒", 1.), ("上官", 1.), ("诸葛", 1.), ("司马", 1.), ("皇甫", 1.), ("尉迟", 1.),
];
const MALE: &str = "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢峰亮建国志文海东晓春永成立新庆祥德福生荣贵玉金学家子天一昊泽博睿轩铭晨阳瑞嘉诚毅恒达兴旺源清振培炳耀光宏远卫民良忠义信";
const FEMALE: &str = "芳娜敏静丽艳秀娟霞燕玲桂英红梅兰凤洁颖婷雪琳晶欣倩蕾薇莉媛慧琴云萍莹佳琪怡梦瑶思雨涵诗可馨雅文玉珍春花素淑惠美娇蓉蓓宁月晴露珊彤璐妍菲岚悦然童冰华平小";
/// Groups of characters that sound the same; a clerk picks another of the group.
const HOMOPHONES: &[&str] = &[
    "伟玮炜",
    "强蔷",
    "军君均钧",
    "勇永咏",
    "杰洁捷",
    "涛滔",
    "明铭鸣",
    "辉晖",
    "鹏朋",
    "华骅桦",
    "波博",
    "斌彬宾",
    "宇雨羽",
    "浩昊皓",
    "健建",
    "俊峻骏",
    "旭序",
    "峰锋丰",
    "志智致",
    "文雯",
    "晓小筱",
    "成诚程",
    "立丽莉利",
    "新欣鑫心",
    "庆清",
    "芳方",
    "敏闽",
    "静婧靖净",
    "艳燕彦",
    "秀绣",
    "娟涓",
    "霞遐",
    "玲灵凌",
    "英瑛",
    "红虹宏洪",
    "梅玫",
    "兰岚",
    "颖影",
    "婷亭",
    "琳林霖",
    "晶京",
    "倩茜",
    "慧惠",
    "琴勤",
    "萍平",
    "莹盈",
    "佳嘉家",
    "琪祺其",
    "怡宜",
    "瑶遥",
    "涵晗",
    "雅亚",
    "张章",
    "徐许",
    "付傅",
    "江姜",
    "于余俞",
    "程成",
    "石时",
    "严颜",
    "肖萧",
    "闫阎",
];
/// Simplified characters of this table and their traditional form.
#[rustfmt::skip]
const TRADITIONAL: &[(char, char)] = &[
    ('张', '張'), ('刘', '劉'), ('陈', '陳'), ('杨', '楊'), ('赵', '趙'), ('吴', '吳'), ('孙', '孫'), ('马', '馬'), ('罗', '羅'), ('郑', '鄭'),
    ('谢', '謝'), ('许', '許'), ('韩', '韓'), ('冯', '馮'), ('邓', '鄧'), ('萧', '蕭'), ('蒋', '蔣'), ('叶', '葉'), ('苏', '蘇'), ('吕', '呂'),
    ('卢', '盧'), ('钟', '鐘'), ('谭', '譚'), ('陆', '陸'), ('贾', '賈'), ('韦', '韋'), ('邹', '鄒'), ('龙', '龍'), ('贺', '賀'), ('顾', '顧'),
    ('龚', '龔'), ('万', '萬'), ('钱', '錢'), ('严', '嚴'), ('汤', '湯'), ('伟', '偉'), ('强', '強'), ('军', '軍'), ('杰', '傑'), ('涛', '濤'),
    ('刚', '剛'), ('辉', '輝'), ('鹏', '鵬'), ('华', '華'), ('飞', '飛'), ('宁', '寧'), ('欢', '歡'), ('国', '國'), ('东', '東'), ('晓', '曉'),
    ('庆', '慶'), ('荣', '榮'), ('贵', '貴'), ('学', '學'), ('铭', '銘'), ('阳', '陽'), ('诚', '誠'), ('达', '達'), ('兴', '興'), ('远', '遠'),
    ('丽', '麗'), ('艳', '艷'), ('红', '紅'), ('兰', '蘭'), ('凤', '鳳'), ('颖', '穎'), ('莹', '瑩'), ('梦', '夢'), ('诗', '詩'), ('娇', '嬌'),
    ('岚', '嵐'), ('云', '雲'),
];
const TRADES: &[&str] = &[
    "商贸",
    "科技",
    "建筑工程",
    "物流",
    "餐饮管理",
    "装饰工程",
    "汽车服务",
    "机电设备",
    "电子",
    "食品",
    "医疗器械",
    "文化传媒",
    "房地产",
    "园林绿化",
    "物业管理",
    "化工",
    "钢铁贸易",
    "信息技术",
    "广告",
    "服装",
    "纺织",
    "包装",
    "劳务",
    "租赁",
    "旅行社",
    "农业发展",
    "新能源",
    "环保科技",
    "教育咨询",
    "安防",
];
const BUREAUS: &[&str] = &[
    "市政工程管理处",
    "水务局",
    "教育局",
    "人民医院",
    "环境卫生管理所",
    "公路管理处",
    "第一中学",
    "税务局",
    "街道办事处",
    "气象局",
    "图书馆",
    "疾病预防控制中心",
];
const LEGAL: &[&str] = &["有限公司", "有限责任公司", "股份有限公司", "有限公司分公司"];
const BRIGHT: &str =
    "恒达鑫盛源兴隆泰安瑞华宏远博众嘉信诚德康顺通利丰润天泽金海东方中联合祥福永昌星辰启明卓越";
const STREETS: &[&str] = &[
    "解放路",
    "人民路",
    "建设路",
    "中山路",
    "和平路",
    "新华路",
    "胜利路",
    "长江道",
    "黄河道",
    "南京路",
    "北京路",
    "友谊路",
    "文化路",
    "学府路",
    "滨河路",
    "白云路",
    "东风路",
    "青年路",
    "红旗路",
    "光明路",
    "幸福路",
    "西园路",
    "环城南路",
    "环城北路",
    "海河东路",
    "金碧路",
    "龙泉路",
    "滇池路",
    "卫津路",
    "鞍山道",
    "兴工街",
    "中央大道",
    "站前街",
    "迎宾大道",
];
const ESTATES: &[&str] = &[
    "阳光花园",
    "金地家园",
    "万和苑",
    "翠湖小区",
    "锦绣江南",
    "时代广场",
    "世纪城",
    "水岸新城",
    "欣苑",
    "瑞景园",
    "名都公寓",
    "香榭里",
    "龙湾",
    "书香门第",
    "丽景湾",
    "绿洲家园",
];

fn given(s: &mut Stream, male: bool) -> String {
    let table: &str = if male { MALE } else { FEMALE };
    let count = table.chars().count() as u32;
    let length = 1 + u32::from(s.chance(0.78));
    // Earlier characters of the table are commoner: squaring the draw favours them.
    (0..length)
        .filter_map(|_| {
            let u = s.unit();
            table.chars().nth((u.powf(1.4) * f64::from(count)) as usize)
        })
        .collect()
}

/// A surname by frequency.
pub(crate) fn surname(s: &mut Stream) -> &'static str {
    let total: f64 = SURNAMES.iter().map(|(_, w)| w).sum();
    let mut left = s.unit() * total;
    for (name, weight) in SURNAMES {
        left -= weight;
        if left < 0.0 {
            return name;
        }
    }
    "王"
}

/// A full name of that surname.
pub(crate) fn full_name(s: &mut Stream, surname: &str, male: bool) -> String {
    format!("{surname}{}", given(s, male))
}

/// The surname of a full name (compound ones included).
pub(crate) fn surname_of(name: &str) -> String {
    let two: String = name.chars().take(2).collect();
    if two.chars().count() == 2 && SURNAMES.iter().any(|(n, _)| *n == two) {
        two
    } else {
        name.chars().take(1).collect()
    }
}

/// A company of that city.
pub(crate) fn company(s: &mut Stream, city: &str) -> String {
    let bright: Vec<char> = BRIGHT.chars().collect();
    let core: String = (0..2 + s.below(2)).map(|_| *s.pick(&bright)).collect();
    let prefix = if s.chance(0.8) { format!("{city}市") } else { city.to_owned() };
    format!("{prefix}{core}{}{}", s.pick(TRADES), LEGAL[s.weighted(&[80., 14., 4., 2.])])
}

/// A public body of that city.
pub(crate) fn public_body(s: &mut Stream, city: &str, district: &str) -> String {
    format!("{city}市{district}{}", s.pick(BUREAUS))
}

/// A street address without the city.
pub(crate) fn street(s: &mut Stream) -> String {
    let number = 1 + s.below(388);
    if s.chance(0.75) {
        format!(
            "{}{number}号{}{}号楼{}单元{}{:02}",
            s.pick(STREETS),
            s.pick(ESTATES),
            1 + s.below(36),
            1 + s.below(5),
            1 + s.below(28),
            1 + s.below(4)
        )
    } else {
        format!("{}{number}号", s.pick(STREETS))
    }
}

/// Another character of the same sound, if the table knows one.
pub(crate) fn homophone(s: &mut Stream, c: char) -> Option<char> {
    let group = HOMOPHONES.iter().find(|g| g.contains(c))?;
    let others: Vec<char> = group.chars().filter(|x| *x != c).collect();
    (!others.is_empty()).then(|| *s.pick(&others))
}

/// The name in traditional characters as far as the table goes.
pub(crate) fn traditional(name: &str) -> String {
    name.chars().map(|c| TRADITIONAL.iter().find(|(s, _)| *s == c).map_or(c, |(_, t)| *t)).collect()
}
