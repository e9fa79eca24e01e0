//! The deliberate faults that `.ci/deliberate-faults` applies one by one: kept fit for the code as it is.

use std::path::PathBuf;
use std::process::Command;

/// At least so many, or somebody has lost some.
const FEWEST: usize = 30;

#[test]
fn every_deliberate_fault_still_applies_and_names_a_test() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().unwrap();
    let all = std::fs::read_dir(here.join("tests/deliberate-faults")).unwrap();
    let patches: Vec<PathBuf> = all.map(|entry| entry.unwrap().path()).collect();
    assert!(patches.len() >= FEWEST, "{} patches", patches.len());
    let told = std::fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    for patch in patches {
        let checked = Command::new("git").current_dir(root).args(["apply", "--check"]).arg(&patch).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{}: {said}", patch.display());
        let name = patch.file_stem().unwrap().to_str().unwrap();
        assert!(told.contains(&format!("| `{name}` |")), "{name} is not told of in docs/reliability.md");
        let text = std::fs::read_to_string(&patch).unwrap();
        let caught_by = text.lines().find_map(|line| line.strip_prefix("Caught-by: ")).unwrap();
        let words: Vec<&str> = caught_by.split(' ').collect();
        let ["-p", package, "--test", program, test] = words[..] else { panic!("{caught_by}") };
        let tests = root.join(package).join("tests");
        let file = match test.split_once("::") {
            Some((module, _)) => tests.join(program).join(format!("{module}.rs")),
            None => tests.join(format!("{program}.rs")),
        };
        let code = std::fs::read_to_string(file).unwrap();
        let name = test.rsplit("::").next().unwrap();
        assert!(code.contains(&format!("fn {name}(")), "no test {test} for {}", patch.display());
    }
}
