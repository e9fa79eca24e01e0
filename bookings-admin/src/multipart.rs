//! `multipart/form-data`: how browsers send a form that holds a file.

/// A file as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// What it is called where it comes from; empty where none was chosen.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A form's texts, and its file.
pub type Parts = (Vec<(String, String)>, Option<Upload>);

/// The boundary that the content type names.
#[must_use]
pub fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let parameters = rest.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let found = parameters.filter(|(name, _)| name.eq_ignore_ascii_case("boundary")).map(|(_, value)| value);
    found.map(|value| value.trim_matches('"')).find(|value| (1..=70).contains(&value.len()))
}

/// The parts of a body. Of several files the last counts.
///
/// # Errors
/// A sentence: it breaks off, a part has no name, or a text is not UTF-8.
pub fn parse(boundary: &str, body: &[u8]) -> Result<Parts, String> {
    let broken = || "The form broke off while it was sent.".to_owned();
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(first.as_bytes()).ok_or_else(broken)?;
    let (mut texts, mut upload) = (Vec::new(), None);
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, between.as_bytes()).ok_or_else(broken)?;
        let (head, content) = part[..end].split_at(find(&part[..end], b"\r\n\r\n").ok_or_else(broken)?);
        let (name, file) = disposition(&String::from_utf8_lossy(head)).ok_or_else(broken)?;
        let content = &content[4..];
        match file {
            Some(file) => upload = Some(Upload { name: file, bytes: content.to_vec() }),
            None => {
                let text = String::from_utf8(content.to_vec()).ok().filter(|text| !text.contains('\0'));
                texts.push((name, text.ok_or("A part of what was sent is not UTF-8 text.")?));
            }
        }
        rest = &part[end + between.len()..];
    }
    if rest.starts_with(b"--") { Ok((texts, upload)) } else { Err(broken()) }
}

/// Name, and file name where it is a file.
fn disposition(head: &str) -> Option<(String, Option<String>)> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    // Browsers write a quote in a name as %22: no quote stands inside.
    let value = |key: &str| {
        let (_, rest) = line.split_once(&format!("; {key}=\""))?;
        rest.split_once('"').map(|(value, _)| value.replace("%22", "\"").replace('\0', ""))
    };
    Some((value("name")?, value("filename")))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        from += text.get(from..)?.iter().position(|byte| *byte == first)?;
        if text[from..].starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"csrf_token\"\r\n\r\nabc\r\n--x\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a%22b.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        one\r\n--y\xff\r\n--x--\r\n";

    #[test]
    fn texts_and_a_file_are_read_as_they_were_sent() {
        let (texts, upload) = parse("x", BODY).unwrap();
        assert_eq!(texts, [("csrf_token".to_owned(), "abc".to_owned())]);
        assert_eq!(upload, Some(Upload { name: "a\"b.csv".into(), bytes: b"one\r\n--y\xff".to_vec() }));
        assert_eq!(parse("x", b"--x--"), Ok((Vec::new(), None)));
    }

    #[test]
    fn wherever_it_breaks_off_it_says_so() {
        for end in 0..BODY.len() - 4 {
            parse("x", &BODY[..end]).unwrap_err();
        }
        parse("x", b"--x\r\n\r\n\r\nnameless\r\n--x--").unwrap_err();
        parse("x", b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--x--").unwrap_err();
    }

    #[test]
    fn only_a_form_has_a_boundary() {
        assert_eq!(boundary("multipart/form-data; boundary=--abc"), Some("--abc"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), Some("a b"));
        for none in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x", "text/csv"]
        {
            assert_eq!(boundary(none), None, "{none}");
        }
    }
}
