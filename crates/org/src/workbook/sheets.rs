//! The sheets of the workbook and the headers they are known by.

use kernel::text::fold;

/// A sheet, in the order in which it is taken in: what is referred to comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sheet {
    Region,
    LegalEntity,
    Brand,
    Store,
    Department,
    Position,
    Employee,
    SourceSystem,
    FeatureFlag,
}

/// A column of a sheet.
#[derive(Debug)]
pub struct Column {
    /// Name in the program.
    pub field: &'static str,
    /// Headers it is known by; the first is ours.
    pub headers: &'static [&'static str],
    /// Without this column the sheet says nothing.
    pub required: bool,
}

const fn must(field: &'static str, headers: &'static [&'static str]) -> Column {
    Column { field, headers, required: true }
}

const fn may(field: &'static str, headers: &'static [&'static str]) -> Column {
    Column { field, headers, required: false }
}

const REGION: &[Column] = &[
    must("code", &["区域编码", "大区编码", "区域代码"]),
    must("name", &["区域名称", "大区名称", "区域"]),
    may("parent", &["上级区域编码", "上级区域"]),
];
const LEGAL_ENTITY: &[Column] = &[
    must("code", &["公司编码", "法人编码", "公司代码"]),
    must("name", &["公司名称", "法人公司", "公司"]),
    may("uscc", &["统一社会信用代码", "社会信用代码", "税号"]),
    may("kind", &["类型", "公司类型"]),
    may("capital", &["注册资本", "注册资本(元)"]),
];
const BRAND: &[Column] = &[
    must("code", &["品牌编码", "品牌代码"]),
    must("name", &["品牌名称", "品牌"]),
    may("name_en", &["英文名", "英文名称"]),
    may("tier", &["档次", "定位"]),
    may("energy", &["能源", "能源类型", "动力"]),
];
const STORE: &[Column] = &[
    must("code", &["门店编码", "门店代码", "店代码"]),
    must("name", &["门店名称", "店名"]),
    may("short_name", &["简称", "门店简称"]),
    must("kind", &["类型", "门店类型"]),
    must("region", &["区域编码", "区域", "大区编码"]),
    must("legal_entity", &["公司编码", "法人编码", "所属公司"]),
    may("brands", &["品牌编码", "品牌"]),
    may("grade", &["等级", "门店等级"]),
    may("city", &["城市", "所在城市"]),
    must("opened_on", &["开业日期", "开业时间"]),
    may("closed_on", &["闭店日期", "停业日期"]),
    may("lat", &["纬度"]),
    may("lng", &["经度"]),
];
const DEPARTMENT: &[Column] = &[
    must("code", &["部门编码", "部门代码"]),
    must("name", &["部门名称", "部门"]),
    may("store", &["门店编码", "所属门店"]),
    may("parent", &["上级部门编码", "上级部门"]),
    may("business_line", &["业务条线", "条线"]),
];
const POSITION: &[Column] = &[
    must("code", &["岗位编码", "岗位代码"]),
    must("name", &["岗位名称", "岗位", "职务"]),
    may("business_line", &["业务条线", "条线"]),
];
const EMPLOYEE: &[Column] = &[
    must("code", &["工号", "员工编号", "员工编码"]),
    must("name", &["姓名", "员工姓名"]),
    may("mobile", &["手机号码", "手机", "手机号", "联系电话"]),
    may("store", &["门店编码", "所属门店"]),
    may("department", &["部门编码", "部门"]),
    may("position", &["岗位编码", "岗位"]),
    may("hired_on", &["入职日期", "入司时间"]),
    may("left_on", &["离职日期", "离司时间"]),
    may("user_name", &["登录账号", "账号", "登录名"]),
    may("roles", &["角色", "角色编码"]),
    may("scope", &["数据范围", "范围"]),
    may("scope_values", &["范围值", "数据范围值"]),
];
const SOURCE_SYSTEM: &[Column] = &[
    must("store", &["门店编码", "所属门店"]),
    must("source", &["系统", "系统编码"]),
    must("live_from", &["上线日期", "启用日期"]),
    may("live_to", &["停用日期", "下线日期"]),
];
const FEATURE_FLAG: &[Column] = &[
    must("store", &["门店编码", "所属门店"]),
    must("feature", &["功能", "功能编码"]),
    may("since_on", &["启用日期", "开通日期"]),
    may("enabled", &["是否启用", "启用"]),
];

impl Sheet {
    /// All sheets, in the order in which they are taken in.
    pub const ALL: [Sheet; 9] = [
        Sheet::Region,
        Sheet::LegalEntity,
        Sheet::Brand,
        Sheet::Store,
        Sheet::Department,
        Sheet::Position,
        Sheet::Employee,
        Sheet::SourceSystem,
        Sheet::FeatureFlag,
    ];

    fn titles(self) -> &'static [&'static str] {
        match self {
            Sheet::Region => &["区域", "大区"],
            Sheet::LegalEntity => &["法人公司", "公司", "法人"],
            Sheet::Brand => &["品牌"],
            Sheet::Store => &["门店", "店铺"],
            Sheet::Department => &["部门"],
            Sheet::Position => &["岗位", "职务"],
            Sheet::Employee => &["员工账号", "员工", "人员", "花名册"],
            Sheet::SourceSystem => &["系统上线", "系统"],
            Sheet::FeatureFlag => &["功能开关", "功能"],
        }
    }

    /// The sheet a tab's title stands for.
    pub fn of_title(title: &str) -> Option<Sheet> {
        let title = plain(title);
        Sheet::ALL.into_iter().find(|sheet| sheet.titles().iter().any(|known| plain(known) == title))
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Sheet::Region => REGION,
            Sheet::LegalEntity => LEGAL_ENTITY,
            Sheet::Brand => BRAND,
            Sheet::Store => STORE,
            Sheet::Department => DEPARTMENT,
            Sheet::Position => POSITION,
            Sheet::Employee => EMPLOYEE,
            Sheet::SourceSystem => SOURCE_SYSTEM,
            Sheet::FeatureFlag => FEATURE_FLAG,
        }
    }
}

/// A header without what people decorate it with: blanks, `*`, a remark in brackets, traditional characters.
pub fn plain(header: &str) -> String {
    let folded = fold(header);
    let bare = folded.trim_matches('*');
    match bare.find('(') {
        Some(at) if at > 0 => bare[..at].to_owned(),
        _ => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_titles_are_known_under_several_names() {
        assert_eq!(Sheet::of_title(" 員工賬號 "), Some(Sheet::Employee));
        assert_eq!(Sheet::of_title("花名册"), Some(Sheet::Employee));
        assert_eq!(Sheet::of_title("说明"), None);
        assert_eq!(plain("* 类型(4S店/快修店)"), plain("类型"));
        assert_eq!(plain("门店 编码（必填）"), plain("门店编码"));
    }
}
