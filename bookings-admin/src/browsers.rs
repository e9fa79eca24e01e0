//! What browsers call themselves, in words: whoever looks through their sessions shall know each again.

/// As they name themselves, those first that name others too.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
];

/// "Firefox on Windows"; what is not known stays as it is.
#[must_use]
pub fn words(agent: &str) -> String {
    let named =
        |names: &[(&str, &'static str)]| names.iter().find(|(part, _)| agent.contains(part)).map(|(_, words)| *words);
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ if agent.is_empty() => "A browser without a name".into(),
        _ => agent.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn browsers_are_named_as_people_know_them() {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, said) in [
            (format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/156.0.0.0 Safari/537.36"), "Chrome on Linux"),
            (format!("Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/9 Safari/537.36 Edg/156.0"), "Edge on Windows"),
            ("Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0".into(), "Firefox on Android"),
            (format!("Mozilla/5.0 (Linux; Android 14) {WEBKIT} Chrome/9 Mobile Safari/537.36"), "Chrome on Android"),
            (format!("Mozilla/5.0 (iPhone; CPU like Mac OS X) {WEBKIT} Safari/604.1"), "Safari on an iPhone"),
            ("curl/8.0".into(), "curl/8.0"),
            (String::new(), "A browser without a name"),
        ] {
            assert_eq!(words(&agent), said, "{agent}");
        }
    }
}
