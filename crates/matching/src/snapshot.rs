//! The snapshot of a durable index: everything but what can be computed again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::HashKey;
use crate::codec::{Bytes, FORMAT, Reader, read_record, write_record};
use crate::constraint::Constraints;
use crate::durable::{DurableError, disk, sync_folder};
use crate::frame::{self, Seal};
use crate::incremental::Incremental;
use crate::link::{Weights, link_all};
use crate::model::Model;
use crate::record::{Rec, Records, Sight};

/// Records per frame of a snapshot.
const CHUNK: usize = 1024;

/// What a snapshot and its log amount to, before linking.
pub(crate) struct State {
    pub model: Model,
    pub said: Constraints,
    pub records: BTreeMap<i64, (Rec, Box<[Sight]>)>,
}

impl State {
    pub(crate) fn link(self, hash_key: HashKey) -> Result<Incremental, DurableError> {
        let mut records = Records::new(hash_key);
        self.records.into_values().for_each(|(rec, sights)| records.add(rec, &sights));
        let mut records = records.seal()?;
        let outcome = link_all(&mut records, &self.said, Weights::Frozen(&self.model))?;
        Ok(Incremental::from_outcome(&records, &outcome, &self.said)?)
    }
}

/// Head, model, constraints, records in chunks, and an empty list as the last frame.
pub(crate) fn write_snapshot(
    folder: &Path,
    generation: u64,
    index: &Incremental,
    seal: &dyn Seal,
) -> Result<(), DurableError> {
    let path = folder.join(format!("snapshot.{generation}"));
    let aside = folder.join("snapshot.new");
    let error = |error: std::io::Error| DurableError::Disk { path: aside.clone(), error };
    let mut file = std::io::BufWriter::new(File::create(&aside).map_err(error)?);
    let mut frames = 0u64;
    let mut put = |plain: &[u8]| {
        let mut bytes = Vec::new();
        frame::write(&mut bytes, frames, &seal.seal(plain));
        frames += 1;
        file.write_all(&bytes).map_err(error)
    };
    put(&[FORMAT])?;
    put(&json(index.model()).map_err(error)?)?;
    put(&json(index.constraints()).map_err(error)?)?;
    let slots: Vec<u32> = index.slots().collect();
    for chunk in slots.chunks(CHUNK).chain([&[][..]]) {
        let mut out = Bytes::default();
        out.u32(chunk.len() as u32);
        chunk.iter().for_each(|&slot| {
            write_record(&mut out, &index.recs[slot as usize], &index.sights[slot as usize])
        });
        put(&out.0)?;
    }
    let file = file.into_inner().map_err(|broken| error(broken.into_error()))?;
    file.sync_all().map_err(error)?;
    std::fs::rename(&aside, &path).map_err(error)?;
    sync_folder(folder)
}

fn json(value: &impl serde::Serialize) -> std::io::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(std::io::Error::other)
}

pub(crate) fn read_snapshot(folder: &Path, generation: u64, seal: &dyn Seal) -> Result<State, DurableError> {
    let path = folder.join(format!("snapshot.{generation}"));
    let bytes = std::fs::read(&path).map_err(disk(&path))?;
    parse_snapshot(&bytes, seal).ok_or(DurableError::Unreadable(path))
}

fn parse_snapshot(mut bytes: &[u8], seal: &dyn Seal) -> Option<State> {
    let mut frames = 0u64;
    let mut next = || {
        let (sealed, length) = frame::read(bytes, frames)?;
        bytes = &bytes[length..];
        frames += 1;
        seal.open(sealed)
    };
    if next()? != [FORMAT] {
        return None;
    }
    let model = serde_json::from_slice(&next()?).ok()?;
    let said = serde_json::from_slice(&next()?).ok()?;
    let mut records = BTreeMap::new();
    loop {
        let chunk = next()?;
        let mut from = Reader(&chunk);
        let count = from.u32()?;
        if count == 0 {
            return Some(State { model, said, records });
        }
        for _ in 0..count {
            let (rec, sights) = read_record(&mut from)?;
            records.insert(rec.key, (rec, sights));
        }
    }
}
