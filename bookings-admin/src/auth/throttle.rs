//! Slows down guessing: so many wrong sign-ins, then a pause that ends by itself. Counted in the database, so that every
//! process counts the same.

use std::net::IpAddr;

use bookings_db::error::StoreError;
use bookings_db::throttle::{self, Key};
use bookings_db::{Store, search};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

/// Wrong tries of one name from one network before the pause.
const TRIES: i32 = 10;
/// Of one name from everywhere. Whoever is kept out by it gets in by a link that an owner makes.
const TRIES_OF_NAME: i32 = 100;
/// Of any names from one network, behind which a whole office may sign in at once.
const TRIES_OF_NETWORK: i32 = 200;
/// From the first wrong try until all are forgotten. Tries during the pause don't lengthen it.
pub const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// A try under way: what it is counted under.
#[derive(Debug, Clone, Copy)]
pub struct Try([(Key, i32); 3]);

/// The /24 of an IPv4 address or the /64 of an IPv6 one: what one person can change at will.
fn network(address: Option<IpAddr>) -> [u8; 9] {
    let mut network = [0; 9];
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(v4)) => {
            network[0] = 4;
            network[1..4].copy_from_slice(&v4.octets()[..3]);
        }
        Some(IpAddr::V6(v6)) => {
            network[0] = 6;
            network[1..].copy_from_slice(&v6.octets()[..8]);
        }
        None => {}
    }
    network
}

impl Try {
    /// To sign in by that name from there.
    #[must_use]
    pub fn of(name: &str, address: Option<IpAddr>) -> Try {
        Try::counted("", TRIES_OF_NAME, name, address)
    }

    /// To enter a code behind the right password of that name: wherever it comes from, it is one guesser.
    #[must_use]
    pub fn of_code(name: &str, address: Option<IpAddr>) -> Try {
        Try::counted("code ", TRIES, name, address)
    }

    fn counted(what: &str, of_name: i32, name: &str, address: Option<IpAddr>) -> Try {
        let name = search::fold(name.trim());
        let network = network(address);
        let key = |kind: String, parts: &[&[u8]]| {
            let mut digest = Sha256::new_with_prefix(kind);
            parts.iter().for_each(|part| digest.update(part));
            Key::from(digest.finalize())
        };
        Try([
            (key(format!("{what}both"), &[&network, name.as_bytes()]), TRIES),
            (key(format!("{what}name"), &[name.as_bytes()]), of_name),
            (key("network".into(), &[&network]), TRIES_OF_NETWORK),
        ])
    }

    /// Counts it before its password is looked at, so that many at once count too. Says how many seconds, at least 1, the
    /// pause still lasts where there is one.
    ///
    /// # Errors
    /// The database's.
    pub fn begin(&self, store: &Store, now: DateTime<Utc>) -> Result<Option<u64>, StoreError> {
        let pause = throttle::begin(&store.pools, &self.0, WINDOW, now)?;
        let seconds = pause.map(|pause| u64::try_from(pause.num_seconds()).unwrap_or(0).max(1));
        if let Some(seconds) = seconds {
            // Whose name it was is not said: it may be a password in the wrong field.
            tracing::warn!(seconds, "too many wrong tries: another is refused");
        }
        Ok(seconds)
    }

    /// It was right: the tries of this name from this network are forgotten, and it counts nowhere else.
    ///
    /// # Errors
    /// The database's.
    pub fn succeeded(&self, store: &Store) -> Result<(), StoreError> {
        let [(both, _), (name, _), (network, _)] = self.0;
        throttle::withdraw(&store.pools, &[name, network], Some(&both))
    }

    /// It came to nothing, as when the database was away.
    ///
    /// # Errors
    /// The database's.
    pub fn withdraw(&self, store: &Store) -> Result<(), StoreError> {
        throttle::withdraw(&store.pools, &self.0.map(|(key, _)| key), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bookings_core::Policy;
    use bookings_db::testing::each_database;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn ten_wrong_tries_make_a_pause_that_ends() {
        each_database(|db| {
            let store = Store::new(db.pools().clone(), Policy::default());
            let here = Some(IpAddr::from([10, 0, 0, 1]));
            let begin = |name, address, second| Try::of(name, address).begin(&store, at(second)).unwrap();
            for _ in 0..TRIES {
                assert_eq!(begin("Ann", here, 0), None);
            }
            assert_eq!(begin(" ANN", Some(IpAddr::from([10, 0, 0, 9])), 0), Some(300));
            assert_eq!(begin("ann", here, 299), Some(1));
            assert_eq!(begin("ann", Some(IpAddr::from([10, 0, 1, 1])), 299), None, "another network");
            assert_eq!(begin("bob", here, 299), None, "another name");
            assert_eq!(begin("ann", here, 300), None, "the pause is over");
        });
    }

    #[test]
    fn neither_one_name_nor_one_network_is_tried_for_ever() {
        each_database(|db| {
            let store = Store::new(db.pools().clone(), Policy::default());
            for n in 0..100_u8 {
                let from = Some(IpAddr::from([10, 1, n, 1]));
                assert_eq!(Try::of("ann", from).begin(&store, at(0)).unwrap(), None, "{n}");
            }
            let new = Some(IpAddr::from([10, 2, 0, 1]));
            assert!(Try::of("ann", new).begin(&store, at(0)).unwrap().is_some());
            for n in 0..TRIES_OF_NETWORK {
                assert_eq!(Try::of(&format!("name {n}"), new).begin(&store, at(0)).unwrap(), None, "{n}");
            }
            assert!(Try::of("bob", new).begin(&store, at(0)).unwrap().is_some());
        });
    }

    #[test]
    fn codes_are_counted_apart_and_from_everywhere() {
        each_database(|db| {
            let store = Store::new(db.pools().clone(), Policy::default());
            for n in 0..10_u8 {
                let from = Some(IpAddr::from([10, 1, n, 1]));
                assert_eq!(Try::of_code("ann", from).begin(&store, at(0)).unwrap(), None, "{n}");
            }
            let new = Some(IpAddr::from([10, 2, 0, 1]));
            assert_eq!(Try::of_code("ann", new).begin(&store, at(0)).unwrap(), Some(300));
            assert_eq!(Try::of("ann", new).begin(&store, at(0)).unwrap(), None, "passwords are counted apart");
        });
    }

    #[test]
    fn the_right_password_forgets_the_wrong_ones() {
        each_database(|db| {
            let store = Store::new(db.pools().clone(), Policy::default());
            let ann = Try::of("ann", None);
            for _ in 0..30 {
                for _ in 0..TRIES {
                    assert_eq!(ann.begin(&store, at(0)).unwrap(), None);
                    ann.withdraw(&store).unwrap();
                }
                for _ in 0..3 {
                    assert_eq!(ann.begin(&store, at(0)).unwrap(), None);
                }
                for _ in 0..2 {
                    ann.withdraw(&store).unwrap();
                }
                ann.succeeded(&store).unwrap();
            }
        });
    }
}
