//! One flat customer file for measuring the matcher: the people, cars and dirt of the
//! group without its calendar, so that any number of rows streams out in little memory.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::calendar::Day;
use crate::dirt::Clerk;
use crate::error::SynthError;
use crate::generate::{Progress, SynthConfig};
use crate::ids::{PersonId, Role, VehicleId};
use crate::manifest::{FileEntry, Manifest};
use crate::org::{Org, REGIONS, Store};
use crate::params::Params;
use crate::people::{People, Person};
use crate::preset::Preset;
use crate::rng::Stream;
use crate::vehicles::Vehicle;

/// Header of the file.
const HEADER: &str = "truth_id,source,source_key,store,name,phone,phone2,id_no,unionid,address,vin,plate,brand,engine_no,kind,seen_on,vehicle_truth_id\n";
/// Rows every buyer leaves on average over all passes.
const ROWS_PER_BUYER: f64 = 2.93;
/// Buyers of one unit of work.
const CHUNK: u64 = 16_384;
/// Buyers one store may have under one role; see `ids`.
const BLOCK: u64 = 150_000;
/// Rows of the `oem` preset: ten million persons.
const OEM_ROWS: u64 = 24_500_000;

/// Why a buyer stands in the file once more. The file is written pass by pass, so that
/// rows of one person never stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Archive,
    Insurance,
    UsedCar,
    Wecom,
    Duplicate,
    OtherStore,
    Successor,
    Erp,
    /// Duplicates of the service desk, until the rows are full.
    Filler(u64),
}

impl Pass {
    const FIRST: [Pass; 8] = [
        Pass::Archive,
        Pass::Insurance,
        Pass::UsedCar,
        Pass::Wecom,
        Pass::Duplicate,
        Pass::OtherStore,
        Pass::Successor,
        Pass::Erp,
    ];

    /// Source, share of the buyers, number of the stream.
    fn facts(self) -> (&'static str, f64, u64) {
        match self {
            Pass::Archive => ("dms", 0.95, 0),
            Pass::Insurance => ("insurance", 0.62, 1),
            Pass::UsedCar => ("used_car", 0.18, 2),
            Pass::Wecom => ("wecom", 0.30, 3),
            Pass::Duplicate => ("dms", 0.14, 4),
            Pass::OtherStore => ("dms", 0.09, 5),
            Pass::Successor => ("dms", 0.15, 6),
            Pass::Erp => ("erp", 0.30, 7),
            Pass::Filler(n) => ("dms", 0.10, 8 + n),
        }
    }
}

struct Bench<'a> {
    people: People<'a>,
    /// Buyers in all.
    buyers: u64,
}

/// Writes a customer file of exactly `rows` rows with their truth; the same for the
/// same seed. Columns: `truth_id, source, source_key, store, name, phone, phone2, id_no,
/// unionid, address, vin, plate, brand, engine_no, kind, seen_on, vehicle_truth_id`;
/// UTF-8 without BOM, dates as `yyyy-mm-dd`.
///
/// # Errors
/// The file cannot be written, or `rows` exceeds the number plan (about 65 million).
pub fn bench_customers(rows: u64, seed: u64, path: &Path) -> Result<(), SynthError> {
    write_customers(rows, seed, path, &|_| {}, &|| false).map(|_| ())
}

/// The `oem` preset: one file of ten million persons, without store exports.
pub(crate) fn oem(
    config: &SynthConfig,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Manifest, SynthError> {
    let relative = "exports/GROUP/dms/customer.csv";
    let path = config.out_dir.join(relative);
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|e| SynthError::file(dir, e))?;
    }
    let tell =
        |rows| progress(Progress { done: rows, total: OEM_ROWS, rows, step: "customer.csv".to_owned() });
    let (bytes, sha256) = write_customers(OEM_ROWS, config.seed, &path, &tell, stop)?;
    let manifest = Manifest {
        preset: config.preset.code().to_owned(),
        seed: config.seed,
        today: config.today.to_string(),
        files: vec![FileEntry {
            path: relative.to_owned(),
            store_code: "GROUP".to_owned(),
            source: "dms".to_owned(),
            kind: "customer".to_owned(),
            layout: "bench".to_owned(),
            period: "all".to_owned(),
            format: "csv".to_owned(),
            encoding: "utf-8".to_owned(),
            header_row: 1,
            rows: OEM_ROWS as u32,
            bytes,
            sha256,
        }],
        truth: Vec::new(),
    };
    manifest.write(&config.out_dir)?;
    let left = config.out_dir.join(".parts");
    std::fs::remove_dir_all(&left).map_err(|e| SynthError::file(&left, e))?;
    Ok(manifest)
}

fn write_customers(
    rows: u64,
    seed: u64,
    path: &Path,
    tell: &dyn Fn(u64),
    stop: &dyn Fn() -> bool,
) -> Result<(u64, String), SynthError> {
    let params = Params::defaults().map_err(|e| SynthError::Tables(e.to_string()))?;
    let scale = Preset::Full.scale(Day::of(Preset::Full.default_today()));
    let org = Org::build(Preset::Full, seed, &params, &scale);
    let buyers = (rows as f64 / ROWS_PER_BUYER).ceil() as u64;
    let most = org.stores.len() as u64 * BLOCK * 2;
    if buyers > most {
        return Err(SynthError::Tables(format!(
            "{rows} rows need {buyers} persons; the number plan has {most}"
        )));
    }
    let bench = Bench { people: People { seed, params: &params, org: &org }, buyers };
    let file = std::fs::File::create(path).map_err(|e| SynthError::file(path, e))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut put = |text: &str, out: &mut BufWriter<std::fs::File>| {
        hash.update(text.as_bytes());
        bytes += text.len() as u64;
        out.write_all(text.as_bytes()).map_err(|e| SynthError::file(path, e))
    };
    put(HEADER, &mut out)?;
    let mut left = rows;
    let passes = Pass::FIRST.into_iter().chain((0..u64::MAX).map(Pass::Filler));
    'all: for pass in passes {
        let chunks = buyers.div_ceil(CHUNK);
        let mut next = 0;
        // A few chunks at a time: enough for all cores, little enough for any memory.
        while next < chunks {
            if stop() {
                return Err(SynthError::Stopped);
            }
            let batch: Vec<String> =
                (next..(next + 16).min(chunks)).into_par_iter().map(|c| bench.chunk(pass, c)).collect();
            next += 16;
            for text in batch {
                let lines = text.bytes().filter(|b| *b == b'\n').count() as u64;
                if lines >= left {
                    let cut: usize = text.split_inclusive('\n').take(left as usize).map(str::len).sum();
                    put(&text[..cut], &mut out)?;
                    left = 0;
                    break 'all;
                }
                put(&text, &mut out)?;
                left -= lines;
            }
            tell(rows - left);
        }
    }
    tell(rows - left);
    out.flush().map_err(|e| SynthError::file(path, e))?;
    Ok((bytes, hex::encode(hash.finalize())))
}

impl Bench<'_> {
    fn chunk(&self, pass: Pass, chunk: u64) -> String {
        let mut out = String::new();
        for n in chunk * CHUNK..((chunk + 1) * CHUNK).min(self.buyers) {
            self.rows_of(pass, n, &mut out);
        }
        out
    }

    /// The rows of one pass for the n-th buyer.
    fn rows_of(&self, pass: Pass, n: u64, out: &mut String) {
        let (source, share, number) = pass.facts();
        let mut s = Stream::new(self.people.seed, "bench row", (number << 48) | n);
        if !s.chance(share) {
            return;
        }
        let stores = self.people.org.stores.len() as u64;
        let home = (n % stores) as usize;
        let index = n / stores;
        let role = if index < BLOCK { Role::Buyer } else { Role::Outsider };
        let id = PersonId::new(home as u8, role, (index % BLOCK) as u32);
        let person = self.people.person(id);
        // A company keeps a fleet; each car has its own archive row.
        let cars = if person.is_private() { 1 } else { fleet(self.people.seed, id) };
        let rows = if pass == Pass::Archive { cars } else { 1 };
        for k in 0..rows {
            let car = if pass == Pass::Archive { k } else { s.below(cars) };
            // Private buyers have a second car now and then: it is what a duplicate is about.
            let car =
                if person.is_private() && matches!(pass, Pass::Duplicate | Pass::OtherStore) && s.chance(0.6)
                {
                    1
                } else {
                    car
                };
            let store = if pass == Pass::OtherStore {
                (home + 1 + s.below(stores as u32 - 1) as usize) % stores as usize
            } else {
                home
            };
            self.row(pass, source, &mut s, &person, home, store, car, number, n, out);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one row, used in one place")]
    fn row(
        &self,
        pass: Pass,
        source: &str,
        s: &mut Stream,
        buyer: &Person,
        home: usize,
        store: usize,
        car: u32,
        number: u64,
        n: u64,
        out: &mut String,
    ) {
        let org = self.people.org;
        let seen = Day::new(2008, 1, 1).plus(s.range(0, 5290));
        let dealer = &org.stores[if car == 1 && pass == Pass::OtherStore { store } else { home }];
        // Car numbers of a buyer lie above all buyers' own numbers.
        let vehicle_id = VehicleId((n as u32).wrapping_add(car << 27));
        let sold = Day::new(2005, 1, 1).plus((n.wrapping_mul(2_654_435_761) % 6000) as i32);
        let vehicle = Vehicle::of(
            self.people.seed,
            vehicle_id,
            dealer,
            dealer.brand,
            sold,
            buyer.kind,
            self.people.params,
        );
        let index = n / org.stores.len() as u64;
        // Beyond the first block of buyers other roles lend their numbers.
        let (successor, deliverer) =
            if index < BLOCK { (Role::Successor, Role::Deliverer) } else { (Role::Prospect, Role::Staff) };
        let index = (index % BLOCK) as u32;
        let spouse = pass == Pass::Insurance && s.chance(0.08);
        let driver = !buyer.is_private() && s.chance(0.12);
        let other;
        let person = if pass == Pass::Successor {
            other = self.people.person(PersonId::new(home as u8, successor, index));
            &other
        } else if spouse && buyer.is_private() {
            other = self.people.deliverer(PersonId::new(home as u8, deliverer, index), buyer);
            &other
        } else {
            buyer
        };
        let clerk = Clerk {
            rates: &self.people.params.dirt,
            store: &org.stores[store],
            agents: 1 + (self.buyers / org.stores.len() as u64 / 60) as u32,
        };
        let mut party = clerk.party(s, person, seen);
        if driver {
            // The driver's name stands where the company's should.
            party.name.clone_from(&person.contact);
        }
        let number_plate =
            |version: u64| plate(&org.stores[home], ((n << 5) | u64::from(car & 31)) * 2 + version);
        let plate = number_plate(u64::from(pass == Pass::Successor));
        let old = number_plate(0);
        let typed =
            clerk.car(s, &vehicle.vin, &plate, (pass == Pass::Successor).then_some(old.as_str()), false);
        let has_union = source == "wecom" || s.chance(0.08);
        let brand = vehicle.brand();
        let written = clerk.code_text(s, "brand", brand.name, brand.variants, &mut party.flaws);
        let engine = if s.chance(0.7) { vehicle.engine.as_str() } else { "" };
        let truth =
            if pass == Pass::Successor || (spouse && buyer.is_private()) { person.id } else { buyer.id };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{truth},{source},{number}-{n}-{car},{},{},{},{},{},{},{},{},{},{written},{engine},{},{},v{:010}",
            org.stores[store].code,
            party.name,
            party.mobile,
            party.phone2,
            if source == "wecom" { "" } else { &party.id_no },
            if has_union { person.unionid(self.people.seed) } else { String::new() },
            party.address,
            typed.vin,
            typed.plate,
            if buyer.is_private() { "person" } else { "company" },
            seen.iso(),
            (n << 5) | u64::from(car & 31),
        );
    }
}

/// The n-th plate of a region: five free symbols, so that every car has its own.
fn plate(store: &Store, n: u64) -> String {
    const SYMBOLS: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let region = &REGIONS[store.region];
    let letters: Vec<u8> = region.cities.iter().flat_map(|c| c.1.bytes()).collect();
    let space = 34_u64.pow(5) * letters.len() as u64;
    // A prime stride that does not divide the space is a permutation of it.
    let mut rest = (u128::from(n) * 1_000_000_007 % u128::from(space)) as u64;
    let mut out = String::from(region.plate);
    out.push(char::from(letters[(rest % letters.len() as u64) as usize]));
    rest /= letters.len() as u64;
    for _ in 0..5 {
        out.push(char::from(SYMBOLS[(rest % 34) as usize]));
        rest /= 34;
    }
    out
}

/// Cars of a company: most have one or two, a few have dozens.
fn fleet(seed: u64, id: PersonId) -> u32 {
    let mut s = Stream::new(seed, "fleet", u64::from(id.0));
    (1.0 + s.exponential(1.6)).min(30.0) as u32
}
