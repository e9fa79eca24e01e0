//! Files of every shape to `/import`: read, refused by its line, or too large; never a 500, and nothing broken in the data.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use bookings_admin::export::COLUMNS;
use bookings_admin::import::MOST;
use bookings_admin::raw_form::FILE_BYTES;
use bookings_core::Policy;
use bookings_db::testing::sqlite_database;
use bookings_db::{Store, doctor};
use proptest::prelude::*;

use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form};
use crate::nasty::{Draw, real, value};

/// Columns that a row needs to be understood.
const NEEDED: [&str; 5] = ["external_reference", "service", "provider", "start_at", "client_name"];

/// A file as a program or a spreadsheet might write it that means no good.
#[derive(Debug, Clone)]
struct File {
    /// Names of columns, and whether those that are needed come first.
    extra: Vec<String>,
    needed: bool,
    /// Rows of a seed each, with cells that stand in odd places.
    rows: Vec<(u16, Vec<String>)>,
    separator: char,
    newline: &'static str,
    quoted: bool,
    encoding: u8,
    /// Bytes put in at places.
    noise: Vec<(prop::sample::Index, u8)>,
}

fn file() -> impl Strategy<Value = File> {
    let known: Vec<&str> = COLUMNS.into_iter().filter(|name| !NEEDED.contains(name)).collect();
    let named = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let any_column = prop_oneof![prop::sample::select(COLUMNS.to_vec()).prop_map(str::to_owned), value()];
    let extra = prop_oneof![
        4 => prop::sample::subsequence(known, 0..6).prop_map(named),
        1 => prop::collection::vec(any_column, 0..6),
    ];
    let rows = prop::collection::vec((any::<u16>(), prop::collection::vec(value(), 0..7)), 0..6);
    let noise = prop_oneof![
        5 => Just(Vec::new()),
        1 => prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ];
    let form = (prop::sample::select(vec![',', ';', '\t']), prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]));
    (extra, prop::bool::weighted(0.9), rows, form, any::<bool>(), 0_u8..20, noise).prop_map(
        |(extra, needed, rows, (separator, newline), quoted, encoding, noise)| File {
            extra,
            needed,
            rows,
            separator,
            newline,
            quoted,
            encoding,
            noise,
        },
    )
}

impl File {
    fn bytes(&self, desk: &Desk) -> Vec<u8> {
        let quote = |cell: &String| match self.quoted {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.clone(),
        };
        let line = |cells: Vec<String>| {
            let cells: Vec<String> = cells.iter().map(quote).collect();
            cells.join(&self.separator.to_string()) + self.newline
        };
        let needed: Vec<String> = NEEDED.iter().map(|name| (*name).to_owned()).filter(|_| self.needed).collect();
        let mut text = line([needed, self.extra.clone()].concat());
        for (seed, cells) in &self.rows {
            let day = u64::from(seed % 40);
            let fine = [
                format!("ref {}", seed % 64),
                ["Massage", "Class", "Surgery", "Sauna"][usize::from(seed / 64 % 4)].to_owned(),
                ["Room 1", "Room 2"][usize::from(seed / 256 % 2)].to_owned(),
                desk.at(day, "10:15"),
                "Ann".to_owned(),
            ];
            let fine: Vec<String> = fine.into_iter().filter(|_| self.needed).collect();
            text += &line([fine, cells.iter().map(|cell| real(desk, cell)).collect()].concat());
        }
        let mut bytes = match self.encoding {
            0 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            1 => [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat(),
            2 => [vec![0xfe, 0xff], text.encode_utf16().flat_map(u16::to_be_bytes).collect()].concat(),
            3 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
            4 => [b"\xef\xbb\xbf".to_vec(), text.into_bytes()].concat(),
            _ => text.into_bytes(),
        };
        for (place, byte) in &self.noise {
            bytes.insert(place.index(bytes.len() + 1), *byte);
        }
        bytes
    }
}

/// Sends a file, reads every page of it, and goes on with it where it was taken.
async fn tried<S, B>(ada: &mut Browser<'_, S>, bytes: &[u8], what: &str) -> Page
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let answer = ada.post_file("/import", "x.csv", bytes).await;
    assert!(matches!(answer.status, 303 | 400 | 413 | 422), "{what}: {}", answer.status);
    assert!(answer.body.len() < 200_000, "{what}: a page of {} bytes", answer.body.len());
    let here = answer.location().to_owned();
    if answer.status == 303 {
        for outcome in ["", "?outcome=changed", "?outcome=same", "?outcome=refused&after=1"] {
            let page = ada.open(&format!("{here}{outcome}")).await;
            assert!(page.body.len() < 500_000, "{what}: a page of {} bytes", page.body.len());
        }
        let aside = Form(vec![("override".into(), "start_in_past".into()), ("override_reason".into(), "moved".into())]);
        for act in ["check", "run", "continue", "stop"] {
            let page = ada.submit(&here, &aside.clone().with("do", act)).await;
            assert!(matches!(page.status, 303 | 422), "{what}, {act}: {}", page.status);
        }
        ada.open(&format!("{here}/refused.csv")).await;
    }
    answer
}

#[test]
fn no_file_makes_a_500() {
    const CASES: usize = 80;
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let mut draw = Draw::new();
        let (file, noise) = (file(), prop::collection::vec(any::<u8>(), 0..600));
        let (mut taken, mut refused) = (0, 0);
        for _ in 0..CASES {
            let drawn = draw.one(&file);
            match tried(&mut ada, &drawn.bytes(&desk), &format!("{drawn:?}")).await.status {
                303 => taken += 1,
                _ => refused += 1,
            }
            let noise = draw.one(&noise);
            tried(&mut ada, &noise, &format!("{noise:?}")).await;
        }
        assert!(taken > CASES / 4 && refused > CASES / 4, "{taken} taken, {refused} refused");
        let mut found = Vec::new();
        let store = Store::new(db.pools().clone(), Policy::default());
        let examined = doctor::examine(&store, &mut |one| found.push(one)).unwrap();
        assert_eq!(found, []);
        assert!(examined.bookings > 5, "only {} rows became bookings", examined.bookings);
    });
}

/// At each limit and one beyond: bytes of a file, of a record, rows, columns, and cells with more in them than they hold.
#[test]
fn files_at_and_beyond_every_limit() {
    const RECORD: usize = 1024 * 1024;
    let db = sqlite_database();
    actix_web::rt::System::new().block_on(async {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let header = format!("{}\n", NEEDED.join(","));
        let cell = |column: &str, value: &str| {
            let row = format!("a,Massage,Room 1,{},Ann,{value}\n", desk.at(3, "10:15"));
            format!("{},{column}\n{row}", NEEDED.join(","))
        };
        let rows = |count: usize| format!("{header}{}", "a\n".repeat(count));
        let sized = |bytes: usize| header.clone() + &"x".repeat(bytes - header.len());
        let long = COLUMNS.map(|column| {
            let value = "x".repeat(900_000);
            let text = match NEEDED.contains(&column) {
                true => format!("{}\n{}\n", NEEDED.join(","), NEEDED.map(|_| value.as_str()).join(",")),
                false => cell(column, &value),
            };
            let text = if NEEDED.contains(&column) { text.replace(&value, &value[..200_000]) } else { text };
            (column, text, 303)
        });
        let limits = [
            ("as many rows as there may be", rows(MOST), 303),
            ("one row more", rows(MOST + 1), 422),
            ("a record as long as it may be", sized(header.len() + RECORD), 303),
            ("a record one longer", sized(header.len() + RECORD + 1), 422),
            ("lines without rows", "\n".repeat(500_000), 422),
            ("a file as long as a body, and its form", "\n".repeat(FILE_BYTES), 413),
            ("a million columns", ",".repeat(1_000_000), 422),
            ("a million columns of quotes", "\"\",".repeat(300_000), 422),
            ("a row of a million cells", format!("{header}{}\n", ",".repeat(1_000_000)), 303),
            ("half a million ids that are none", cell("addon_ids", &"x ".repeat(500_000)), 303),
            ("thousands of ids", cell("addon_ids", &format!("{} ", desk.stones).repeat(20_000)), 303),
            ("lists in lists", cell("metadata", &"[".repeat(500_000)), 303),
        ];
        for (what, text, expected) in limits.into_iter().chain(long) {
            let answer = ada.post_file("/import", "x.csv", text.as_bytes()).await;
            assert_eq!(answer.status, expected, "{what}: {}", answer.text("[role=alert]"));
            assert!(answer.body.len() < 100_000, "{what}: a page of {} bytes", answer.body.len());
            if expected == 303 {
                let here = answer.location();
                let page = ada.open(here).await;
                assert!(page.body.len() < 200_000, "{what}: a page of {} bytes", page.body.len());
                // A long one goes on behind the answer.
                ada.submit(here, &Form(vec![]).with("do", "stop")).await;
            }
        }
    });
}
