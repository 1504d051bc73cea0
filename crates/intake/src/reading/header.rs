//! Finding the header row among titles, notes and merged group headings.

use super::block::RowBlock;
use super::fault::ReadFault;
use super::limits::Limits;

/// Rows at the top among which the header is looked for.
pub(crate) const LOOK_AT: usize = 12;

/// Where the header stands and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Column titles; a second column of the same title becomes `手机#2`.
    pub columns: Vec<String>,
    /// Titles that occurred more than once.
    pub duplicates: Vec<String>,
    /// Index of the header row within the first block; data begins behind it.
    pub index: usize,
    /// Row number of the header row, from 1.
    pub row_no: u32,
}

/// The row with the most titles the catalogue knows; without any, the first row of several short texts.
pub(crate) fn find_header(
    top: &RowBlock,
    known: &dyn Fn(&str) -> bool,
    limits: &Limits,
) -> Result<Header, ReadFault> {
    if top.is_empty() {
        return Err(ReadFault::Empty);
    }
    let looked_at = top.len().min(LOOK_AT);
    let score = |i: usize| (0..top.row(i).width()).filter(|c| known(top.row(i).cell(*c))).count();
    let best = (0..looked_at).map(|i| (score(i), looked_at - i)).max().filter(|(score, _)| *score > 0);
    let index = match best {
        Some((_, from_end)) => looked_at - from_end,
        None => {
            (0..looked_at).find(|i| looks_like_titles(top, *i)).ok_or(ReadFault::NoHeader { looked_at })?
        }
    };
    let row = top.row(index);
    let width = last_filled(top, index).max(if index > 0 { last_filled(top, index - 1) } else { 0 });
    if width > limits.columns {
        return Err(ReadFault::TooManyColumns { row: row.no, columns: width, limit: limits.columns });
    }
    let titles = merge_with_group_row(top, index, width, known);
    let (columns, duplicates) = make_unique(titles);
    Ok(Header { columns, duplicates, index, row_no: row.no })
}

fn last_filled(top: &RowBlock, index: usize) -> usize {
    let row = top.row(index);
    (0..row.width()).rev().find(|c| !row.cell(*c).is_empty()).map_or(0, |c| c + 1)
}

fn looks_like_titles(top: &RowBlock, index: usize) -> bool {
    let row = top.row(index);
    let cells: Vec<&str> = (0..row.width()).map(|c| row.cell(c)).filter(|c| !c.is_empty()).collect();
    let titles = cells
        .iter()
        .filter(|c| c.chars().count() <= 20 && !c.chars().all(|c| c.is_ascii_digit() || c == '.'));
    cells.len() >= 2 && titles.count() == cells.len()
}

/// Two header rows: `车主信息 | | 送修人信息 |` above `姓名 | 手机 | 姓名 | 手机`. A cell that is empty below but filled
/// above was merged downwards; a title that occurs twice below takes its group in front.
fn merge_with_group_row(
    top: &RowBlock,
    index: usize,
    width: usize,
    known: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let row = top.row(index);
    let below: Vec<String> = (0..width).map(|c| clean_title(row.cell(c))).collect();
    let above = (index > 0).then(|| top.row(index - 1)).filter(|a| {
        let filled = (0..width).filter(|c| !a.cell(*c).is_empty()).count();
        filled >= 2 || (filled == 1 && below.iter().any(String::is_empty))
    });
    let Some(above) = above else { return below };
    let mut group = String::new();
    (0..width)
        .map(|c| {
            let over = clean_title(above.cell(c));
            if !over.is_empty() {
                group = over.clone();
            }
            let own = &below[c];
            if own.is_empty() {
                return if known(&over) || below.len() > 2 { over } else { String::new() };
            }
            let twice = below.iter().filter(|b| *b == own).count() > 1;
            let joined = format!("{}{own}", group.trim_end_matches("信息").trim_end_matches("资料"));
            if twice && !group.is_empty() && *own != group { joined } else { own.clone() }
        })
        .collect()
}

/// Mandatory marks, units' line breaks and byte-order marks are no part of a title.
fn clean_title(cell: &str) -> String {
    cell.chars()
        .filter(|c| !matches!(c, '*' | '\n' | '\r' | '\t' | '\u{feff}' | '＊'))
        .collect::<String>()
        .trim()
        .to_owned()
}

fn make_unique(titles: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut seen: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
    let mut duplicates = Vec::new();
    let columns = titles
        .into_iter()
        .enumerate()
        .map(|(i, title)| {
            let title = if title.is_empty() { format!("第{}列", i + 1) } else { title };
            let times = seen.entry(title.clone()).or_insert(0);
            *times += 1;
            if *times == 1 {
                return title;
            }
            if *times == 2 {
                duplicates.push(title.clone());
            }
            format!("{title}#{times}")
        })
        .collect();
    (columns, duplicates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(cell: &str) -> bool {
        ["姓名", "手机", "车架号", "车牌", "工单号"].contains(&cell.trim_matches('*'))
    }

    fn header(rows: &[&[&str]]) -> Header {
        let block = RowBlock::from_rows(1, rows.iter().map(|r| r.to_vec()));
        find_header(&block, &known, &Limits::default()).unwrap()
    }

    #[test]
    fn a_title_row_is_passed_over() {
        let h = header(&[
            &["天津一店客户档案 2015年", "", ""],
            &["*姓名", "手机", "车架号"],
            &["张三", "138", "L"],
        ]);
        assert_eq!((h.columns, h.row_no), (vec!["姓名".to_owned(), "手机".into(), "车架号".into()], 2));
    }

    #[test]
    fn group_headings_tell_equal_titles_apart() {
        let h = header(&[
            &["工单号", "车主信息", "", "送修人信息", ""],
            &["", "姓名", "手机", "姓名", "手机"],
            &["R1", "张", "1", "李", "2"],
        ]);
        assert_eq!(h.columns, ["工单号", "车主姓名", "车主手机", "送修人姓名", "送修人手机"]);
        assert_eq!(h.index, 1);
    }

    #[test]
    fn a_title_that_occurs_twice_keeps_both_columns() {
        let h = header(&[&["姓名", "手机", "手机", ""]]);
        assert_eq!(h.columns, ["姓名", "手机", "手机#2"]);
        assert_eq!(h.duplicates, ["手机"]);
    }

    #[test]
    fn an_unknown_layout_still_has_a_header() {
        assert_eq!(header(&[&["报表", ""], &["甲", "乙"], &["1", "2"]]).columns, ["甲", "乙"]);
    }
}
