//! Frames: a length, a check, sealed bytes. A frame that was torn by a crash is recognised and ends the file.

use crate::hash::HashKey;

/// Encrypts what goes to disk; the log holds telephone and ID numbers.
pub trait Seal: Send + Sync + std::fmt::Debug {
    /// Seals bytes.
    fn seal(&self, plain: &[u8]) -> Vec<u8>;
    /// Opens sealed bytes; `None` when they were not sealed by this.
    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>>;
}

/// No encryption: for tests and for files that are not personal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unsealed;

impl Seal for Unsealed {
    fn seal(&self, plain: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }
    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }
}

const HEAD: usize = 12;

/// The check covers the number of the frame, so that bytes of an older file never pass for the next frame.
fn check(number: u64, sealed: &[u8]) -> u64 {
    let bytes: u64 = HashKey::default().of_bytes(sealed);
    crate::hash::join(bytes, number + 1)
}

pub(crate) fn write(out: &mut Vec<u8>, number: u64, sealed: &[u8]) {
    out.extend((sealed.len() as u32).to_le_bytes());
    out.extend(check(number, sealed).to_le_bytes());
    out.extend(sealed);
}

/// The frame at the head of `bytes` and its whole length; `None` at the end of what was written.
pub(crate) fn read(bytes: &[u8], number: u64) -> Option<(&[u8], usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (told, rest) = rest.split_first_chunk::<8>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let sealed = rest.get(..length).filter(|sealed| !sealed.is_empty())?;
    (check(number, sealed) == u64::from_le_bytes(*told)).then_some((sealed, HEAD + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_read_back_and_torn_ones_end_the_file() {
        let mut file = Vec::new();
        write(&mut file, 0, b"first");
        write(&mut file, 1, b"second");
        let (one, length) = read(&file, 0).expect("whole");
        assert_eq!(one, b"first");
        assert_eq!(read(&file[length..], 1).expect("whole").0, b"second");
        assert!(read(&file[length..], 2).is_none(), "a frame of another place");
        assert!(read(&file[length..file.len() - 1], 1).is_none(), "a torn frame");
        assert!(read(&[0; 64], 0).is_none(), "room that was only reserved");
    }
}
