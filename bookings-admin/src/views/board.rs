//! `GET /board`: providers (or the days of one provider) beside each other, times down. A table whose lengths are
//! rowspans, so that it needs no inline style and reads well aloud.

use super::bookings::EmptyState;
use super::{Link, Picker, Shell, StatusChip};
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
    /// Whose; for a week one must be chosen.
    pub provider: Picker,
    /// What of the query is not understood.
    pub summary: Option<super::Summary>,
    /// What the board can't show, with the list that does.
    pub note: Option<Link>,
    /// The columns and rows, from [`lay_out`].
    pub grid: Grid,
    /// Providers before and after these.
    pub pages: Vec<Link>,
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
    /// Where its head leads.
    pub href: String,
    /// What can be done at each row where nothing is.
    pub starts: Vec<Start>,
    /// Its bookings and buffers in any order.
    pub entries: Vec<Entry>,
}

/// What can be done at a row of a column where nothing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Book: the address of the form.
    Book(String),
    /// Nothing: it is over, or the role may not book.
    Nothing,
    /// The clocks jump over it.
    Skipped,
}

/// Something that takes time on the board.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Minutes from the start of the column's day; may be negative for what began the day before.
    pub start: i32,
    /// Minutes from there too; past the day's length for what ends the day after.
    pub end: i32,
    /// What it is.
    pub what: What,
}

/// A booking, a shared slot, or time kept free.
#[derive(Clone, Debug)]
pub enum What {
    /// One booking.
    Booking {
        /// Reference.
        reference: String,
        /// Status.
        status: StatusChip,
        /// "10:15–11:00".
        time: String,
        /// Client's name.
        client: String,
        /// Service.
        service: String,
    },
    /// A start that several clients share.
    Slot {
        /// Its bookings.
        href: String,
        /// Service.
        service: String,
        /// "10:15–11:00".
        time: String,
        /// "7 of 12 seats".
        seats: String,
        /// The form for one of the seats left; empty where there is none, or the role may not.
        book: String,
    },
    /// A buffer: "Kept free until 11:15".
    Buffer(String),
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
    /// Nothing begins here.
    Free {
        /// Address of the new-booking form; empty where nothing can be booked.
        href: String,
        /// The column's label.
        column: String,
        /// At the first row of a gap: until when it is free. It is reached by the Tab key, the rest of the gap is not.
        until: Option<String>,
    },
    /// A time that does not exist.
    Skipped,
    /// One entry, or several that touch the same steps.
    Taken {
        /// How many rows it covers.
        rows: usize,
        /// By start.
        entries: Vec<Entry>,
    },
}

/// The rows of a board.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// Minute of the first row from the start of the day.
    pub from: i32,
    /// Minutes a row, 1 at least.
    pub step: i32,
    /// Label, time and whether it is now, of each row.
    pub ticks: Vec<(String, String, bool)>,
    /// The end of the last row, as "18:00".
    pub end: String,
}

/// The usual hours, made wider in full hours until every entry is in sight; minutes from the start of the day, which
/// has `length` of them.
pub fn hours(columns: &[Column], (from, to): (i32, i32), length: i32) -> (i32, i32) {
    let entries = || columns.iter().flat_map(|column| &column.entries);
    let first = entries().map(|entry| entry.start).chain([from]).min().unwrap_or(from).max(0);
    let last = entries().map(|entry| entry.end).chain([to]).max().unwrap_or(to).min(length);
    (first.div_euclid(60) * 60, ((last + 59).div_euclid(60) * 60).min(length))
}

/// Puts every entry into the rows it touches; entries that share a row in a column share a cell.
pub fn lay_out(mut columns: Vec<Column>, axis: &Axis) -> Grid {
    let count = axis.ticks.len();
    let mut rows: Vec<Row> = axis
        .ticks
        .iter()
        .map(|(label, time, now)| Row { label: label.clone(), time: time.clone(), now: *now, cells: Vec::new() })
        .collect();
    for column in &mut columns {
        let groups = groups(std::mem::take(&mut column.entries), axis);
        let begins: Vec<usize> = groups.iter().map(|group| group.first).collect();
        let mut groups = groups.into_iter().peekable();
        let (mut row, mut in_gap) = (0, false);
        while row < count {
            if let Some(group) = groups.next_if(|group| group.first == row) {
                rows[row].cells.push(Cell::Taken { rows: group.last - group.first, entries: group.entries });
                (row, in_gap) = (group.last, false);
                continue;
            }
            let (href, skipped) = match column.starts.get(row) {
                Some(Start::Book(href)) => (href.clone(), false),
                Some(Start::Skipped) => (String::new(), true),
                Some(Start::Nothing) | None => (String::new(), false),
            };
            if skipped {
                rows[row].cells.push(Cell::Skipped);
            } else {
                let next = begins.iter().copied().find(|first| *first > row).unwrap_or(count);
                let time = axis.ticks.get(next).map_or(&axis.end, |(_, time, _)| time);
                let until = (!in_gap && !href.is_empty()).then(|| time.clone());
                in_gap = !href.is_empty();
                rows[row].cells.push(Cell::Free { href, column: column.label.clone(), until });
            }
            row += 1;
        }
    }
    Grid { columns, rows }
}

/// Entries that share a row, with the half-open range of rows they cover.
struct Group {
    first: usize,
    last: usize,
    entries: Vec<Entry>,
}

fn groups(mut entries: Vec<Entry>, axis: &Axis) -> Vec<Group> {
    let (step, count) = (axis.step.max(1), axis.ticks.len());
    let to = axis.from.saturating_add(i32::try_from(count).unwrap_or(i32::MAX).saturating_mul(step));
    entries.sort_by_key(|entry| (entry.start, entry.end));
    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        if entry.end <= axis.from || entry.start >= to {
            continue;
        }
        let first = usize::try_from((entry.start - axis.from).div_euclid(step)).unwrap_or(0);
        let end = entry.end.min(to) - axis.from + step - 1;
        let last = usize::try_from(end.div_euclid(step)).unwrap_or(0).clamp(first + 1, count.max(first + 1));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(start: i32, end: i32) -> Entry {
        Entry { start, end, what: What::Buffer(String::new()) }
    }

    fn column(entries: &[(i32, i32)]) -> Column {
        Column { entries: entries.iter().map(|&(start, end)| entry(start, end)).collect(), ..Column::default() }
    }

    /// 9 to 11 by 15 minutes.
    fn axis() -> Axis {
        let tick = |row: i32| (String::new(), format!("{:02}:{:02}", 9 + row / 4, row % 4 * 15), false);
        Axis { from: 540, step: 15, ticks: (0..8).map(tick).collect(), end: "11:00".into() }
    }

    /// Lays out one column: `.` is free, `#` does not exist, a digit a cell of so many rows, `+` one more entry in it.
    fn check(entries: &[(i32, i32)], expected: &str) {
        drawn(column(entries), expected);
    }

    fn drawn(column: Column, expected: &str) {
        let grid = lay_out(vec![column], &axis());
        let cells = grid.rows.iter().flat_map(|row| &row.cells);
        let drawn: String = cells
            .map(|cell| match cell {
                Cell::Free { .. } => ".".to_owned(),
                Cell::Skipped => "#".to_owned(),
                Cell::Taken { rows, entries } => format!("{rows}{}", "+".repeat(entries.len() - 1)),
            })
            .collect();
        assert_eq!(drawn, expected);
    }

    #[test]
    fn entries_cover_the_rows_they_touch() {
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
        check(&[(-9000, 90_000)], "8");
    }

    #[test]
    fn hours_widen_until_everything_is_seen_but_not_past_the_day() {
        assert_eq!(hours(&[column(&[(455, 500), (1100, 1210)])], (480, 1080), 1440), (420, 1260));
        assert_eq!(hours(&[column(&[(-30, 10), (1400, 1700)])], (480, 1080), 1380), (0, 1380));
    }

    #[test]
    fn a_gap_says_until_when_and_is_reached_once() {
        let starts = (0..8).map(|row| if row < 2 { Start::Nothing } else { Start::Book(format!("/{row}")) });
        let grid = lay_out(vec![Column { starts: starts.collect(), ..column(&[(600, 615)]) }], &axis());
        let untils: Vec<_> = grid
            .rows
            .iter()
            .flat_map(|row| &row.cells)
            .filter_map(|cell| match cell {
                Cell::Free { href, until: Some(until), .. } => Some((href.as_str(), until.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(untils, [("/2", "10:00"), ("/5", "11:00")]);
    }

    #[test]
    fn a_time_that_does_not_exist_is_no_gap() {
        let starts = vec![Start::Nothing, Start::Skipped, Start::Skipped];
        drawn(Column { starts, ..column(&[]) }, ".##.....");
    }
}
