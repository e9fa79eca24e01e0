//! docs/security.md lists every requirement of OWASP ASVS 5.0, levels 1 and 2. This keeps the list whole, and what it names there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Sections, each with how many of their requirements are of level 1 or 2: in ASVS 5.0 those of level 3 stand behind them.
const SECTIONS: &str = "\
    1.1 2, 1.2 9, 1.3 11, 1.4 3, 1.5 2, 2.1 3, 2.2 3, 2.3 4, 2.4 1, 3.2 2, 3.3 4, 3.4 6, 3.5 5, 3.7 2, 4.1 3, 4.2 1, 4.3 2, \
    4.4 4, 5.1 1, 5.2 3, 5.3 2, 5.4 3, 6.1 3, 6.2 12, 6.3 4, 6.4 4, 6.5 5, 6.6 3, 6.8 4, 7.1 3, 7.2 4, 7.3 2, 7.4 5, 7.5 2, \
    7.6 2, 8.1 2, 8.2 3, 8.3 1, 8.4 1, 9.1 3, 9.2 4, 10.1 2, 10.2 2, 10.3 4, 10.4 11, 10.5 5, 10.6 2, 10.7 3, 11.1 2, 11.2 3, \
    11.3 3, 11.4 4, 11.5 1, 11.6 1, 12.1 3, 12.2 2, 12.3 4, 13.1 1, 13.2 5, 13.3 2, 13.4 5, 14.1 2, 14.2 4, 14.3 3, 15.1 3, \
    15.2 3, 15.3 7, 16.1 1, 16.2 5, 16.3 4, 16.4 3, 16.5 3, 17.1 1, 17.2 4, 17.3 2";
/// How a line begins that has no test: why it needs none.
const REASONS: [&str; 4] = ["n/a: ", "doc: ", "deploy: ", "build: "];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `1.2.3`, or `1.2.3-5` for several.
fn numbers(cell: &str) -> Vec<String> {
    let (section, last) = cell.rsplit_once('.').unwrap();
    let (from, to) = last.split_once('-').unwrap_or((last, last));
    let number = |text: &str| text.parse::<u32>().unwrap_or_else(|_| panic!("{cell} is no number"));
    (number(from)..=number(to)).map(|number| format!("{section}.{number}")).collect()
}

/// Lines of the table: numbers, and what stands for them.
fn lines(document: &str) -> Vec<(&str, &str)> {
    let rows =
        document.lines().filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit()));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        (cells[0], cells[2])
    })
    .collect()
}

/// `path.rs: function`, the path from bookings-admin unless it names another crate.
fn assert_is_a_test(name: &str) {
    let (path, function) = name.split_once(": ").unwrap();
    let path = if path.starts_with("bookings-") { path.to_owned() } else { format!("bookings-admin/{path}") };
    let source = text(&path);
    let at = source.find(&format!("fn {function}()")).unwrap_or_else(|| panic!("no {function} in {path}"));
    let before: Vec<&str> = source[..at].lines().rev().take(2).collect();
    assert!(before.iter().any(|line| line.contains("test")), "{name} is no test");
}

fn anchors(document: &str) -> BTreeSet<String> {
    let headings = document.lines().filter_map(|line| line.strip_prefix('#')).map(|line| line.trim_start_matches('#'));
    headings.map(|line| line.trim().to_lowercase().replace(' ', "-").replace(',', "")).collect()
}

#[test]
fn each_requirement_has_its_test_or_its_reason() {
    let document = text("docs/security.md");
    let mut listed: Vec<String> = Vec::new();
    for (cell, proof) in lines(&document) {
        let spans: Vec<&str> = proof.split('`').skip(1).step_by(2).filter(|span| span.contains(".rs: ")).collect();
        spans.iter().for_each(|name| assert_is_a_test(name));
        let reason = REASONS.iter().find_map(|reason| proof.strip_prefix(reason)).unwrap_or_default();
        assert!(!spans.is_empty() || reason.len() >= 8, "{cell} has neither test nor reason: {proof}");
        listed.extend(numbers(cell));
    }
    let wanted: Vec<String> = SECTIONS
        .split(", ")
        .map(|section| section.trim().split_once(' ').unwrap())
        .flat_map(|(section, count)| numbers(&format!("{section}.1-{count}")))
        .collect();
    assert_eq!(wanted.len(), 253);
    assert_eq!(listed, wanted);
}

/// Words like these lead somewhere.
#[test]
fn the_document_refers_to_what_is_there() {
    let document = text("docs/security.md");
    let known = anchors(&document);
    for link in document.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        match link.split_once('#') {
            Some(("", anchor)) => assert!(known.contains(anchor), "{anchor}"),
            Some((file, anchor)) => assert!(anchors(&text(&format!("docs/{file}"))).contains(anchor), "{link}"),
            None => assert!(link.starts_with("https://") || root().join("docs").join(link).exists(), "{link}"),
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push((path.display().to_string(), text));
        }
    }
}

/// What the table says of all of the source.
#[test]
fn nothing_in_the_source_does_what_the_document_rules_out() {
    let mut found = Vec::new();
    for folder in ["bookings-core/src", "bookings-db/src", "bookings-admin/src", "templates", "static"] {
        sources(&root().join(folder), &mut found);
    }
    assert!(found.len() > 250, "{}", found.len());
    for (path, text) in &found {
        // The clusters of the tests are behind a feature that no program of ours has.
        let commands = path.contains("bookings-db/src/testing");
        for never in [
            "process::Command",
            "unsafe ",
            "disable_verification",
            "|safe",
            "innerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "postMessage",
            "localStorage",
            "document.cookie",
        ] {
            assert!(commands || !text.contains(never), "{never} in {path}");
        }
    }
    assert!(text("Cargo.toml").contains("unsafe_code = \"forbid\""));
    assert!(text("bookings-db/Cargo.toml").contains("testing = [\"dep:tempfile\"]"), "off by default");
}
