//! Purity: no clock, no randomness and no other effect is even in reach, seen from what cargo would build.

use std::collections::BTreeSet;
use std::process::Command;

/// What may be below bookings-core; a new one is a decision to be made here.
const PACKAGES: &[&str] = &[
    "autocfg",
    "block-buffer",
    "bookings-core",
    "cfg-if",
    "chrono",
    "chrono-tz",
    "cpufeatures",
    "crypto-common",
    "digest",
    "generic-array",
    "itoa",
    "libc",
    "memchr",
    "num-traits",
    "phf",
    "phf_shared",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "sha2",
    "siphasher",
    "syn",
    "typenum",
    "unicode-ident",
    "uuid",
    "version_check",
    "zmij",
];

/// Each line of `cargo tree` for this crate alone, without its tests: no other crate's features leak in.
fn tree(format: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "bookings-core", "--edges", "normal,build", "--target", "all"])
        .args(["--prefix", "none", "--no-dedupe", "--locked", "--format", format])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The features of a package, by name.
fn features(package: &str) -> BTreeSet<String> {
    let lines = tree("{lib} {f}");
    let of: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix(package)?.strip_prefix(' ')).collect();
    let [features] = of.as_slice() else { panic!("{package} is there {} times: {lines:?}", of.len()) };
    features.split(',').map(str::to_owned).collect()
}

#[test]
fn chrono_has_no_clock() {
    let features = features("chrono");
    assert!(features.contains("alloc"), "{features:?}");
    for impure in ["now", "clock", "default", "iana-time-zone", "wasmbind"] {
        assert!(!features.contains(impure), "{features:?}");
    }
}

#[test]
fn uuid_has_no_randomness() {
    let features = features("uuid");
    assert!(features.contains("serde"), "{features:?}");
    let impure = |feature: &&String| feature.starts_with('v') || feature.contains("rng") || feature.contains("rand");
    assert_eq!(features.iter().filter(impure).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn nothing_else_is_below() {
    let names: BTreeSet<String> =
        tree("{p}").iter().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect();
    assert!(names.contains("chrono") && names.contains("uuid"), "{names:?}");
    let strangers: Vec<&String> = names.iter().filter(|name| !PACKAGES.contains(&name.as_str())).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}
