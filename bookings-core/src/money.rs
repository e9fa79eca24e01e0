//! Money: integer minor units and an ISO 4217 code, never floats.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Active ISO 4217 codes, by number of decimal places; sorted, a space between.
const TWO: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";

/// Whether a list has that code: every row of a list asks.
fn holds(list: &str, [a, b, c]: [u8; 3]) -> bool {
    let (codes, last) = list.as_bytes().as_chunks::<4>();
    codes.binary_search(&[a, b, c, b' ']).is_ok() || last == [a, b, c]
}

/// An ISO 4217 currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency of a three-letter upper-case ISO 4217 code, or `None`.
    #[must_use]
    pub fn parse(code: &str) -> Option<Currency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        [TWO, NONE, THREE].into_iter().any(|list| holds(list, bytes)).then_some(Currency(bytes))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimal places a major unit has: 2 for TTD, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn decimals(self) -> u32 {
        if holds(NONE, self.0) {
            0
        } else if holds(THREE, self.0) {
            3
        } else {
            2
        }
    }
}

impl Currency {
    /// Minor units of an amount typed in major ones (`120`, `120.5`, `1,200.00` with commas between thousands), exactly;
    /// `None` for anything else, for more decimal places than the currency has, and for what no `i64` holds.
    #[must_use]
    pub fn minor_units(self, typed: &str) -> Option<i64> {
        let typed = typed.trim();
        let (sign, digits) = match typed.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, typed),
        };
        let (major, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let major: String = major.split(',').collect();
        let decimals = self.decimals() as usize;
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if major.is_empty() || !all_digits(&major) || !all_digits(fraction) || fraction.len() > decimals {
            return None;
        }
        let minor: i64 = format!("{major}{fraction:0<decimals$}").parse().ok()?;
        Some(sign * minor)
    }

    /// An amount in major units without the code, as [`Currency::minor_units`] reads it: `120.00`.
    #[must_use]
    pub fn major_units(self, minor: i64) -> String {
        let money = Money { minor, currency: self }.to_string();
        money.trim_start_matches(self.as_str()).trim_start().to_owned()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Currency::parse(&code).ok_or_else(|| format!("{code:?} is no ISO 4217 currency code"))
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.as_str().into()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in minor units (cents) of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; negative for what is owed back.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl fmt::Display for Money {
    /// `TTD 120.00`, `JPY 500`, `KWD 1.250`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let unit = 10_u64.pow(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let (major, rest) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        write!(f, "{} {sign}{major}", self.currency)?;
        if decimals > 0 {
            write!(f, ".{rest:0width$}", width = decimals as usize)?;
        }
        Ok(())
    }
}
