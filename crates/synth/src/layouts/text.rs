//! Cells as text in the style of a layout.

use std::fmt::Write as _;

use super::sheet::Cell;
use super::{DateStyle, Layout, MoneyStyle};
use crate::calendar::Day;

/// The text of a cell in the style of the layout.
pub(super) fn write_text(out: &mut String, cell: &Cell, layout: &Layout) {
    // Writing to a String cannot fail.
    let _ = match cell {
        Cell::Empty => Ok(()),
        Cell::Text(text) => out.write_str(text),
        Cell::Word(text) => out.write_str(text),
        Cell::Int(n) => write!(out, "{n}"),
        Cell::Real(x) => write!(out, "{x}"),
        Cell::Fen(fen) => write_money(out, *fen, layout.money),
        Cell::Day(day) => write_day(out, *day, layout.dates),
        Cell::At(day, second) => write_time(out, *day, *second, layout.dates),
    };
}

fn write_money(out: &mut String, fen: i64, style: MoneyStyle) -> std::fmt::Result {
    if fen < 0 {
        out.push('-');
    }
    let (yuan, cents) = (fen.abs() / 100, fen.abs() % 100);
    match style {
        MoneyStyle::Plain => write!(out, "{yuan}.{cents:02}"),
        MoneyStyle::Yen => write!(out, "￥{yuan}.{cents:02}"),
        MoneyStyle::Grouped => {
            let digits = yuan.to_string();
            for (i, c) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i) % 3 == 0 {
                    out.push(',');
                }
                out.push(c);
            }
            write!(out, ".{cents:02}")
        }
    }
}

fn write_day(out: &mut String, day: Day, style: DateStyle) -> std::fmt::Result {
    let (y, m, d) = day.ymd();
    match style {
        DateStyle::Slash => write!(out, "{y}/{m}/{d}"),
        DateStyle::Dash => write!(out, "{y}-{m:02}-{d:02}"),
        DateStyle::Compact => write!(out, "{y}{m:02}{d:02}"),
        DateStyle::Chinese => write!(out, "{y}年{m}月{d}日"),
        DateStyle::Serial => write!(out, "{}", day.serial()),
    }
}

fn write_time(out: &mut String, day: Day, second: u32, style: DateStyle) -> std::fmt::Result {
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    match style {
        DateStyle::Slash => {
            write_day(out, day, style)?;
            write!(out, " {h}:{m:02}")
        }
        DateStyle::Dash => {
            write_day(out, day, style)?;
            write!(out, " {h:02}:{m:02}:{s:02}")
        }
        DateStyle::Compact => {
            write_day(out, day, style)?;
            write!(out, "{h:02}{m:02}{s:02}")
        }
        DateStyle::Chinese => write_day(out, day, style),
        DateStyle::Serial => write!(out, "{}", serial_time(day, second)),
    }
}

pub(super) fn serial_time(day: Day, second: u32) -> f64 {
    ((f64::from(day.serial()) + f64::from(second) / 86_400.0) * 1e5).round() / 1e5
}
