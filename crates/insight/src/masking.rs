//! What leaves the house masked. Phones, ID numbers and addresses are masked for everybody, and are
//! opened one by one with a reason (`privacy`). A role that is itself masked sees names and plates
//! masked too.

use db::Access;
use kernel::plate::Plate;

/// 张伟 becomes 张*, a company keeps its first two characters.
pub fn mask_name(name: &str) -> String {
    let shown = if name.chars().count() > 4 { 2 } else { 1 };
    let mut masked: String = name.chars().take(shown).collect();
    masked.push('*');
    masked
}

/// 浙A12345 becomes 浙A***45.
pub fn mask_plate(plate: &str) -> String {
    if let Ok(plate) = Plate::parse(plate) {
        return plate.masked();
    }
    let symbols: Vec<char> = plate.chars().collect();
    match symbols.len() {
        0..=4 => "***".into(),
        n => symbols[..2].iter().chain(['*', '*', '*'].iter()).chain(&symbols[n - 2..]).collect(),
    }
}

/// The last six symbols of a VIN, as many stars before as there were symbols.
pub fn mask_vin(vin: &str) -> String {
    let count = vin.chars().count();
    let tail: String = vin.chars().skip(count.saturating_sub(6)).collect();
    format!("{}{tail}", "*".repeat(count.saturating_sub(6)))
}

/// A name as this reader may see it.
pub fn name_for(access: &Access, name: Option<String>) -> Option<String> {
    name.map(|name| if access.masked { mask_name(&name) } else { name })
}

/// A plate as this reader may see it.
pub fn plate_for(access: &Access, plate: Option<String>) -> Option<String> {
    plate.map(|plate| if access.masked { mask_plate(&plate) } else { plate })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_masked_role_sees() {
        assert_eq!(mask_name("张伟"), "张*");
        assert_eq!(mask_name("欧阳娜娜"), "欧*");
        assert_eq!(mask_name("天津运通物流有限公司"), "天津*");
        assert_eq!(mask_plate("浙A12345"), "浙A***45");
        assert_eq!(mask_plate("津AD12345"), "津A***45");
        assert_eq!(mask_plate("?"), "***");
        assert_eq!(mask_vin("LFV2A21K8G4123456"), "***********123456");
        assert_eq!(mask_vin("G4123456"), "**123456");
        assert_eq!(mask_vin("3456"), "3456");
    }
}
