//! Numbers that follow from a seed, so that a run can be had again.

/// What one command is made of. From [`Dice`], or from proptest, which makes it smaller where a test fails.
pub type Plan = [u16; 8];

/// splitmix64.
pub struct Dice(u64);

impl Dice {
    /// A stream of its own for every `stream` of one seed.
    pub fn new(seed: u64, stream: u64) -> Dice {
        let mut dice = Dice(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn plan(&mut self) -> Plan {
        std::array::from_fn(|_| (self.next() & 0xffff) as u16)
    }
}

/// `BOOKINGS_SEED`, or a fresh one.
pub fn seed() -> u64 {
    match std::env::var("BOOKINGS_SEED") {
        Ok(seed) => seed.parse().expect("BOOKINGS_SEED is a number"),
        Err(_) => u64::from(uuid::Uuid::new_v4().as_fields().0),
    }
}
