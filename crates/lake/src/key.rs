//! The key of one file.

use crate::LakeError;

/// A 128-bit key. It is drawn for one file and kept sealed beside the file's name in SQL: to rotate the master key
/// only these small values are sealed again, and to forget a file for good its key is thrown away.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey(pub(crate) [u8; 16]);

impl FileKey {
    /// A key from random bytes of the caller.
    pub fn from_bytes(bytes: [u8; 16]) -> FileKey {
        FileKey(bytes)
    }

    /// The key as 32 hexadecimal digits, to be sealed.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Reads [`FileKey::to_hex`].
    ///
    /// # Errors
    /// [`LakeError::Key`] if the text is anything else.
    pub fn from_hex(text: &str) -> Result<FileKey, LakeError> {
        let mut key = [0u8; 16];
        if text.len() != 32 || !text.is_ascii() {
            return Err(LakeError::Key);
        }
        for (i, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).map_err(|_| LakeError::Key)?;
        }
        Ok(FileKey(key))
    }
}

/// Never prints the key.
impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(…)")
    }
}
