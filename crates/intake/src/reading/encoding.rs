//! Which encoding and delimiter a text file has, and how single rows of another encoding are read.
//!
//! Two thirds of the exports are GBK, a fifth UTF-8 with a byte-order mark; a clerk who pastes rows from one into the
//! other makes files that change encoding in the middle. So the file gets an encoding, and each row may overrule it.

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::fault::ReadFault;

/// What the first bytes of a text file say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextShape {
    /// Encoding of the file.
    pub encoding: &'static Encoding,
    /// Length of the byte-order mark.
    pub bom_bytes: usize,
    /// Byte between the cells.
    pub delimiter: u8,
}

impl TextShape {
    /// True if the bytes must be turned into UTF-8 before rows can be cut: UTF-16 always; GB18030 with a bar, because
    /// the bar is also the second byte of some characters.
    pub fn must_transcode(&self) -> bool {
        self.encoding == UTF_16LE
            || self.encoding == UTF_16BE
            || (self.encoding == GB18030 && self.delimiter == b'|')
    }
}

/// Looks at the first bytes (64 KiB are plenty).
pub fn detect_encoding(head: &[u8]) -> Result<(&'static Encoding, usize), ReadFault> {
    if let Some((encoding, bom)) = Encoding::for_bom(head) {
        return Ok((encoding, bom));
    }
    let nul = |start: usize| head.iter().skip(start).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (nul(0), nul(1), (head.len() / 2).max(1));
    // UTF-16 without a mark: ASCII delimiters, digits and line ends leave a zero in every other byte.
    if odd * 10 > half && even * 20 < odd {
        return Ok((UTF_16LE, 0));
    }
    if even * 10 > half && odd * 20 < even {
        return Ok((UTF_16BE, 0));
    }
    let share = (even + odd) * 100 / head.len().max(1);
    if share >= 5 {
        return Err(ReadFault::Binary { share_percent: share });
    }
    Ok((if is_utf8_but_for_its_end(head) { UTF_8 } else { guess(head) }, 0))
}

/// GB18030 unless the bytes are plainly UTF-8 with a few spoilt rows.
fn guess(head: &[u8]) -> &'static Encoding {
    let (mut utf8_rows, mut other_rows) = (0usize, 0usize);
    for line in head.split(|b| *b == b'\n').filter(|l| !l.is_ascii()) {
        if reads_as_utf8(line) {
            utf8_rows += 1;
        } else {
            other_rows += 1;
        }
    }
    if utf8_rows > other_rows {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(head, true);
    match detector.guess(Some(b"cn"), chardetng::Utf8Detection::Deny) {
        big5 if big5 == encoding_rs::BIG5 && !gb18030_reads(head) => encoding_rs::BIG5,
        _ => GB18030,
    }
}

fn gb18030_reads(head: &[u8]) -> bool {
    let cut = head.len() - head.len().min(4);
    GB18030.decode_without_bom_handling_and_without_replacement(&head[..cut]).is_some()
}

/// Valid UTF-8 apart from a character that the end of the sample cut in two.
fn is_utf8_but_for_its_end(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// True if the bytes are UTF-8 with at least one three-byte character. Two GBK characters hardly ever look like one;
/// the famous short exceptions (联通) have two-byte sequences only.
pub fn reads_as_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().any(|c| ('\u{2000}'..='\u{ffff}').contains(&c)))
}

/// The delimiter that cuts the first lines into the most, and equally many, cells; `known` says whether a cell is a
/// header the catalogue knows, which outweighs every count.
pub fn detect_delimiter(text: &str, known: &dyn Fn(&str) -> bool) -> Result<u8, ReadFault> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).take(30).collect();
    if lines.is_empty() {
        return Err(ReadFault::Empty);
    }
    let score = |delimiter: char| -> (usize, usize, usize) {
        let counts: Vec<usize> = lines.iter().map(|l| l.matches(delimiter).count()).collect();
        let headers = lines
            .iter()
            .take(12)
            .map(|l| l.split(delimiter).filter(|c| known(c.trim_matches(['"', ' ', '\t', '\r']))).count())
            .max()
            .unwrap_or(0);
        let most = counts.iter().copied().max().unwrap_or(0);
        let equal = counts.iter().filter(|c| **c == most && most > 0).count();
        (headers, equal, most)
    };
    let best = [',', '\t', ';', '|'].into_iter().map(|d| (score(d), d)).max_by_key(|(s, _)| *s);
    match best {
        Some(((headers, _, most), delimiter)) if most > 0 || headers > 0 => Ok(delimiter as u8),
        _ => Err(ReadFault::WrongDelimiter),
    }
}

/// A reader that turns another encoding into UTF-8 on the fly.
pub(crate) struct Transcoder<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    given: usize,
    done: bool,
}

impl<R: std::io::Read> Transcoder<R> {
    pub(crate) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Transcoder { inner, decoder, input: vec![0; 32 << 10], output: Vec::new(), given: 0, done: false }
    }
}

impl<R: std::io::Read> std::io::Read for Transcoder<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.output.len() && !self.done {
            let read = self.inner.read(&mut self.input)?;
            self.done = read == 0;
            self.given = 0;
            let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(read * 3 + 16);
            self.output.resize(room, 0);
            let (_, _, written, _) =
                self.decoder.decode_to_utf8(&self.input[..read], &mut self.output, self.done);
            self.output.truncate(written);
        }
        let count = (self.output.len() - self.given).min(to.len());
        to[..count].copy_from_slice(&self.output[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn check(bytes: &[u8], expected: &'static Encoding) {
        assert_eq!(detect_encoding(bytes).unwrap().0, expected);
    }

    #[test]
    fn encodings_of_the_exports_we_meet() {
        check("客户编号,姓名\nC1,张伟\n".as_bytes(), UTF_8);
        check(&[&b"\xef\xbb\xbf"[..], "客户编号\n".as_bytes()].concat(), UTF_8);
        check(&GB18030.encode("客户编号,姓名\nC1,张伟\n").0, GB18030);
        check(b"code,name\n1,2\n", UTF_8);
        let utf16: Vec<u8> =
            "客户编号,姓名\r\nC1,张伟\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&utf16, UTF_16LE);
        check(&[&b"\xff\xfe"[..], &utf16].concat(), UTF_16LE);
    }

    #[test]
    fn binary_is_refused() {
        assert!(matches!(detect_encoding(&[0u8; 100]), Err(ReadFault::Binary { .. })));
    }

    #[test]
    fn delimiters() {
        let known = |cell: &str| ["姓名", "手机"].contains(&cell);
        for (text, delimiter) in [
            ("姓名,手机\n张三,1\n", b','),
            ("姓名\t手机\n张,三\t1\n", b'\t'),
            ("姓名;手机\n,,,;1\n", b';'),
            ("姓名|手机\n", b'|'),
        ] {
            assert_eq!(detect_delimiter(text, &known).unwrap(), delimiter, "{text}");
        }
        assert!(matches!(detect_delimiter("只有一列\n一\n", &known), Err(ReadFault::WrongDelimiter)));
    }

    #[test]
    fn a_stream_of_utf16_becomes_utf8() {
        let text = "车架号,姓名\n".repeat(20_000);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut out = String::new();
        Transcoder::new(&bytes[..], UTF_16BE).read_to_string(&mut out).unwrap();
        assert_eq!(out, text);
    }
}
