//! The organisation workbook: everything about the group that is not a customer.

use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};

use crate::brands::{BRANDS, Tier};
use crate::calendar::Day;
use crate::error::SynthError;
use crate::ids::company_code;
use crate::org::{Org, REGIONS};
use crate::params::Params;
use crate::rng::Stream;
use crate::staff::{Employee, Job, POSITIONS, Staff};

/// One sheet as header and rows.
struct Table {
    name: &'static str,
    header: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(name: &'static str, header: &'static [&'static str]) -> Self {
        Table { name, header, rows: Vec::new() }
    }

    fn row(&mut self, cells: &[&str]) {
        self.rows.push(cells.iter().map(|c| (*c).to_owned()).collect());
    }
}

/// Writes `org.xlsx`.
pub(crate) fn write(org: &Org, p: &Params, seed: u64, root: &Path) -> Result<(), SynthError> {
    std::fs::create_dir_all(root).map_err(|e| SynthError::file(root, e))?;
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_ymd(2022, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let staffs: Vec<Staff> = org.stores.iter().map(|s| Staff::of_store(seed, s, p, org.today)).collect();
    let headquarters = Staff::of_headquarters(seed, org, p);
    let tables = [
        regions(org),
        companies(org, seed),
        brands(org),
        stores(org),
        departments(org),
        positions(),
        accounts(org, &staffs, &headquarters),
        systems(org),
        features(org),
    ];
    for table in tables {
        let mut sheet = Worksheet::new();
        sheet.set_name(table.name)?;
        for (c, header) in table.header.iter().enumerate() {
            sheet.write_string(0, c as u16, *header)?;
        }
        for (r, row) in table.rows.iter().enumerate() {
            for (c, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                sheet.write_string(r as u32 + 1, c as u16, cell)?;
            }
        }
        book.push_worksheet(sheet);
    }
    let path = root.join("org.xlsx");
    let bytes = book.save_to_buffer()?;
    std::fs::write(&path, bytes).map_err(|e| SynthError::file(&path, e))
}

fn used_regions(org: &Org) -> Vec<usize> {
    (0..REGIONS.len()).filter(|r| org.stores.iter().any(|s| s.region == *r)).collect()
}

fn regions(org: &Org) -> Table {
    let mut t = Table::new("区域", &["区域编码", "区域名称"]);
    for r in used_regions(org) {
        t.row(&[REGIONS[r].code, REGIONS[r].name]);
    }
    t
}

/// One company per store; the full group has seventeen more.
fn companies(org: &Org, seed: u64) -> Table {
    let mut t = Table::new("法人公司", &["公司编码", "公司名称", "统一社会信用代码", "类型"]);
    let code = |i: u64| company_code(&mut Stream::new(seed, "legal entity", i), false);
    for s in &org.stores {
        let name = format!("{}{}汽车销售服务有限公司", s.city, s.short);
        t.row(&[&format!("LE-{}", s.code), &name, &code(u64::from(s.idx)), "门店公司"]);
    }
    let others: &[(&str, usize)] = if org.outlets.is_empty() {
        &[("集团总部", 1), ("保险代理", 1)]
    } else {
        &[
            ("集团总部", 1),
            ("保险代理", 1),
            ("金融租赁", 2),
            ("二手车", 3),
            ("配件", 2),
            ("平行进口", 2),
            ("租赁", 2),
            ("快修", 3),
            ("物流", 1),
        ]
    };
    let mut n = 0;
    for (kind, count) in others {
        for k in 1..=*count {
            n += 1;
            t.row(&[
                &format!("LE-G{n:02}"),
                &format!("远景汽车集团{kind}{k}有限公司"),
                &code(1000 + n),
                kind,
            ]);
        }
    }
    t
}

fn brands(org: &Org) -> Table {
    let mut t = Table::new("品牌", &["品牌编码", "品牌名称", "英文名", "档次", "能源"]);
    for (i, b) in BRANDS.iter().enumerate() {
        if org.stores.iter().any(|s| s.brand == i) {
            let energy = if b.tier == Tier::Electric { "纯电动" } else { "燃油" };
            t.row(&[b.code, b.name, b.english, b.tier.zh(), energy]);
        }
    }
    t
}

fn stores(org: &Org) -> Table {
    let mut t = Table::new(
        "门店",
        &[
            "门店编码",
            "门店名称",
            "简称",
            "类型",
            "区域编码",
            "公司编码",
            "品牌编码",
            "等级",
            "城市",
            "开业日期",
            "闭店日期",
            "纬度",
            "经度",
        ],
    );
    for s in &org.stores {
        t.row(&[
            &s.code,
            &s.name,
            &s.short,
            "4S店",
            REGIONS[s.region].code,
            &format!("LE-{}", s.code),
            BRANDS[s.brand].code,
            &s.grade.to_string(),
            s.city,
            &s.opened.iso(),
            "",
            &format!("{:.4}", s.position.0),
            &format!("{:.4}", s.position.1),
        ]);
    }
    for (code, name, kind, region) in &org.outlets {
        let city = REGIONS[*region].cities[0];
        let company = if *kind == "快修店" { "LE-G13" } else { "LE-G05" };
        t.row(&[
            code,
            name,
            name,
            kind,
            REGIONS[*region].code,
            company,
            "",
            "C",
            city.0,
            "2018-06-01",
            "",
            &city.2.to_string(),
            &city.3.to_string(),
        ]);
    }
    t
}

/// Departments in the order they first appear among the positions.
fn department_names() -> Vec<(&'static str, &'static str)> {
    let mut out: Vec<(&str, &str)> = Vec::new();
    for (_, department, _, line) in POSITIONS {
        if !out.iter().any(|(d, _)| *d == department) {
            out.push((department, line));
        }
    }
    out
}

fn department_code(store: &str, department: &str) -> String {
    let n = department_names().iter().position(|(d, _)| *d == department).unwrap_or(0) + 1;
    format!("{store}-D{n:02}")
}

fn departments(org: &Org) -> Table {
    let mut t = Table::new("部门", &["部门编码", "部门名称", "门店编码", "上级部门编码", "业务条线"]);
    for (department, line) in department_names() {
        t.row(&[&department_code("HQ", department), &format!("集团{department}"), "", "", line]);
    }
    for s in &org.stores {
        for (department, line) in department_names() {
            t.row(&[&department_code(&s.code, department), department, &s.code, "", line]);
        }
    }
    t
}

fn positions() -> Table {
    let mut t = Table::new("岗位", &["岗位编码", "岗位名称", "业务条线"]);
    for (letter, _, title, line) in POSITIONS {
        t.row(&[&format!("P-{letter}"), title, line]);
    }
    t
}

/// Role code of a position.
fn role(position: usize) -> &'static str {
    [
        "sales_consultant",
        "sales_consultant",
        "service_advisor",
        "technician",
        "technician",
        "",
        "renewal_specialist",
        "call_agent",
        "finance",
        "workshop_foreman",
        "receptionist",
    ][position]
}

/// Log-ins that demonstrate one persona each.
struct Persona {
    login: &'static str,
    role: &'static str,
    scope: &'static str,
    /// Store by position; head office when `None`.
    store: Option<usize>,
    position: usize,
}

const fn persona(
    login: &'static str,
    role: &'static str,
    scope: &'static str,
    store: Option<usize>,
    position: usize,
) -> Persona {
    Persona { login, role, scope, store, position }
}

const PERSONAS: &[Persona] = &[
    persona("director", "group_director", "集团", None, 9),
    persona("region.tj", "region_manager", "区域", None, 9),
    persona("dataadmin", "data_admin", "集团", None, 10),
    persona("marketing", "marketing_manager", "集团", None, 7),
    persona("insurance", "insurance_manager", "集团", None, 6),
    persona("privacy", "privacy_officer", "集团", None, 10),
    persona("finance", "finance", "集团", None, 8),
    persona("callcenter", "call_agent", "门店集合", None, 7),
    persona("manager.a", "store_manager", "门店", Some(0), 9),
    persona("manager.b", "store_manager", "门店", Some(1), 9),
    persona("renewal", "renewal_specialist", "本人", Some(0), 6),
    persona("advisor", "service_advisor", "本人", Some(0), 2),
    persona("sales", "sales_consultant", "本人", Some(0), 0),
    persona("foreman", "workshop_foreman", "门店", Some(0), 9),
];

fn accounts(org: &Org, staffs: &[Staff], headquarters: &Staff) -> Table {
    let mut t = Table::new(
        "员工账号",
        &[
            "工号",
            "姓名",
            "手机号码",
            "门店编码",
            "部门编码",
            "岗位编码",
            "入职日期",
            "离职日期",
            "登录账号",
            "角色",
            "数据范围",
            "范围值",
        ],
    );
    let every =
        std::iter::once((None, headquarters)).chain(staffs.iter().enumerate().map(|(i, s)| (Some(i), s)));
    for (store, staff) in every {
        let mut taken: Vec<&str> = Vec::new();
        for e in staff.current(org.today) {
            let found = PERSONAS
                .iter()
                .find(|p| p.store == store && p.position == e.position && !taken.contains(&p.login));
            if let Some(p) = found {
                taken.push(p.login);
            }
            account(&mut t, org, store, e, found);
        }
    }
    t
}

fn account(t: &mut Table, org: &Org, store: Option<usize>, e: &Employee, persona: Option<&Persona>) {
    let code = store.map_or("", |i| org.stores[i].code.as_str());
    let department = department_code(store.map_or("HQ", |i| &org.stores[i].code), POSITIONS[e.position].1);
    let own_login = e.code.to_lowercase();
    let is_manager = e.position == Job::Manager as usize;
    let (login, role, scope) = match persona {
        Some(p) => (p.login, p.role, p.scope),
        None if is_manager && store.is_some() => (own_login.as_str(), "workshop_foreman", "门店"),
        None if store.is_none() => (own_login.as_str(), role(e.position), "集团"),
        None if role(e.position).is_empty() => ("", "", ""),
        None => (own_login.as_str(), role(e.position), "本人"),
    };
    let scope_value = match scope {
        "区域" => REGIONS[org.stores[0].region].code.to_owned(),
        "门店" => code.to_owned(),
        "门店集合" => org.stores.iter().take(3).map(|s| s.code.as_str()).collect::<Vec<_>>().join("/"),
        _ => String::new(),
    };
    let title = format!("P-{}", POSITIONS[e.position].0);
    let left = e.left.map_or(String::new(), Day::iso);
    t.row(&[
        &e.code,
        &e.name,
        &e.mobile,
        code,
        &department,
        &title,
        &e.hired.iso(),
        &left,
        login,
        role,
        scope,
        &scope_value,
    ]);
}

fn systems(org: &Org) -> Table {
    let mut t = Table::new("系统上线", &["门店编码", "系统", "上线日期", "停用日期"]);
    for s in &org.stores {
        if s.opened < s.dms_from {
            t.row(&[&s.code, "paper", &s.opened.iso(), &s.dms_from.iso()]);
        }
        t.row(&[&s.code, "dms", &s.dms_from.iso(), ""]);
        if s.erp.0 < s.erp.1 {
            t.row(&[&s.code, "erp", &s.erp.0.iso(), &s.erp.1.iso()]);
        }
        for (system, from) in [
            ("insurance", s.insurance_from),
            ("used_car", s.used_car_from),
            ("wecom", s.wecom_from),
            ("hr", s.opened.max(Day::new(2012, 1, 1))),
        ] {
            t.row(&[&s.code, system, &from.iso(), ""]);
        }
    }
    t
}

/// WeCom everywhere, the mini-program in Tianjin and Yunnan from spring 2021.
fn features(org: &Org) -> Table {
    let mut t = Table::new("功能开关", &["门店编码", "功能", "启用日期"]);
    for s in &org.stores {
        t.row(&[&s.code, "wecom", &s.wecom_from.iso()]);
        if s.region < 2 {
            let day = Day::new(2021, 2 + u32::from(s.idx) % 6, 1);
            t.row(&[&s.code, "mini_program", &day.iso()]);
        }
    }
    t
}
