//! Slows down guessing: so many wrong sign-ins per account and network, then a pause that ends by itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong tries before the pause.
pub const TRIES: u32 = 10;
/// From the first wrong try until all are forgotten. Tries during the pause don't lengthen it.
pub const WINDOW: Duration = Duration::from_secs(5 * 60);
/// Accounts and networks remembered at once: more than passwords can be checked within the window, one after the other.
const MOST_KEPT: usize = 50_000;

/// An account's folded name and the network that tries it.
type Key = (String, [u8; 8]);

/// The tries of the last minutes, in this process.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<Key, (u32, Instant)>>);

/// The /24 of an IPv4 address or the /64 of an IPv6 one: what one person can change at will.
fn network(address: Option<IpAddr>) -> [u8; 8] {
    let mut network = [0; 8];
    match address {
        Some(IpAddr::V4(v4)) => network[..3].copy_from_slice(&v4.octets()[..3]),
        Some(IpAddr::V6(v6)) => network.copy_from_slice(&v6.octets()[..8]),
        None => {}
    }
    network
}

fn key(name: &str, address: Option<IpAddr>) -> Key {
    (name.trim().to_lowercase().chars().take(100).collect(), network(address))
}

impl Throttle {
    /// Counts a try before its password is looked at, so that many at once count too.
    ///
    /// # Errors
    /// How many seconds the pause still lasts, at least 1.
    pub fn begin(&self, name: &str, address: Option<IpAddr>, now: Instant) -> Result<(), u64> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= MOST_KEPT {
            tries.retain(|_, (_, first)| now.duration_since(*first) < WINDOW);
            if tries.len() >= MOST_KEPT {
                // Somebody tries thousands of names: everybody waits a second rather than memory growing.
                return Err(1);
            }
        }
        let (count, first) = tries.entry(key(name, address)).or_insert((0, now));
        let passed = now.duration_since(*first);
        if passed >= WINDOW {
            (*count, *first) = (0, now);
        } else if *count >= TRIES {
            return Err((WINDOW - passed).as_secs().max(1));
        }
        *count += 1;
        Ok(())
    }

    /// Forgets the tries: the password was right.
    pub fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(name, address));
    }

    /// Takes a try back that came to nothing, as when the database was away.
    pub fn withdraw(&self, name: &str, address: Option<IpAddr>) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(name, address);
        match tries.get_mut(&key) {
            Some((count, _)) if *count > 1 => *count -= 1,
            _ => drop(tries.remove(&key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_wrong_tries_make_a_pause_that_ends() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let here = Some(IpAddr::from([10, 0, 0, 1]));
        for _ in 0..TRIES {
            throttle.begin("Ann", here, start).unwrap();
        }
        assert_eq!(throttle.begin(" ANN", Some(IpAddr::from([10, 0, 0, 9])), start), Err(300));
        assert_eq!(throttle.begin("ann", here, start + Duration::from_secs(299)), Err(1));
        throttle.begin("ann", Some(IpAddr::from([10, 0, 1, 1])), start).unwrap();
        throttle.begin("bob", here, start).unwrap();
        throttle.begin("ann", here, start + WINDOW).unwrap();
    }

    #[test]
    fn the_right_password_forgets_the_wrong_ones() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for _ in 0..3 {
            for _ in 0..TRIES - 1 {
                throttle.begin("ann", None, start).unwrap();
            }
            throttle.succeeded("ann", None);
        }
        for _ in 0..3 * TRIES {
            throttle.begin("ann", None, start).unwrap();
            throttle.withdraw("ann", None);
        }
    }
}
