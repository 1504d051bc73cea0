//! Chinese surnames: needed to tell 张经理 (a surname and a title) from a name, and 欧阳娜 from 欧 + 阳娜.

use std::sync::LazyLock;

use crate::read::HanSet;

/// Surnames of two characters, simplified. 台 is the folded form of 臺 and 澹台.
pub const COMPOUND: &[&str] = &[
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛", "尉迟",
    "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离",
    "长孙", "宇文", "司徒", "鲜于", "司空", "闾丘", "子车", "亓官", "司寇", "巫马", "公西", "颛孙", "壤驷",
    "公良", "漆雕", "乐正", "宰父", "谷梁", "拓跋", "夹谷", "轩辕", "令狐", "段干", "百里", "呼延", "东郭",
    "南门", "羊舌", "微生", "梁丘", "左丘", "西门", "东门", "第五", "南荣", "东里", "即墨", "达奚", "褚师",
    "完颜", "纳兰", "叶赫", "爱新", "耶律",
];

/// Surnames of one character, the common ones first, simplified.
const SINGLE: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱丘江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利于呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由";

static SINGLE_SET: LazyLock<HanSet> = LazyLock::new(|| HanSet::of(SINGLE.chars()));

/// True for a simplified character that is a surname by itself.
pub fn is_single(c: char) -> bool {
    SINGLE_SET.has(c)
}

/// The compound surname a folded name starts with.
pub fn compound(name: &str) -> Option<&'static str> {
    let head = name.get(..6)?;
    COMPOUND.iter().copied().find(|&surname| surname == head)
}

/// The surname a folded Chinese name starts with: a compound one if it does, else the first character,
/// whether or not the list knows it (rare surnames exist).
pub fn surname_of(name: &str) -> &str {
    compound(name).unwrap_or_else(|| name.chars().next().map_or("", |first| &name[..first.len_utf8()]))
}

/// The reading of a character as a surname where it differs from the usual one: 单 is `shan`, 曾 `zeng`.
pub const fn reading(surname: char) -> Option<&'static str> {
    Some(match surname {
        '单' => "shan",
        '曾' => "zeng",
        '解' => "xie",
        '仇' => "qiu",
        '查' => "zha",
        '盖' => "ge",
        '区' => "ou",
        '朴' => "piao",
        '翟' => "zhai",
        '乐' => "yue",
        '尉' => "wei",
        '任' => "ren",
        '华' => "hua",
        '覃' => "qin",
        '缪' => "miao",
        '冼' => "xian",
        '隗' => "wei",
        '员' => "yun",
        '谌' => "chen",
        '宓' => "mi",
        '长' => "zhang",
        '石' => "shi",
        '葛' => "ge",
        '召' => "shao",
        '种' => "chong",
        '逄' => "pang",
        '郇' => "xun",
        '么' => "yao",
        '那' => "na",
        '晁' => "chao",
        '秘' => "bi",
        '折' => "she",
        '重' => "chong",
        '纪' => "ji",
        '燕' => "yan",
        '宁' => "ning",
        '车' => "che",
        '万' => "wan",
        _ => return None,
    })
}

/// The reading of a compound surname where the characters alone would be read otherwise.
pub fn compound_reading(surname: &str) -> Option<[&'static str; 2]> {
    Some(match surname {
        "万俟" => ["mo", "qi"],
        "尉迟" => ["yu", "chi"],
        "长孙" => ["zhang", "sun"],
        "澹台" => ["tan", "tai"],
        "令狐" => ["ling", "hu"],
        "亓官" => ["qi", "guan"],
        "乐正" => ["yue", "zheng"],
        "单于" => ["chan", "yu"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compound_surnames_win_over_their_first_character() {
        for (name, surname) in [
            ("欧阳娜", "欧阳"),
            ("诸葛璇", "诸葛"),
            ("张伟", "张"),
            ("欧", "欧"),
            ("", ""),
            ("阿卜杜拉", "阿"),
        ] {
            assert_eq!(surname_of(name), surname, "{name}");
        }
    }

    #[test]
    fn single_surnames_are_known_by_character() {
        assert!(is_single('张') && is_single('王') && is_single('由'));
        assert!(!is_single('的') && !is_single('A') && !is_single('張'));
    }
}
