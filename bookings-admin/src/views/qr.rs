//! A picture that a phone's camera reads, as an address of its own: no script, no style, no other file.

use qrcodegen::{QrCode, QrCodeEcc};

use crate::raw_form::escape;

/// Modules of white around it, without which cameras don't find it.
const QUIET: i32 = 4;

/// The text as a `data:` address of an SVG; `None` where it is too long for any picture.
#[must_use]
pub fn picture(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size() + 2 * QUIET;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\"{}\"/></svg>",
        runs(&code)
    );
    Some(format!("data:image/svg+xml,{}", escape(&svg)))
}

/// The dark modules as a path, one rectangle for each run in a row.
fn runs(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let length = (x..code.size()).take_while(|x| code.get_module(*x, y)).count() as i32;
            if length > 0 {
                path.push_str(&format!("M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET));
            }
            x += length.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_in_the_picture() {
        let code = QrCode::encode_text("otpauth://totp/x", QrCodeEcc::Medium).unwrap();
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = dark.filter(|(x, y)| code.get_module(*x, *y)).count();
        let path = runs(&code);
        let drawn: usize =
            path.split("v1h-").skip(1).map(|run| run.split('z').next().unwrap().parse::<usize>().unwrap()).sum();
        assert_eq!(drawn, dark);
        assert!(path.starts_with("M4 4h7"), "the corner that cameras look for: {path}");
        assert!(picture(&"x".repeat(5_000)).is_none());
    }
}
