//! `GET /board`: providers (or the days of one provider) beside each other, times down. A table whose lengths are
//! rowspans, so that it needs no inline style and reads well aloud.

use super::bookings::EmptyState;
use super::{Link, SelectField, Shell, StatusChip};
use askama::Template;

/// The board of a day or a week.
#[derive(Template)]
#[template(path = "board.html")]
pub struct BoardPage {
    /// Frame.
    pub shell: Shell,
    /// "Monday 23 November 2026", "23–29 November 2026".
    pub date: String,
    /// Earlier, today, later.
    pub moves: Vec<Link>,
    /// Day and week; the current one is marked.
    pub views: Vec<(Link, bool)>,
    /// `date` of the form that jumps to another day, as `2026-11-23`.
    pub date_value: String,
    /// `view`, kept when jumping.
    pub view: &'static str,
    /// Provider filter; for a week a provider must be chosen.
    pub provider: Option<SelectField>,
    /// The columns and rows, from [`lay_out`].
    pub grid: Grid,
    /// Shown instead when there are no columns.
    pub empty: Option<EmptyState>,
}

/// A column to be laid out: a provider or a day.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Provider's name, or "Mon 23 Nov".
    pub label: String,
    /// "6 bookings".
    pub detail: String,
    /// Their list.
    pub href: String,
    /// Address of a new booking in this column; the start is appended as `{new}&start_at={date}T{time}`. Empty where
    /// the role may not book.
    pub new_href: String,
    /// The column's date, as `2026-11-23`.
    pub date: String,
    /// Its bookings in any order.
    pub entries: Vec<Entry>,
}

/// One booking on the board.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Minutes from midnight of the column's date, in the shown zone; may be negative for one that began the day before.
    pub start: i32,
    /// Minutes from the same midnight; past 1440 for one that ends the day after.
    pub end: i32,
    /// Reference.
    pub reference: String,
    /// Status.
    pub status: StatusChip,
    /// "10:15–11:00".
    pub time: String,
    /// Client's name.
    pub client: String,
    /// Service.
    pub service: String,
}

/// The laid-out table.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Heads of the columns.
    pub columns: Vec<Column>,
    /// Rows of one step each.
    pub rows: Vec<Row>,
}

/// One step of time.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// "10:00" at full hours, else empty.
    pub label: String,
    /// "10:15", for people who can't see the rows.
    pub time: String,
    /// Whether the present is in it.
    pub now: bool,
    /// Its cells; columns covered from above have none.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Nothing begins here: a link to book, empty where the role may not.
    Free {
        /// Address of the new-booking form.
        href: String,
        /// The column's label.
        column: String,
    },
    /// One booking, or several that touch the same steps.
    Taken {
        /// How many rows it covers.
        rows: usize,
        /// The bookings by start.
        entries: Vec<Entry>,
    },
}

/// Which part of a day a board shows.
#[derive(Clone, Copy, Debug)]
pub struct Hours {
    /// First minute shown; a multiple of `step`.
    pub from: i32,
    /// End of the last row; a multiple of `step`.
    pub to: i32,
    /// Minutes a row, 1 at least.
    pub step: i32,
}

impl Hours {
    /// The usual hours, made wider in full hours until every booking of the columns is in sight.
    pub fn around(columns: &[Column], from: i32, to: i32, step: i32) -> Self {
        let entries = || columns.iter().flat_map(|column| &column.entries);
        let first = entries().map(|entry| entry.start).chain([from]).min().unwrap_or(from).max(0);
        let last = entries().map(|entry| entry.end).chain([to]).max().unwrap_or(to).min(24 * 60);
        Self { from: first.div_euclid(60) * 60, to: (last + 59).div_euclid(60) * 60, step: step.max(1) }
    }
}

/// Puts every booking into the rows it touches; bookings that share a row in a column share a cell. `now` is the present
/// in minutes from midnight, if it is on the board.
pub fn lay_out(mut columns: Vec<Column>, hours: Hours, now: Option<i32>) -> Grid {
    let step = hours.step.max(1);
    let count = usize::try_from((hours.to - hours.from) / step).unwrap_or(0);
    let mut rows: Vec<Row> = (0..count)
        .zip((hours.from..).step_by(step.unsigned_abs() as usize))
        .map(|(_, minute)| Row {
            label: if minute % 60 == 0 { clock(minute) } else { String::new() },
            time: clock(minute),
            now: now.is_some_and(|now| (minute..minute + step).contains(&now)),
            cells: Vec::new(),
        })
        .collect();
    for column in &mut columns {
        let mut groups = groups(std::mem::take(&mut column.entries), hours, count).into_iter().peekable();
        let mut row = 0;
        while row < count {
            match groups.next_if(|group| group.first == row) {
                Some(group) => {
                    rows[row].cells.push(Cell::Taken { rows: group.last - group.first, entries: group.entries });
                    row = group.last;
                }
                None => {
                    let href = match column.new_href.as_str() {
                        "" => String::new(),
                        new => format!("{new}&start_at={}T{}", column.date, rows[row].time),
                    };
                    rows[row].cells.push(Cell::Free { href, column: column.label.clone() });
                    row += 1;
                }
            }
        }
    }
    Grid { columns, rows }
}

/// Bookings that share a row, with the half-open range of rows they cover.
struct Group {
    first: usize,
    last: usize,
    entries: Vec<Entry>,
}

fn groups(mut entries: Vec<Entry>, hours: Hours, count: usize) -> Vec<Group> {
    entries.sort_by(|a, b| (a.start, a.end, &a.reference).cmp(&(b.start, b.end, &b.reference)));
    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        if entry.end <= hours.from || entry.start >= hours.to {
            continue;
        }
        let first = usize::try_from((entry.start - hours.from).div_euclid(hours.step)).unwrap_or(0);
        let end = entry.end - hours.from + hours.step - 1;
        let last = usize::try_from(end.div_euclid(hours.step)).unwrap_or(0).clamp(first + 1, count.max(first + 1));
        match groups.last_mut() {
            Some(group) if first < group.last => {
                group.last = group.last.max(last);
                group.entries.push(entry);
            }
            _ => groups.push(Group { first, last, entries: vec![entry] }),
        }
    }
    groups
}

fn clock(minute: i32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(start: i32, end: i32) -> Entry {
        Entry {
            start,
            end,
            reference: format!("BK-{start}"),
            status: StatusChip::Confirmed,
            time: String::new(),
            client: String::new(),
            service: String::new(),
        }
    }

    /// Lays out one column from 9 to 11 by 15 minutes: `.` is free, a digit a cell of so many rows, `+` one more booking in it.
    fn check(entries: &[(i32, i32)], expected: &str) {
        let column =
            Column { entries: entries.iter().map(|&(start, end)| entry(start, end)).collect(), ..Column::default() };
        let grid = lay_out(vec![column], Hours { from: 540, to: 660, step: 15 }, None);
        let cells = grid.rows.iter().flat_map(|row| &row.cells);
        let drawn: String = cells
            .map(|cell| match cell {
                Cell::Free { .. } => ".".to_owned(),
                Cell::Taken { rows, entries } => format!("{rows}{}", "+".repeat(entries.len() - 1)),
            })
            .collect();
        assert_eq!(drawn, expected, "{entries:?}");
    }

    #[test]
    fn bookings_cover_the_rows_they_touch() {
        check(&[], "........");
        check(&[(540, 600)], "4....");
        check(&[(570, 585)], "..1.....");
        check(&[(550, 555)], "1.......");
        check(&[(550, 556)], "2......");
        check(&[(645, 660)], ".......1");
    }

    #[test]
    fn back_to_back_stay_apart_and_a_shared_row_is_shared() {
        check(&[(540, 570), (570, 600)], "22....");
        check(&[(540, 570), (540, 570), (555, 600)], "4++....");
        check(&[(540, 550), (550, 570)], "2+......");
    }

    #[test]
    fn what_sticks_out_is_cut() {
        check(&[(500, 555), (650, 700), (300, 400), (660, 700)], "1......1");
    }

    #[test]
    fn hours_widen_until_everything_is_seen() {
        let column = Column { entries: vec![entry(455, 500), entry(1100, 1210)], ..Column::default() };
        let hours = Hours::around(&[column], 480, 1080, 15);
        assert_eq!((hours.from, hours.to), (420, 1260));
    }
}
