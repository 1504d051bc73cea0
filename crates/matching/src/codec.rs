//! Records as bytes, for the log and the snapshot. Little endian, fixed order; `FORMAT` changes when a field does.

use crate::PartyKind;
use crate::record::{NameForm, Rec, Sight};

/// Version of the byte layout.
pub(crate) const FORMAT: u8 = 1;

/// Writes numbers one after another.
#[derive(Debug, Default)]
pub(crate) struct Bytes(pub Vec<u8>);

impl Bytes {
    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }
    pub(crate) fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }
    pub(crate) fn i64(&mut self, value: i64) {
        self.0.extend(value.to_le_bytes());
    }
}

/// Reads them back; `None` at the end of the bytes.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }
    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.take().map(i64::from_le_bytes)
    }
}

/// What a record is, without the frequencies, which belong to the model.
pub(crate) fn write_record(out: &mut Bytes, rec: &Rec, sights: &[Sight]) {
    out.i64(rec.key);
    for value in [rec.name, rec.phones[0], rec.phones[1], rec.id, rec.unionid, rec.uscc, rec.address] {
        out.u64(value);
    }
    for value in [rec.pinyin, rec.surname, rec.city, rec.id_mask] {
        out.u32(value);
    }
    rec.symbols.iter().chain([&rec.birth, &rec.first, &rec.last]).for_each(|&value| out.u16(value));
    let kind = match rec.kind {
        PartyKind::Unknown => 0,
        PartyKind::Person => 1,
        PartyKind::Company => 2,
    };
    for value in [rec.symbol_count, kind, rec.gender, rec.form as u8, rec.flags, sights.len() as u8] {
        out.u8(value);
    }
    for sight in sights {
        out.u64(sight.vin);
        out.u64(sight.plate);
        out.u32(sight.vis);
        out.u32(sight.engine);
        out.u16(sight.day);
    }
}

pub(crate) fn read_record(from: &mut Reader<'_>) -> Option<(Rec, Box<[Sight]>)> {
    let key = from.i64()?;
    let mut longs = [0u64; 7];
    for slot in &mut longs {
        *slot = from.u64()?;
    }
    let mut words = [0u32; 4];
    for slot in &mut words {
        *slot = from.u32()?;
    }
    let mut symbols = [0u16; crate::record::NAME_SYMBOLS];
    for slot in &mut symbols {
        *slot = from.u16()?;
    }
    let (birth, first, last) = (from.u16()?, from.u16()?, from.u16()?);
    let symbol_count = from.u8()?;
    let kind = match from.u8()? {
        0 => PartyKind::Unknown,
        1 => PartyKind::Person,
        2 => PartyKind::Company,
        _ => return None,
    };
    let gender = from.u8()?;
    let form = match from.u8()? {
        0 => NameForm::Missing,
        1 => NameForm::SurnameOnly,
        2 => NameForm::Full,
        3 => NameForm::Latin,
        4 => NameForm::Company,
        _ => return None,
    };
    let (flags, vehicle_len) = (from.u8()?, from.u8()?);
    let sights = (0..vehicle_len).map(|_| read_sight(from)).collect::<Option<Box<[Sight]>>>()?;
    let [name, phone, second_phone, id, unionid, uscc, address] = longs;
    let [pinyin, surname, city, id_mask] = words;
    let rec = Rec {
        key,
        name,
        phones: [phone, second_phone],
        id,
        unionid,
        uscc,
        address,
        pinyin,
        surname,
        city,
        id_mask,
        vehicle_start: 0,
        name_count: 1,
        symbols,
        phone_names: [1; 2],
        address_names: 1,
        birth,
        first,
        last,
        symbol_count,
        vehicle_len,
        kind,
        gender,
        form,
        flags,
    };
    Some((rec, sights))
}

fn read_sight(from: &mut Reader<'_>) -> Option<Sight> {
    Some(Sight {
        vin: from.u64()?,
        plate: from.u64()?,
        vis: from.u32()?,
        engine: from.u32()?,
        day: from.u16()?,
    })
}
