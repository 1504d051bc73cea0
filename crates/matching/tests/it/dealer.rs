//! A small generator of dealer records with known truth, for tests and for the quality example.
//!
//! It writes what is left after normalisation: placeholders are gone, honorifics have become "surname only", but
//! typing errors, stale and borrowed phones, store phones, traders, families and fleets remain, at the rates of the
//! synthetic-data specification.

use matching::{Gender, IdInput, PartyInput, PartyKind, PhoneInput, RecordKey, VehicleSighting};

/// A record and the customer it truly belongs to.
pub struct Labelled {
    pub input: PartyInput,
    pub truth: u32,
}

/// SplitMix64: enough for tests, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
    pub fn chance(&mut self, share: f64) -> bool {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64 <= share
    }
    /// Favours the beginning of a list, as names do.
    fn zipf<'a>(&mut self, list: &'a [char]) -> &'a char {
        let n = list.len() as f64;
        let u = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        &list[((n.powf(u) - 1.0) as usize).min(list.len() - 1)]
    }
    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

const SURNAMES: &str = "王李张刘陈杨黄赵周吴徐孙马胡朱郭何罗高林郑梁谢唐许冯宋韩邓彭曹曾田于萧潘袁蔡蒋余杜叶程魏苏吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔";
const MALE: &str = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆峰龙建国志文海东林成晓亮云天新永德庆春生祥嘉一泽子轩博瑞昊然晨宏卫江山松柏良友民富贵才清中正思远立业家胜利荣光武振兴";
const FEMALE: &str = "芳娜敏静丽艳娟霞玲燕红梅英玉兰秀洁琳雪萍莉倩颖婷慧佳欣怡悦梦雅琴晶晓云春花月香桂淑珍凤珠翠萌蕾璐瑶菲薇蓉菊青惠美爱华文心如诗涵语嘉妍宁彩黛琼";
const CITIES: [&str; 8] = ["天津", "昆明", "大理", "曲靖", "玉溪", "沈阳", "大连", "鞍山"];
const TRADES: [&str; 10] =
    ["物流", "商贸", "建筑工程", "科技", "汽车租赁", "餐饮管理", "运输", "置业", "机电设备", "文化传媒"];

struct Car {
    vin: String,
    plate: String,
    old_plate: String,
}

struct Customer {
    truth: u32,
    company: bool,
    name: String,
    surname: String,
    gender: Option<Gender>,
    birth: jiff::civil::Date,
    id: String,
    uscc: String,
    unionid: String,
    phone: String,
    old_phone: String,
    address: String,
    city: &'static str,
    cars: Vec<Car>,
    contact: (String, String, String),
}

fn chars(list: &str) -> Vec<char> {
    list.chars().collect()
}

/// Everything a whole file shares.
struct World {
    dice: Dice,
    surnames: Vec<char>,
    male: Vec<char>,
    female: Vec<char>,
    store_phones: Vec<Vec<String>>,
    trader_phones: Vec<String>,
    cores: Vec<String>,
    written: usize,
}

impl World {
    fn new(seed: u64, customers: usize) -> Self {
        let mut dice = Dice::new(seed);
        let store_phones =
            (0..60).map(|_| (0..3 + dice.below(6)).map(|_| phone(&mut dice)).collect()).collect();
        let traders = customers / 900 + 1;
        let trader_phones = (0..traders).map(|_| phone(&mut dice)).collect();
        let (male, female) = (chars(MALE), chars(FEMALE));
        let cores = (0..4000)
            .map(|_| {
                (0..2).map(|_| *dice.pick(if dice.0.is_multiple_of(2) { &male } else { &female })).collect()
            })
            .collect();
        World {
            dice,
            surnames: chars(SURNAMES),
            male,
            female,
            store_phones,
            trader_phones,
            cores,
            written: 0,
        }
    }

    fn person_name(&mut self, surname: Option<&str>, gender: Gender) -> (String, String) {
        let surname = surname.map_or_else(|| self.dice.zipf(&self.surnames).to_string(), str::to_owned);
        let list = if gender == Gender::Male { &self.male } else { &self.female };
        let mut name = surname.clone();
        name.push(*self.dice.zipf(list));
        if self.dice.chance(0.80) {
            name.push(*self.dice.zipf(list));
        }
        (name, surname)
    }

    fn customer(&mut self, truth: u32, relative: Option<&Customer>) -> Customer {
        let company = relative.is_none() && self.dice.chance(0.14);
        let gender = if self.dice.chance(0.66) { Gender::Male } else { Gender::Female };
        let child = relative.filter(|_| self.dice.chance(0.35)).map(|r| r.surname.clone());
        let (mut name, surname) = self.person_name(child.as_deref(), gender);
        let city = relative.map_or_else(|| *self.dice.pick(&CITIES), |r| r.city);
        if company {
            let core = self.dice.pick(&self.cores).clone();
            name = format!("{core}{}", self.dice.pick(&TRADES));
        }
        let birth = jiff::civil::date(1950 + self.dice.below(52) as i16, 1, 1)
            .saturating_add(jiff::Span::new().days(self.dice.below(365) as i64));
        let odd = 2 * self.dice.below(450) + u64::from(gender == Gender::Male);
        let id17 = format!("{:06}{}{odd:03}", self.dice.below(40), birth.strftime("%Y%m%d"));
        let share_phone = relative.is_some() && self.dice.chance(0.5);
        let share_address = relative.is_some() && (!share_phone || self.dice.chance(0.7));
        let contact_gender = Gender::Male;
        let (contact, contact_surname) = self.person_name(None, contact_gender);
        let cars = (0..1 + u64::from(self.dice.chance(0.18)) + u64::from(company) * self.dice.below(6))
            .map(|_| self.car())
            .collect();
        let own_phone = phone(&mut self.dice);
        let dice = &mut self.dice;
        Customer {
            truth,
            company,
            name,
            surname: if company { String::new() } else { surname },
            gender: (!company).then_some(gender),
            birth,
            id: if company { String::new() } else { with_check(&id17) },
            uscc: if company { format!("91{:016}", dice.next() >> 12) } else { String::new() },
            unionid: if !company && dice.chance(0.35) {
                format!("o{:016x}", dice.next())
            } else {
                String::new()
            },
            phone: relative.filter(|_| share_phone).map_or(own_phone, |r| r.phone.clone()),
            old_phone: phone(dice),
            address: relative.filter(|_| share_address).map_or_else(
                || format!("{city}路{}号{}", dice.below(4000), dice.below(900)),
                |r| r.address.clone(),
            ),
            city,
            cars,
            contact: (contact, contact_surname, phone(dice)),
        }
    }

    fn car(&mut self) -> Car {
        let dice = &mut self.dice;
        Car {
            vin: format!("LFV{:06}{:08}", dice.below(1_000_000), dice.below(100_000_000)),
            plate: format!("津{}", letters(dice, 6)),
            old_plate: format!("津{}", letters(dice, 6)),
        }
    }

    fn rows_of(&mut self, customer: &Customer, people: &[String], put: &mut dyn FnMut(Labelled)) {
        let stores = 1 + usize::from(self.dice.chance(0.09));
        for _ in 0..stores {
            let mut systems = vec![0u8];
            if self.dice.chance(0.70) {
                systems.push(1);
            }
            if self.dice.chance(0.15) {
                systems.push(2);
            }
            if !customer.unionid.is_empty() && self.dice.chance(0.6) {
                systems.push(3);
            }
            for at in 0..systems.len() {
                if self.dice.chance(0.14) {
                    systems.push(systems[at]);
                }
            }
            let store = self.dice.below(60) as usize;
            for system in systems {
                let input = self.row(customer, system, store, people, self.written);
                self.written += 1;
                put(Labelled { input, truth: customer.truth });
            }
        }
    }

    fn row(
        &mut self,
        c: &Customer,
        system: u8,
        store: usize,
        people: &[String],
        number: usize,
    ) -> PartyInput {
        let key = RecordKey(Dice::new(number as u64 ^ 0x5eed).next() as i64);
        let mut row = PartyInput::new(key);
        self.write_name(c, system, &mut row);
        row.phones = self.write_phone(c, store, people, &row);
        let dice = &mut self.dice;
        if !c.company {
            row.gender = if dice.chance(0.7) { c.gender } else { None };
            row.birth = dice.chance(0.48).then_some(c.birth);
            row.id = write_id(dice, c, system);
            if row.id.as_ref().is_some_and(|id| id.strong) {
                (row.birth, row.gender) = (Some(c.birth), c.gender);
            }
        } else if dice.chance(0.55) {
            row.uscc = c.uscc.clone();
        }
        if system == 3 {
            row.unionid = c.unionid.clone();
        } else {
            write_car(dice, c, &mut row);
            row.city = if dice.chance(0.8) { c.city.to_owned() } else { String::new() };
            if dice.chance(0.5) {
                row.address = if dice.chance(0.88) { c.address.clone() } else { format!("{}-", c.address) };
            }
        }
        let day = jiff::civil::date(
            2005 + dice.below(17) as i16,
            1 + dice.below(12) as i8,
            1 + dice.below(28) as i8,
        );
        (row.first_seen, row.last_seen) = (Some(day), Some(day));
        row
    }

    fn write_name(&mut self, c: &Customer, system: u8, row: &mut PartyInput) {
        if c.company && self.dice.chance(0.08) {
            row.kind = PartyKind::Person;
            (row.name, row.surname) = (c.contact.0.clone(), c.contact.1.clone());
            row.given = c.contact.0.chars().skip(1).collect();
            return;
        }
        row.kind = if c.company { PartyKind::Company } else { PartyKind::Person };
        row.name = c.name.clone();
        row.surname = c.surname.clone();
        if c.company {
            return;
        }
        let dice = &mut self.dice;
        let mut symbols: Vec<char> = c.name.chars().collect();
        let at = 1 + dice.below(symbols.len() as u64 - 1) as usize;
        match dice.below(1000) {
            0..30 => symbols.truncate(1),
            30..45 => symbols[at] = homophone(symbols[at]),
            45..55 => symbols[at] = *dice.pick(&self.male),
            55..63 if symbols.len() > 2 => drop(symbols.remove(at)),
            63..73 => symbols.clear(),
            _ => {}
        }
        if system == 3 && dice.chance(0.35) {
            symbols.clear();
        }
        row.name = symbols.iter().collect();
        row.given = symbols.iter().skip(1).collect();
        if symbols.is_empty() {
            row.surname.clear();
        }
    }

    fn write_phone(
        &mut self,
        c: &Customer,
        store: usize,
        people: &[String],
        row: &PartyInput,
    ) -> Vec<PhoneInput> {
        let dice = &mut self.dice;
        let own = if row.kind == PartyKind::Person && c.company { &c.contact.2 } else { &c.phone };
        let mut digits = own.clone();
        match dice.below(1000) {
            0..25 => return Vec::new(),
            25..55 => digits = dice.pick(&self.store_phones[store]).clone(),
            55..70 => {
                digits = self.trader_phones
                    [(u64::from(c.truth) / 30 % self.trader_phones.len() as u64) as usize]
                    .clone()
            }
            70..190 => {
                digits = c.old_phone.clone();
                if dice.chance(0.2) {
                    digits = dice.pick(people).clone();
                }
            }
            190..205 => {
                let at = 1 + dice.below(10) as usize;
                digits.replace_range(at..=at, &dice.below(10).to_string());
            }
            205..213 => {
                let at = 1 + dice.below(9) as usize;
                let (a, b) = (digits.as_bytes()[at] as char, digits.as_bytes()[at + 1] as char);
                digits.replace_range(at..=at + 1, &format!("{b}{a}"));
            }
            213..220 => {
                digits.pop();
            }
            _ => {}
        }
        let mut all = vec![PhoneInput { digits, stop: false }];
        if dice.chance(0.06) {
            all.push(PhoneInput { digits: c.old_phone.clone(), stop: false });
        }
        all
    }
}

fn write_id(dice: &mut Dice, c: &Customer, system: u8) -> Option<IdInput> {
    match dice.below(1000) {
        _ if system == 3 => None,
        0..350 => None,
        350..500 => Some(IdInput { number: format!("{}********{}", &c.id[..6], &c.id[14..]), strong: false }),
        500..510 => {
            let mut number = c.id.clone();
            let at = dice.below(17) as usize;
            number.replace_range(at..=at, &dice.below(10).to_string());
            Some(IdInput { number, strong: false })
        }
        _ => Some(IdInput { number: c.id.clone(), strong: true }),
    }
}

fn write_car(dice: &mut Dice, c: &Customer, row: &mut PartyInput) {
    let car = &c.cars[dice.below(c.cars.len() as u64) as usize];
    let mut sighting = VehicleSighting::default();
    match dice.below(1000) {
        0..20 => {}
        20..30 => sighting.vis = format!("{:08}", dice.below(100_000_000)),
        30..45 => sighting.vis = car.vin[9..].to_owned(),
        _ => sighting.vin = car.vin.clone(),
    }
    match dice.below(1000) {
        0..60 => {}
        60..140 => sighting.plate = car.old_plate.clone(),
        140..150 => sighting.plate = format!("云{}", &car.plate[3..]),
        _ => sighting.plate = car.plate.clone(),
    }
    row.vehicles.push(sighting);
}

fn homophone(symbol: char) -> char {
    const PAIRS: [(char, char); 12] = [
        ('伟', '玮'),
        ('强', '蔷'),
        ('军', '君'),
        ('洋', '阳'),
        ('勇', '永'),
        ('杰', '洁'),
        ('芳', '方'),
        ('娜', '纳'),
        ('敏', '闽'),
        ('静', '晶'),
        ('丽', '莉'),
        ('艳', '燕'),
    ];
    PAIRS.iter().find(|pair| pair.0 == symbol).map_or('某', |pair| pair.1)
}

fn phone(dice: &mut Dice) -> String {
    format!("1{}{:09}", 3 + dice.below(7), dice.below(1_000_000_000))
}

fn letters(dice: &mut Dice, n: usize) -> String {
    (0..n).map(|_| *dice.pick(b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") as char).collect()
}

fn with_check(id17: &str) -> String {
    let sum: u32 =
        id17.bytes().enumerate().map(|(at, d)| u32::from(d - b'0') * ((1u32 << (17 - at)) % 11)).sum();
    format!("{id17}{}", b"10X98765432"[(sum % 11) as usize] as char)
}

/// About `rows` records of about `rows / 2.5` customers, one at a time.
pub fn stream(rows: usize, seed: u64, mut put: impl FnMut(Labelled)) {
    let mut world = World::new(seed, rows * 2 / 5);
    let mut people: Vec<String> = (0..64).map(|_| phone(&mut world.dice)).collect();
    let mut last: Option<Customer> = None;
    let (mut truth, mut written) = (0, 0);
    while written < rows {
        let relative = last.take().filter(|c| !c.company && world.dice.chance(0.16));
        let customer = world.customer(truth, relative.as_ref());
        world.rows_of(&customer, &people, &mut |row| {
            written += 1;
            put(row);
        });
        people.push(customer.phone.clone());
        truth += 1;
        last = Some(customer);
    }
}
