//! What the program says to wrong settings, and that it says it before it does anything.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in an empty folder with nothing in its environment but these variables.
fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bookings-admin"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap()
}

/// The exit code and the only line on standard error.
fn complaint(output: &Output) -> (i32, String) {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "one line: {text}");
    (output.status.code().unwrap(), text)
}

#[test]
fn a_wrong_value_stops_the_program_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("short.key"), "too short\n").unwrap();
    let long = "x".repeat(32);
    for (name, value, accepted) in [
        ("BOOKINGS_DATABASE_URL", "bookings.sqlite3", "sqlite:PATH"),
        ("BOOKINGS_DATABASE_URL", "mysql://h/x", "postgres://"),
        ("BOOKINGS_DATABASE_URL", "postgre_typo", "postgres://"),
        ("BOOKINGS_DATABASE_URL", "sqlite:", "sqlite:PATH"),
        ("BOOKINGS_DATABASE_URL", "", "sqlite:PATH"),
        ("BOOKINGS_LISTEN", "8080", "ADDRESS:PORT"),
        ("BOOKINGS_LISTEN", "127.0.0.1:66000", "ADDRESS:PORT"),
        ("BOOKINGS_PUBLIC_ORIGIN", "book.example", "https://"),
        ("BOOKINGS_PUBLIC_ORIGIN", "https://book.example/admin", "without a path"),
        ("BOOKINGS_PUBLIC_ORIGIN", "https://book.example:port", "https://"),
        ("BOOKINGS_PUBLIC_ORIGIN", "ftp://book.example", "https://"),
        ("BOOKINGS_TIME_ZONE", "Port of Spain", "IANA"),
        ("BOOKINGS_TIME_ZONE", "", "IANA"),
        ("BOOKINGS_CURRENCY", "ttd", "ISO 4217"),
        ("BOOKINGS_CURRENCY", "XYZ", "ISO 4217"),
        ("BOOKINGS_TENANCY", "true", "off or on"),
        ("BOOKINGS_SLOT_VALIDATION_MODE", "engine", "NONE or ENGINE"),
        ("BOOKINGS_SLOT_VALIDATION_MODE", "ENGINE", "BOOKINGS_SLOTS_URL"),
        ("BOOKINGS_SLOTS_URL", "localhost:9000", "http://"),
        ("BOOKINGS_SLOTS_URL", "unix:///slots", "http://"),
        ("BOOKINGS_DUPLICATE_GUARD_MINUTES", "-1", "0 (off)"),
        ("BOOKINGS_DUPLICATE_GUARD_MINUTES", "1.5", "0 (off)"),
        ("BOOKINGS_DUPLICATE_GUARD_MINUTES", "525601", "525600"),
        ("BOOKINGS_SECRET_KEY_FILE", "missing.key", "readable file"),
        ("BOOKINGS_SECRET_KEY_FILE", "short.key", "32 bytes"),
        ("BOOKINGS_SECOND_FACTOR", "boss", "viewer, staff, admin, owner"),
        ("BOOKINGS_SECOND_FACTOR", "owner;admin", "commas"),
    ] {
        let (code, line) = complaint(&run(folder.path(), &["migrate", "--check"], &[(name, value)]));
        assert_eq!(code, 2, "{line}");
        let shown = if value == "short.key" { "too short" } else { value };
        assert!(line.contains(name) && line.contains(shown) && line.contains(accepted), "{name}={value}: {line}");
        let flag = format!("--{}", name.trim_start_matches("BOOKINGS_").to_lowercase().replace('_', "-"));
        assert!(line.contains(&flag), "{line}");
        assert_eq!(complaint(&run(folder.path(), &["migrate", &flag, value], &[])), (2, line));
    }
    let both = [("BOOKINGS_SECRET_KEY", long.as_str()), ("BOOKINGS_SECRET_KEY_FILE", "short.key")];
    let (code, line) = complaint(&run(folder.path(), &["serve"], &both));
    assert!(code == 2 && line.contains("BOOKINGS_SECRET_KEY_FILE") && line.contains("BOOKINGS_SECRET_KEY;"), "{line}");
    let unkept = [("BOOKINGS_DATABASE_URL", "postgres://host/name"), ("BOOKINGS_SECOND_FACTOR", "owner")];
    let (code, line) = complaint(&run(folder.path(), &["serve"], &unkept));
    assert!(code == 2 && line.contains("BOOKINGS_SECOND_FACTOR") && line.contains("BOOKINGS_SECRET_KEY"), "{line}");
    let half = format!("{long},short");
    let (code, line) = complaint(&run(folder.path(), &["serve"], &[("BOOKINGS_SECRET_KEY", &half)]));
    assert!(code == 2 && line.contains("5 bytes") && !line.contains(&long), "{line}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["short.key"], "nothing was made");
}

#[test]
fn secrets_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("BOOKINGS_SECRET_KEY", "hunter2"),
        ("BOOKINGS_DATABASE_URL", "postgre://ann:hunter2@host/name"),
        ("BOOKINGS_SLOTS_URL", "ftp://ann:hunter2@host/"),
        ("BOOKINGS_PUBLIC_ORIGIN", "https://ann:hunter2@host"),
    ] {
        let (code, line) = complaint(&run(folder.path(), &[], &[(name, value)]));
        assert!(code == 2 && line.contains(name) && !line.contains("hunter2"), "{line}");
        let help = run(folder.path(), &["--help"], &[(name, value)]);
        assert!(
            !String::from_utf8(help.stdout).unwrap().contains("hunter2") || name == "BOOKINGS_PUBLIC_ORIGIN",
            "{name}"
        );
    }
}

#[test]
fn help_shows_every_setting_with_its_default() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--help"], &[]);
    assert!(output.status.success() && output.stderr.is_empty());
    let help = String::from_utf8(output.stdout).unwrap();
    for (name, default) in [
        ("BOOKINGS_DATABASE_URL", "sqlite:bookings.sqlite3"),
        ("BOOKINGS_LISTEN", "127.0.0.1:8080"),
        ("BOOKINGS_PUBLIC_ORIGIN", "as the request says"),
        ("BOOKINGS_TIME_ZONE", "UTC"),
        ("BOOKINGS_CURRENCY", "TTD"),
        ("BOOKINGS_TENANCY", "off"),
        ("BOOKINGS_SLOT_VALIDATION_MODE", "NONE, or ENGINE where"),
        ("BOOKINGS_SLOTS_URL", "none"),
        ("BOOKINGS_DUPLICATE_GUARD_MINUTES", "0"),
        ("BOOKINGS_SECRET_KEY", "made and kept"),
        ("BOOKINGS_SECRET_KEY_FILE", "none"),
        ("BOOKINGS_SECOND_FACTOR", "none"),
    ] {
        let flag = format!("--{} ", name.trim_start_matches("BOOKINGS_").to_lowercase().replace('_', "-"));
        let at = help.find(&flag).unwrap_or_else(|| panic!("{flag} in {help}"));
        let entry = help[at..].split("\n      --").next().unwrap();
        assert!(entry.contains(&format!("[env: {name}")), "{entry}");
        assert!(entry.contains(&format!("[default: {default}")), "{entry}");
    }
    assert!(!help.contains('\u{1b}'), "no colours into a pipe");
}

#[test]
fn usage_errors_are_one_line_too() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--nonsense"][..],
        &["bogus"],
        &["staff"],
        &["staff", "add", "ann"],
        &["staff", "add", "ann", "--role", "boss", "--password-stdin"],
        &["staff", "add", "ann", "--role", "owner"],
        &["demo", "--bookings", "many"],
        &["migrate", "--demo"],
    ] {
        let output = run(folder.path(), arguments, &[]);
        if arguments == ["staff"] {
            // Asked for without a verb it shows its help, as usage.
            assert_eq!(output.status.code(), Some(2));
            continue;
        }
        assert_eq!(complaint(&output).0, 2, "{arguments:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn commands_that_only_look_make_no_database() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["migrate", "--check"][..], &["staff", "list"], &["staff", "disable", "ann"]] {
        assert_eq!(complaint(&run(folder.path(), arguments, &[])).0, 1, "{arguments:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let nowhere = [("BOOKINGS_DATABASE_URL", "sqlite:no/such/folder/bookings.sqlite3")];
    assert_eq!(complaint(&run(folder.path(), &["migrate"], &nowhere)).0, 1);
}
