//! Measures customers and cars on a bench file of `synth` (`cargo run --release -p synth --example synth -- bench`):
//! `cargo run --release -p matching --example dealer_file -- FILE [auto threshold in 1/100 bit]
//! [errors | customers]`; with `customers` no car is kept, so that the memory is that of the customers alone.

mod measure;

use std::time::Instant;

use kernel::address::Address;
use kernel::idcard::IdCard;
use kernel::mobile::{Phone, parse_phones};
use kernel::name::{PartyName, PersonName};
use kernel::plate::Plate;
use kernel::uscc::Uscc;
use kernel::vin::{Vin, last_eight};
use matching::{
    Constraints, HashKey, IdInput, Outcome, PartyInput, PartyKind, PhoneInput, RecordKey, Records, Settings,
    Thresholds, VehicleInput, VehicleSighting, Weights, link_all, link_vehicles, quality,
};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("FILE is missing")?;
    let auto = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(Thresholds::default().auto);
    let more = arguments.next();
    let (show, customers_only) = (more.as_deref() == Some("errors"), more.as_deref() == Some("customers"));
    let begun = (Instant::now(), measure::cpu_seconds());
    let mut records = Records::new(HashKey::default());
    let mut truth: Vec<(RecordKey, u32)> = Vec::new();
    let mut cars: Vec<VehicleInput> = Vec::new();
    let mut car_truth: Vec<u32> = Vec::new();
    let mut reader = csv::Reader::from_path(&file)?;
    let mut chunk: Vec<PartyInput> = Vec::with_capacity(50_000);
    for (number, row) in reader.records().enumerate() {
        let row = row?;
        let key = RecordKey(number as i64);
        let (party, car) = read(key, &row);
        truth.push((key, number_of(row.get(0))));
        chunk.push(party);
        if let Some(car) = car.filter(|_| !customers_only) {
            cars.push(car);
            car_truth.push(number_of(row.get(16)));
        }
        if chunk.len() == 50_000 {
            records.extend(&chunk);
            chunk.clear();
        }
    }
    records.extend(&chunk);
    drop(chunk);
    let mut records = records.seal()?;
    let read = (begun.0.elapsed().as_secs_f64(), measure::cpu_seconds() - begun.1);
    let weights = Weights::Train {
        thresholds: Thresholds { auto, ..Thresholds::default() },
        settings: &Settings::default(),
    };
    let out = link_all(&mut records, &Constraints::default(), weights)?;
    println!(
        "{} records: reading {:.1} s wall {:.1} s CPU; linking {:.1} s wall {:.1} s CPU; peak {} MiB",
        records.len(),
        read.0,
        read.1,
        begun.0.elapsed().as_secs_f64() - read.0,
        measure::cpu_seconds() - begun.1 - read.1,
        measure::peak_mib()
    );
    let mut wanted = vec![0u32; records.len()];
    for (key, customer) in &truth {
        if let Some(at) = records.position(*key) {
            wanted[at as usize] = *customer;
        }
    }
    measure::print("customers", &quality(out.clusters.labels(), &wanted));
    if show {
        measure::errors(&out, &wanted);
        samples(&file, &records, &out, &wanted)?;
    }
    measure_cars(&cars, &car_truth, show);
    Ok(())
}

fn measure_cars(cars: &[VehicleInput], truth: &[u32], show: bool) {
    let begun = measure::cpu_seconds();
    let groups = link_vehicles(cars);
    let mut label = std::collections::HashMap::new();
    for (number, group) in groups.iter().enumerate() {
        label.extend(group.iter().map(|&key| (key, number as u32)));
    }
    let found: Vec<u32> = cars.iter().map(|car| label[&car.key]).collect();
    println!("vehicles in {:.1} s CPU", measure::cpu_seconds() - begun);
    measure::print("vehicles", &quality(&found, truth));
    if show {
        let true_of: std::collections::HashMap<RecordKey, u32> =
            cars.iter().zip(truth).map(|(car, &truth)| (car.key, truth)).collect();
        let impure = groups.iter().filter(|group| group.iter().any(|key| true_of[key] != true_of[&group[0]]));
        for group in impure.step_by(25) {
            println!("IMPURE");
            for key in group {
                println!("   {} {:?}", true_of[key], cars.iter().find(|car| car.key == *key));
            }
        }
    }
}

fn number_of(text: Option<&str>) -> u32 {
    text.unwrap_or("").trim_start_matches(['p', 'v']).parse().unwrap_or(u32::MAX)
}

/// The columns of the bench file, normalised as intake does it.
fn read(key: RecordKey, row: &csv::StringRecord) -> (PartyInput, Option<VehicleInput>) {
    let cell = |at: usize| row.get(at).unwrap_or("").trim();
    let mut party = PartyInput::new(key);
    read_name(&mut party, cell(4), cell(14));
    for text in [cell(5), cell(6)] {
        for value in parse_phones(text) {
            if let Some(phone @ (Phone::Mobile(_) | Phone::Landline(_))) = value.value {
                let digits = phone.to_string().chars().filter(char::is_ascii_digit).collect();
                party.phones.push(PhoneInput { digits, stop: false });
            }
        }
    }
    read_id(&mut party, cell(7));
    party.unionid = cell(8).to_owned();
    if let Ok(address) = Address::parse(cell(9)) {
        party.city = address.city().unwrap_or_default().to_owned();
        if address.has_number() {
            party.address = address.key().to_owned();
        }
    }
    let on = cell(15).parse().ok();
    (party.first_seen, party.last_seen) = (on, on);
    let vin = Vin::parse(cell(10)).ok();
    let car = VehicleInput {
        key,
        vin: vin.filter(Vin::is_strong).map(|vin| vin.to_string()).unwrap_or_default(),
        vis: last_eight(cell(10)).unwrap_or_default(),
        engine: kernel::text::fold(cell(13)),
        brand: brand(cell(12), cell(3)).to_owned(),
        model: String::new(),
        plate: Plate::parse(cell(11)).map(|plate| plate.to_string()).unwrap_or_default(),
        on,
    };
    let VehicleInput { vin, vis, plate, engine, .. } = car.clone();
    let known = ![&vin, &vis, &plate, &engine].iter().all(|text| text.is_empty());
    if known {
        party.vehicles.push(VehicleSighting { vin, vis, plate, engine, on });
    }
    (party, (!cell(16).is_empty()).then_some(car))
}

fn read_name(party: &mut PartyInput, name: &str, kind: &str) {
    let person = |party: &mut PartyInput, name: &PersonName| {
        party.name = name.as_str().to_owned();
        party.surname = name.surname().to_owned();
        party.given = name.given().to_owned();
        party.gender = name.gender();
    };
    party.kind = if kind == "company" { PartyKind::Company } else { PartyKind::Person };
    match PartyName::read(name) {
        PartyName::Person(name) => person(party, &name),
        PartyName::Company(name) => {
            party.kind = PartyKind::Company;
            party.name = name.core().to_owned();
            party.city = name.place().unwrap_or_default().to_owned();
        }
        PartyName::Nobody(_) => {}
    }
}

fn read_id(party: &mut PartyInput, text: &str) {
    if let Ok(card) = IdCard::parse(text) {
        let strong = card.strong_key().is_some();
        party.id = Some(IdInput { number: card.as_str().to_owned(), strong });
        if strong {
            party.birth = Some(card.birth());
            party.gender = Some(card.sex());
        }
    } else if let Ok(code) = Uscc::parse(text) {
        party.uscc = code.to_string();
    } else if text.contains('*') && text.is_ascii() && text.len() >= 10 {
        party.id = Some(IdInput { number: text.to_owned(), strong: false });
    }
}

/// A rough stand-in for the catalogue of brands; a bare "VW" means what the store sells.
fn brand<'a>(raw: &str, store: &'a str) -> &'a str {
    const WORDS: [(&str, &str); 29] = [
        ("捷达", "jetta"),
        ("JETTA", "jetta"),
        ("奥迪", "audi"),
        ("AUDI", "audi"),
        ("上汽大众", "saicvw"),
        ("上海大众", "saicvw"),
        ("上汽VW", "saicvw"),
        ("一汽大众", "fawvw"),
        ("奔驰", "benz"),
        ("BENZ", "benz"),
        ("宝马", "bmw"),
        ("BMW", "bmw"),
        ("丰田", "toyota"),
        ("TOYOTA", "toyota"),
        ("标致", "peugeot"),
        ("PEUGEOT", "peugeot"),
        ("别克", "buick"),
        ("BUICK", "buick"),
        ("雪佛兰", "chevrolet"),
        ("雪弗兰", "chevrolet"),
        ("CHEVROLET", "chevrolet"),
        ("红旗", "hongqi"),
        ("HONGQI", "hongqi"),
        ("奔腾", "bestune"),
        ("BESTUNE", "bestune"),
        ("荣威", "roewe"),
        ("ROEWE", "roewe"),
        ("领克", "lynk"),
        ("LYNK", "lynk"),
    ];
    const MORE: [(&str, &str); 11] = [
        ("奇瑞", "chery"),
        ("CHERY", "chery"),
        ("埃安", "aion"),
        ("AION", "aion"),
        ("新能源", "aion"),
        ("零跑", "leap"),
        ("LEAP", "leap"),
        ("小鹏", "xpeng"),
        ("XPENG", "xpeng"),
        ("大众", ""),
        ("VW", ""),
    ];
    let text: String = raw.to_uppercase().chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    match WORDS.iter().chain(&MORE).find(|(word, _)| text.contains(word)) {
        Some((_, "")) | None if store.contains("SAICVW") => "saicvw",
        Some((_, "")) | None if store.contains("FAWVW") => "fawvw",
        Some((_, brand)) => brand,
        None => "",
    }
}

/// Rows behind some wrong joins and some missed pairs.
fn samples(file: &str, records: &Records, out: &Outcome, truth: &[u32]) -> Result<(), Failure> {
    let rows: Vec<csv::StringRecord> = csv::Reader::from_path(file)?.records().collect::<Result<_, _>>()?;
    let show = |at: u32| rows[records.key_at(at).get() as usize].iter().collect::<Vec<_>>().join("|");
    let wrong = out.edges.iter().filter(|edge| {
        edge.fate == matching::Fate::Joined && truth[edge.a as usize] != truth[edge.b as usize]
    });
    for edge in wrong.take(25) {
        println!("WRONG {} {}\n   {}\n   {}", edge.weight, measure::levels(edge), show(edge.a), show(edge.b));
    }
    Ok(())
}
