//! How many requests, how they ended and how long they took, since the process began. Nothing in it names a person, a page
//! or a tenant.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the histogram's buckets, in milliseconds.
const BUCKETS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/// Counters of one process.
#[derive(Debug, Default)]
pub struct Metrics {
    /// 1xx to 5xx.
    by_class: [AtomicU64; 5],
    /// At most so long; each request is counted in one.
    by_duration: [AtomicU64; BUCKETS.len()],
    microseconds: AtomicU64,
}

impl Metrics {
    /// Counts an answer.
    pub fn count(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        if let Some(counter) = self.by_class.get(class) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        let millis = took.as_micros().div_ceil(1000);
        if let Some(place) = BUCKETS.iter().position(|end| millis <= u128::from(*end))
            && let Some(counter) = self.by_duration.get(place)
        {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(micros, Ordering::Relaxed);
    }

    /// All of it in Prometheus' text format.
    #[must_use]
    pub fn text(&self) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut text = String::from(
            "# HELP bookings_requests_total Answers by class of status.\n# TYPE bookings_requests_total counter\n",
        );
        let mut all = 0;
        for (place, counter) in self.by_class.iter().enumerate() {
            all += read(counter);
            // Writing to a String does not fail.
            let _ = writeln!(text, "bookings_requests_total{{class=\"{}xx\"}} {}", place + 1, read(counter));
        }
        text.push_str(
            "# HELP bookings_request_duration_seconds How long answers took.\n\
             # TYPE bookings_request_duration_seconds histogram\n",
        );
        let mut within = 0;
        for (end, counter) in BUCKETS.iter().zip(&self.by_duration) {
            within += read(counter);
            let seconds = *end as f64 / 1000.0;
            let _ = writeln!(text, "bookings_request_duration_seconds_bucket{{le=\"{seconds}\"}} {within}");
        }
        let _ = writeln!(text, "bookings_request_duration_seconds_bucket{{le=\"+Inf\"}} {all}");
        let _ = writeln!(
            text,
            "bookings_request_duration_seconds_sum {}",
            Duration::from_micros(read(&self.microseconds)).as_secs_f64()
        );
        let _ = writeln!(text, "bookings_request_duration_seconds_count {all}");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_class_and_duration() {
        let metrics = Metrics::default();
        for (status, millis) in [(200, 5), (303, 6), (404, 6000), (500, 0)] {
            metrics.count(status, Duration::from_millis(millis));
        }
        let text = metrics.text();
        for line in [
            "bookings_requests_total{class=\"2xx\"} 1",
            "bookings_requests_total{class=\"1xx\"} 0",
            "bookings_requests_total{class=\"5xx\"} 1",
            "bookings_request_duration_seconds_bucket{le=\"0.005\"} 2",
            "bookings_request_duration_seconds_bucket{le=\"0.01\"} 3",
            "bookings_request_duration_seconds_bucket{le=\"5\"} 3",
            "bookings_request_duration_seconds_bucket{le=\"+Inf\"} 4",
            "bookings_request_duration_seconds_sum 6.011",
            "bookings_request_duration_seconds_count 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
