//! CSV as spreadsheets and scripts take it (RFC 4180): quoting, and no cell that a spreadsheet would run as a formula.

use std::fmt::{Display, Write};
use std::io::BufRead;

/// Largest record that is read, in bytes: a file that is no CSV ends here and not in memory.
const RECORD_BYTES: usize = 1024 * 1024;

/// Whether a spreadsheet would read the text as a formula, behind any quotes that were put before it.
fn runs(text: &str) -> bool {
    let first = text.trim_start_matches('\'').chars().next();
    first.is_some_and(|c| {
        matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    })
}

/// Appends one record.
pub fn write<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    let mut line = Line::begin(out);
    cells.into_iter().for_each(|cell| line.text(cell));
    line.end();
}

/// One record, appended cell by cell.
pub struct Line<'a> {
    out: &'a mut String,
    begun: bool,
}

impl<'a> Line<'a> {
    /// Without a cell yet.
    pub fn begin(out: &'a mut String) -> Line<'a> {
        Line { out, begun: false }
    }

    fn next(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            self.out.push(',');
        }
    }

    /// Any text.
    pub fn text(&mut self, cell: &str) {
        self.next();
        let guard = if runs(cell) { "'" } else { "" };
        if cell.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\n' | b'\r' | b';')) {
            self.out.push('"');
            self.out.push_str(guard);
            for (place, piece) in cell.split('"').enumerate() {
                self.out.push_str(if place > 0 { "\"\"" } else { "" });
                self.out.push_str(piece);
            }
            self.out.push('"');
        } else {
            self.out.push_str(guard);
            self.out.push_str(cell);
        }
    }

    /// A time, an id or a number that is not negative: nothing of it needs quotes or could run.
    pub fn plain(&mut self, cell: impl Display) {
        self.next();
        // Writing to a string can't fail.
        let _ = write!(self.out, "{cell}");
    }

    /// Ends the record.
    pub fn end(self) {
        self.out.push_str("\r\n");
    }
}

/// What [`write`] was given for this cell.
fn unguarded(mut cell: String) -> String {
    if cell.starts_with('\'') && runs(&cell) {
        cell.remove(0);
    }
    cell
}

/// One record of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// Reads records one by one.
pub struct Reader<R> {
    input: R,
    line: u64,
    separator: Option<char>,
}

impl<R: BufRead> Reader<R> {
    /// Over a file's text. The first record decides whether commas, semicolons or tabs stand between cells.
    pub fn new(input: R) -> Reader<R> {
        Reader { input, line: 0, separator: None }
    }

    /// The next record that is not an empty line, or `None` at the end.
    ///
    /// # Errors
    /// A sentence: the file can't be read, is not UTF-8, or a quote is not closed.
    pub fn next_record(&mut self) -> Result<Option<Record>, String> {
        loop {
            let begins = self.line + 1;
            let Some(text) = self.whole()? else { return Ok(None) };
            if text.trim().is_empty() {
                continue;
            }
            let text = if begins == 1 { text.trim_start_matches('\u{feff}') } else { &text };
            let separator = *self.separator.get_or_insert_with(|| {
                // The last of the most frequent: a header without any has one column.
                let often = [';', '\t', ','].into_iter().max_by_key(|one| text.matches(*one).count());
                often.unwrap_or(',')
            });
            return Ok(Some(Record { line: begins, cells: cells(text, separator) }));
        }
    }

    /// The lines of one record: those up to where every quote is closed.
    fn whole(&mut self) -> Result<Option<String>, String> {
        let begins = self.line + 1;
        let mut bytes = Vec::new();
        loop {
            let before = bytes.len();
            let room = (RECORD_BYTES + 1).saturating_sub(before);
            let read = std::io::Read::take(&mut self.input, room as u64)
                .read_until(b'\n', &mut bytes)
                .map_err(|error| format!("line {}: {error}", self.line + 1))?;
            if bytes.len() > RECORD_BYTES {
                return Err(format!(
                    "line {begins}: a record of more than {RECORD_BYTES} bytes; is a quote not closed?"
                ));
            }
            let open = bytes.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
            match (read, open) {
                (0, true) => return Err(format!("line {begins}: a quote is not closed")),
                (0, false) if bytes.is_empty() => return Ok(None),
                _ => {}
            }
            self.line += 1;
            if !open {
                let encoding = || {
                    let sixteen = begins == 1 && (bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff"));
                    let (line, what) = (begins, if sixteen { "UTF-16" } else { "not UTF-8 text" });
                    format!("line {line}: {what}; save the file as CSV in UTF-8")
                };
                let text = std::str::from_utf8(&bytes).map_err(|_| encoding())?;
                if text.contains('\0') {
                    return Err(format!("line {begins}: a character that is no text (U+0000)"));
                }
                return Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()));
            }
        }
    }
}

/// The cells of one record.
#[must_use]
pub fn cells(text: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(cell) = cells.last_mut() else { break };
        match c {
            '"' if !quoted && cell.is_empty() => quoted = true,
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            c if c == separator && !quoted => cells.push(String::new()),
            c => cell.push(c),
        }
    }
    cells.into_iter().map(unguarded).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]
    use super::*;

    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = Reader::new(text.as_bytes());
        std::iter::from_fn(|| reader.next_record().unwrap()).map(|record| record.cells).collect()
    }

    #[test]
    fn whatever_is_written_is_read_back() {
        let rows: [&[&str]; 4] = [
            &["plain", "with, comma", "with \"quotes\"", "two\r\nlines"],
            &["=1+1", "'=1+1", "''@x", "-"],
            &["+46 8 123", "'t Hooft", "'", "\ttab"],
            &["", "", "", "a;b"],
        ];
        let mut text = String::new();
        rows.iter().for_each(|row| write(&mut text, row.iter().copied()));
        assert_eq!(read(&text), rows);
    }

    #[test]
    fn nothing_is_left_that_a_spreadsheet_would_run() {
        for cell in ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\u{ff1d}1"] {
            let mut text = String::new();
            write(&mut text, [cell]);
            assert_eq!(text.trim_start_matches('"').chars().next(), Some('\''), "{cell:?}: {text:?}");
        }
    }

    #[test]
    fn files_of_spreadsheets_are_read_whichever_way_they_are_written() {
        assert_eq!(read("\u{feff}a;b\n1;\"2;3\"\n\n4;5"), [["a", "b"], ["1", "2;3"], ["4", "5"]]);
        assert_eq!(read("a\tb,\tc\n1\t2\t3\n"), [["a", "b,", "c"], ["1", "2", "3"]]);
        assert_eq!(read("a,b\r\n\"x \"\"y\"\"\nz\",w\r\n"), [["a", "b"], ["x \"y\"\nz", "w"]]);
    }

    #[test]
    fn records_know_their_lines_and_broken_files_say_where() {
        let mut reader = Reader::new("a\n\"b\nc\"\nd\n\"open".as_bytes());
        let lines: Vec<u64> = (0..3).map(|_| reader.next_record().unwrap().unwrap().line).collect();
        assert_eq!(lines, [1, 2, 4]);
        assert_eq!(reader.next_record(), Err("line 5: a quote is not closed".into()));
        assert_eq!(
            Reader::new(&b"\xff\n"[..]).next_record(),
            Err("line 1: not UTF-8 text; save the file as CSV in UTF-8".into())
        );
        for (bytes, problem) in [(&b"\xff\xfea\0"[..], "line 1: UTF-16"), (b"a\nb\0", "line 2: a character")] {
            let mut reader = Reader::new(bytes);
            let error = std::iter::repeat_with(|| reader.next_record()).find_map(Result::err).unwrap();
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
