//! Renders every page in several states with sample data into a folder, to look at and to take screenshots of:
//! `cargo run -p bookings-admin --example gallery -- target/gallery`, then serve that folder on loopback.

mod samples;

use bookings_admin::assets::{asset_body, asset_path};
use std::error::Error;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/gallery".into()));
    fs::create_dir_all(folder.join("static"))?;
    for name in ["app.css", "app.js", "favicon.svg"] {
        let target = folder.join(asset_path(name).trim_start_matches('/'));
        fs::write(target, asset_body(name).unwrap_or_default())?;
    }
    for (name, html) in samples::pages()? {
        fs::write(folder.join(format!("{name}.html")), html)?;
    }
    println!("{}", folder.display());
    Ok(())
}
