//! The table: a column for each database and number of bookings.

use std::time::{Duration, Instant};

/// Median and 95th percentile, in milliseconds.
#[derive(Clone, Copy)]
pub struct Times {
    pub middle: f64,
    pub late: f64,
}

impl Times {
    pub fn of(samples: usize, mut once: impl FnMut() -> Duration) -> Times {
        let mut times: Vec<f64> = (0..samples.max(1)).map(|_| once().as_secs_f64() * 1000.0).collect();
        times.sort_by(f64::total_cmp);
        Times { middle: times[times.len() / 2], late: times[(times.len() - 1) * 95 / 100] }
    }
}

/// How long `f` takes.
pub fn timed<T>(f: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(f());
    start.elapsed()
}

#[derive(Default)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    bar: String,
    /// By column.
    cells: Vec<String>,
}

impl Table {
    /// What follows is about this.
    pub fn column(&mut self, database: &str, bookings: u64) {
        self.columns.push(format!("{database} {bookings}"));
        eprintln!("{database}, {bookings} bookings");
    }

    /// A page's times, which should stay below a bar in milliseconds.
    pub fn row(&mut self, name: &str, bar: Option<f64>, times: Times) {
        self.row_with(name, bar, times, "");
    }

    /// The same with a remark.
    pub fn row_with(&mut self, name: &str, bar: Option<f64>, times: Times, remark: &str) {
        let digits = |value: f64| if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") };
        let late = mark(digits(times.late), bar.is_some_and(|bar| times.late > bar));
        let remark = if remark.is_empty() { String::new() } else { format!(" `{remark}`") };
        let bar = bar.map(|bar| format!("{bar:.0} ms")).unwrap_or_default();
        self.cell(name, bar, format!("{} / {late}{remark}", digits(times.middle)));
    }

    /// One number, which should stay below a bar.
    pub fn figure(&mut self, name: &str, bar: Option<f64>, value: f64, unit: &str) {
        let text = mark(format!("{value:.1} {unit}"), bar.is_some_and(|bar| value > bar));
        self.cell(name, bar.map(|bar| format!("{bar:.0} {unit}")).unwrap_or_default(), text);
    }

    /// One number, which should be above a bar.
    pub fn least(&mut self, name: &str, bar: f64, value: f64, unit: &str) {
        self.cell(name, format!("from {bar:.0} {unit}"), mark(format!("{value:.0} {unit}"), value < bar));
    }

    /// One number.
    pub fn plain(&mut self, name: &str, value: f64, unit: &str) {
        self.cell(name, String::new(), format!("{value:.0} {unit}"));
    }

    fn cell(&mut self, name: &str, bar: String, text: String) {
        eprintln!("  {name}: {text}");
        let columns = self.columns.len();
        let row = match self.rows.iter().position(|row| row.name == name) {
            Some(place) => &mut self.rows[place],
            None => {
                self.rows.push(Row { name: name.into(), bar, cells: Vec::new() });
                self.rows.last_mut().unwrap()
            }
        };
        row.cells.resize(columns - 1, String::new());
        row.cells.push(text);
    }

    pub fn text(&self) -> String {
        let mut text = format!("| p50 / p95, ms | bar | {} |\n", self.columns.join(" | "));
        text.push_str(&format!("|---|---|{}\n", "---|".repeat(self.columns.len())));
        for row in &self.rows {
            let mut cells = row.cells.clone();
            cells.resize(self.columns.len(), String::new());
            text.push_str(&format!("| {} | {} | {} |\n", row.name, row.bar, cells.join(" | ")));
        }
        text
    }
}

fn mark(text: String, missed: bool) -> String {
    if missed { format!("**{text}**") } else { text }
}

const MARKS: [&str; 2] = ["<!-- made by the benchmark -->\n", "<!-- until here -->\n"];

/// Puts the table into the documentation, between its marks.
pub fn write(table: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(MARKS[0]).expect("the first mark");
    let (_, after) = rest.split_once(MARKS[1]).expect("the second mark");
    std::fs::write(path, format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1])).unwrap();
}
