use bookings_db::connection::DatabaseUrl;

fn check(url: &str, shown: &str) {
    assert_eq!(DatabaseUrl::parse(url).unwrap().to_string(), shown, "{url}");
}

#[test]
fn both_schemes_in_all_spellings() {
    check("sqlite:bookings.sqlite3", "sqlite:bookings.sqlite3");
    check("sqlite://bookings.sqlite3", "sqlite:bookings.sqlite3");
    check("sqlite:///var/lib/b.sqlite3", "sqlite:/var/lib/b.sqlite3");
    check("sqlite:/var/lib/b.sqlite3", "sqlite:/var/lib/b.sqlite3");
    check("postgres://ann@host/b", "postgres://ann@host/b");
    check("postgresql:///b?host=/run", "postgresql:///b?host=/run");
}

#[test]
fn passwords_are_never_shown() {
    check("postgres://ann:s3cret@host/b", "postgres://ann:***@host/b");
    check("postgres://ann:s3/c@r?e&t@host:5432/b", "postgres://ann:***@host:5432/b");
    check("postgres://host/b?user=ann&password=s3cret", "postgres://host/b?user=ann&password=***");
    check("postgres://host/b?sslpassword=s3cret&sslmode=require", "postgres://host/b?sslpassword=***&sslmode=require");
    let debug = format!("{:?}", DatabaseUrl::parse("postgres://ann:s3cret@host/b").unwrap());
    assert!(!debug.contains("s3cret"), "{debug}");
    let error = DatabaseUrl::parse("postgre://ann:s3cret@host/b").unwrap_err().to_string();
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn anything_else_names_what_is_accepted_and_makes_no_file() {
    for url in [
        "postgre_typo",
        "postgre://host/b",
        "mysql://host/b",
        "",
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "b.sqlite3",
    ] {
        let error = DatabaseUrl::parse(url).unwrap_err().to_string();
        assert!(error.contains("sqlite:PATH") && error.contains("postgres://"), "{url}: {error}");
        assert!(error.contains(&format!("{url:?}")), "{url}: {error}");
        assert!(url.is_empty() || !std::path::Path::new(url).exists(), "{url} was made");
    }
}

#[test]
fn a_path_that_cannot_be_opened_is_named() {
    let url = DatabaseUrl::parse("sqlite:/nowhere/at/all/b.sqlite3").unwrap();
    let error = bookings_db::connection::Pools::open(&url).err().unwrap().to_string();
    assert!(error.contains("/nowhere/at/all/b.sqlite3"), "{error}");
}

#[test]
fn an_absent_server_is_told_in_its_drivers_words() {
    let url = DatabaseUrl::parse("postgres://nobody:s3cret@127.0.0.1:1/none").unwrap();
    let error = bookings_db::connection::Pools::open(&url).err().unwrap();
    assert!(matches!(error, bookings_db::error::StoreError::Unavailable(_)), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("refused") && !error.contains("s3cret") && !error.contains('\n'), "{error}");
}
