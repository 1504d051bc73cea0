//! One generation: the group's workbook, the files of every store in parallel, the
//! truth. A store that is finished leaves its part behind; a later run goes on from there.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::calendar::Day;
use crate::error::SynthError;
use crate::exports::Exporter;
use crate::ids::PersonId;
use crate::layouts::Layouts;
use crate::manifest::{FileEntry, Manifest};
use crate::org::Org;
use crate::params::Params;
use crate::people::People;
use crate::plan::{Guest, Planner};
use crate::preset::{Preset, Scale};
use crate::shop::Shop;
use crate::truth::{self, Evidence, TABLES};
use crate::validity::{self, DISTINCT_HEADER, STORY_HEADER};

/// What to generate.
#[derive(Clone, Debug)]
pub struct SynthConfig {
    /// Size of the group.
    pub preset: Preset,
    /// Master seed; equal seeds give byte-identical folders.
    pub seed: u64,
    /// Output folder; created when missing.
    pub out_dir: PathBuf,
    /// The day on which the exports are drawn; the last event is of the day before.
    pub today: jiff::civil::Date,
}

impl SynthConfig {
    /// A configuration with the preset's own day.
    pub fn new(preset: Preset, seed: u64, out_dir: impl Into<PathBuf>) -> Self {
        SynthConfig { preset, seed, out_dir: out_dir.into(), today: preset.default_today() }
    }
}

/// How far a generation is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Stores finished, and stores in all (for `oem`: parts of the one file).
    pub done: u64,
    /// See `done`.
    pub total: u64,
    /// Export rows written so far.
    pub rows: u64,
    /// What was finished last.
    pub step: String,
}

/// A finished store, as left on disk.
#[derive(Serialize, Deserialize)]
struct Part {
    files: Vec<FileEntry>,
    lines: Vec<u64>,
}

struct Run<'a> {
    config: &'a SynthConfig,
    params: Params,
    scale: Scale,
    org: Org,
    layouts: Layouts,
}

/// Generates the group, or goes on with one that was interrupted.
///
/// `progress` is called from worker threads after every store.
///
/// # Errors
/// Files that cannot be written; a folder that holds another generation.
pub fn generate(config: &SynthConfig, progress: &(dyn Fn(Progress) + Sync)) -> Result<Manifest, SynthError> {
    generate_until(config, progress, &|| false)
}

/// As [`generate`], asking `stop` between files; a stopped run is taken up by the next.
///
/// # Errors
/// As [`generate`], and [`SynthError::Stopped`].
pub fn generate_until(
    config: &SynthConfig,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Manifest, SynthError> {
    if let Some(done) = finished(config)? {
        return Ok(done);
    }
    claim(config)?;
    if config.preset == Preset::Oem {
        return crate::bench::oem(config, progress, stop);
    }
    let params = Params::defaults().map_err(|e| SynthError::Tables(e.to_string()))?;
    let scale = config.preset.scale(Day::of(config.today));
    let org = Org::build(config.preset, config.seed, &params, &scale);
    let layouts = Layouts::load().map_err(SynthError::Tables)?;
    let run = Run { config, params, scale, org, layouts };
    crate::org_book::write(&run.org, &run.params, config.seed, &config.out_dir)?;
    let parts = run.stores(progress, stop)?;
    run.finish(parts)
}

/// The manifest of this very generation, if its files are all there.
fn finished(config: &SynthConfig) -> Result<Option<Manifest>, SynthError> {
    let Some(manifest) = Manifest::read(&config.out_dir)? else { return Ok(None) };
    let same = manifest.preset == config.preset.code()
        && manifest.seed == config.seed
        && manifest.today == config.today.to_string();
    if !same {
        return Err(SynthError::OtherGeneration {
            path: config.out_dir.clone(),
            found: format!("{} seed {} of {}", manifest.preset, manifest.seed, manifest.today),
        });
    }
    Ok(files_stand(&config.out_dir, &manifest.files).then_some(manifest))
}

fn files_stand(root: &Path, files: &[FileEntry]) -> bool {
    files.iter().all(|f| std::fs::metadata(root.join(&f.path)).is_ok_and(|m| m.len() == f.bytes))
}

/// Writes down which generation the folder is for; refuses a folder begun for another.
fn claim(config: &SynthConfig) -> Result<(), SynthError> {
    let parts = config.out_dir.join(".parts");
    std::fs::create_dir_all(&parts).map_err(|e| SynthError::file(&parts, e))?;
    let path = parts.join("generation");
    let mine = format!("{} seed {} of {}", config.preset.code(), config.seed, config.today);
    match std::fs::read_to_string(&path) {
        Ok(found) if found != mine => {
            Err(SynthError::OtherGeneration { path: config.out_dir.clone(), found })
        }
        Ok(_) => Ok(()),
        Err(_) => std::fs::write(&path, mine).map_err(|e| SynthError::file(&path, e)),
    }
}

impl Run<'_> {
    fn stores(
        &self,
        progress: &(dyn Fn(Progress) + Sync),
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<(Part, Vec<Evidence>)>, SynthError> {
        let planner =
            Planner { seed: self.config.seed, params: &self.params, org: &self.org, scale: &self.scale };
        let guests = planner.guests();
        let total = self.org.stores.len() as u64;
        let (done, rows) = (AtomicU64::new(0), AtomicU64::new(0));
        let failed: Mutex<Option<SynthError>> = Mutex::new(None);
        let parts: Vec<Option<(Part, Vec<Evidence>)>> = (0..self.org.stores.len())
            .into_par_iter()
            .map(|idx| {
                let has_failed = failed.lock().map_or(true, |f| f.is_some());
                if has_failed || stop() {
                    return None;
                }
                match self.store(&planner, idx, &guests[idx], stop) {
                    Ok(part) => {
                        let more: u64 = part.0.files.iter().map(|f| u64::from(f.rows)).sum();
                        progress(Progress {
                            done: done.fetch_add(1, Ordering::Relaxed) + 1,
                            total,
                            rows: rows.fetch_add(more, Ordering::Relaxed) + more,
                            step: self.org.stores[idx].code.clone(),
                        });
                        Some(part)
                    }
                    Err(e) => {
                        if let Ok(mut slot) = failed.lock() {
                            slot.get_or_insert(e);
                        }
                        None
                    }
                }
            })
            .collect();
        if let Some(e) = failed.into_inner().unwrap_or(None) {
            return Err(e);
        }
        parts.into_iter().collect::<Option<Vec<_>>>().ok_or(SynthError::Stopped)
    }

    fn store(
        &self,
        planner: &Planner<'_>,
        idx: usize,
        guests: &[Guest],
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<(Part, Vec<Evidence>), SynthError> {
        let root = &self.config.out_dir;
        let dir = root.join(".parts").join(&self.org.stores[idx].code);
        if let Some(part) = self.finished_part(&dir)? {
            return Ok(part);
        }
        let people = People { seed: self.config.seed, params: &self.params, org: &self.org };
        let shop = Shop::build(planner, &people, idx, guests);
        let mut output = Exporter { shop: &shop, layouts: &self.layouts, root, stop }.run()?;
        let tables = truth::tables(&shop, &mut output);
        std::fs::create_dir_all(&dir).map_err(|e| SynthError::file(&dir, e))?;
        let mut lines = Vec::new();
        for ((name, _), text) in TABLES.iter().zip(&tables.parts) {
            lines.push(text.bytes().filter(|b| *b == b'\n').count() as u64);
            write(&dir.join(format!("{name}.csv")), text)?;
        }
        write(&dir.join("foreign.json"), &serde_json::to_string(&foreign(&tables.foreign))?)?;
        write(
            &dir.join("evidence.json"),
            &serde_json::to_string(&tables.evidence.iter().map(pack).collect::<Vec<_>>())?,
        )?;
        let part = Part { files: output.files, lines };
        write(&dir.join("done.json.part"), &serde_json::to_string(&part)?)?;
        let done = dir.join("done.json");
        std::fs::rename(dir.join("done.json.part"), &done).map_err(|e| SynthError::file(&done, e))?;
        Ok((part, tables.evidence))
    }

    fn finished_part(&self, dir: &Path) -> Result<Option<(Part, Vec<Evidence>)>, SynthError> {
        let Ok(bytes) = std::fs::read(dir.join("done.json")) else { return Ok(None) };
        let part: Part = serde_json::from_slice(&bytes)?;
        if !files_stand(&self.config.out_dir, &part.files) {
            return Ok(None);
        }
        let path = dir.join("evidence.json");
        let packed: Vec<Packed> =
            serde_json::from_slice(&std::fs::read(&path).map_err(|e| SynthError::file(&path, e))?)?;
        Ok(Some((part, packed.into_iter().map(unpack).collect())))
    }

    /// Joins the parts to the truth tables and writes the manifest.
    fn finish(&self, parts: Vec<(Part, Vec<Evidence>)>) -> Result<Manifest, SynthError> {
        let root = &self.config.out_dir;
        let truth = root.join("truth");
        std::fs::create_dir_all(&truth).map_err(|e| SynthError::file(&truth, e))?;
        let part_dir = |store: usize| root.join(".parts").join(&self.org.stores[store].code);
        let (files, lines): (Vec<_>, Vec<_>) =
            parts.iter().map(|(p, _)| (p.files.clone(), p.lines.clone())).unzip();
        let evidence: Vec<Vec<Evidence>> = parts.into_iter().map(|(_, e)| e).collect();
        let mut strangers: BTreeMap<u32, (String, String)> = BTreeMap::new();
        for store in 0..self.org.stores.len() {
            let path = part_dir(store).join("foreign.json");
            let list: Vec<(u32, String, String)> =
                serde_json::from_slice(&std::fs::read(&path).map_err(|e| SynthError::file(&path, e))?)?;
            for (id, person, contact) in list {
                strangers.entry(id).or_insert((person, contact));
            }
        }
        // Whoever his own store wrote down needs no second line.
        let at_home: HashSet<u32> = evidence
            .iter()
            .enumerate()
            .flat_map(|(store, list)| list.iter().filter(move |e| usize::from(e.person.store()) == store))
            .map(|e| e.person.0)
            .collect();
        strangers.retain(|id, _| !at_home.contains(id));
        let mut counts = Vec::new();
        for (t, (name, header)) in TABLES.iter().enumerate() {
            let path = truth.join(format!("{name}.csv"));
            let file = std::fs::File::create(&path).map_err(|e| SynthError::file(&path, e))?;
            let mut out = BufWriter::with_capacity(1 << 20, file);
            let mut rows: u64 = lines.iter().map(|l| l[t]).sum();
            let copied = (|| -> std::io::Result<()> {
                writeln!(out, "{header}")?;
                for store in 0..self.org.stores.len() {
                    let mut part = std::fs::File::open(part_dir(store).join(format!("{name}.csv")))?;
                    std::io::copy(&mut part, &mut out)?;
                }
                for (person, contact) in strangers.values() {
                    let text = match *name {
                        "person_truth" => person,
                        "contact_truth" => contact,
                        _ => break,
                    };
                    rows += text.lines().count() as u64;
                    out.write_all(text.as_bytes())?;
                }
                out.flush()
            })();
            copied.map_err(|e| SynthError::file(&path, e))?;
            counts.push(((*name).to_owned(), rows));
        }
        let path = truth.join("validity_truth.csv");
        let file = std::fs::File::create(&path).map_err(|e| SynthError::file(&path, e))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let verdicts = validity::judge(&self.org, &evidence, &mut out)
            .and_then(|v| out.flush().map(|()| v))
            .map_err(|e| SynthError::file(&path, e))?;
        counts.push(("validity_truth".to_owned(), verdicts.verdicts));
        for (name, header, text) in [
            ("kpi_distinct", DISTINCT_HEADER, &verdicts.distinct),
            ("story1_persons", STORY_HEADER, &verdicts.story),
        ] {
            write(&truth.join(format!("{name}.csv")), &format!("{header}\n{text}"))?;
            counts.push((name.to_owned(), text.lines().count() as u64));
        }
        let manifest = Manifest {
            preset: self.config.preset.code().to_owned(),
            seed: self.config.seed,
            today: self.config.today.to_string(),
            files: files.into_iter().flatten().collect(),
            truth: counts,
        };
        manifest.write(root)?;
        let left = root.join(".parts");
        std::fs::remove_dir_all(&left).map_err(|e| SynthError::file(&left, e))?;
        Ok(manifest)
    }
}

fn write(path: &Path, text: &str) -> Result<(), SynthError> {
    std::fs::write(path, text).map_err(|e| SynthError::file(path, e))
}

fn foreign(map: &BTreeMap<PersonId, (String, String)>) -> Vec<(u32, &str, &str)> {
    map.iter().map(|(id, (person, contact))| (id.0, person.as_str(), contact.as_str())).collect()
}

/// Person, five days, four marks.
type Packed = (u32, [Option<i32>; 5], [bool; 4]);

fn pack(e: &Evidence) -> Packed {
    let day = |d: Option<Day>| d.map(|d| d.0);
    (
        e.person.0,
        [day(e.last_order), day(e.last_purchase), day(e.policy_until), day(e.last_inbound), day(e.open_lead)],
        [e.reachable, e.internal, e.holds, e.seems_to_hold],
    )
}

fn unpack((person, days, marks): Packed) -> Evidence {
    let [last_order, last_purchase, policy_until, last_inbound, open_lead] = days.map(|d| d.map(Day));
    let [reachable, internal, holds, seems_to_hold] = marks;
    Evidence {
        person: PersonId(person),
        last_order,
        last_purchase,
        policy_until,
        last_inbound,
        open_lead,
        reachable,
        internal,
        holds,
        seems_to_hold,
    }
}
