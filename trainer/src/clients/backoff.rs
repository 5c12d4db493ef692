//! Delays between attempts of a request.

use std::time::{Duration, SystemTime};

use rand::Rng;

use crate::rng::{Purpose, generator};

/// Delay before the second attempt. Each later delay is twice the one before.
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// Upper bound of a delay that no server asked for.
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// Upper bound of a delay that a server may ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);

/// Returns the delay after attempt `attempt` (from 1) of a request, or None if the server
/// asked for one that is too long. Without a wish of the server the delay doubles with
/// each attempt and is drawn between half and all of that, so that requests that failed
/// together do not return together.
pub fn delay(seed: u64, request: u64, attempt: u32, asked: Option<Duration>) -> Option<Duration> {
    if let Some(asked) = asked {
        return (asked <= LONGEST_RETRY_AFTER).then_some(asked);
    }
    let doubled = FIRST_DELAY.saturating_mul(1 << (attempt - 1).min(16));
    let mut lot = generator(seed, Purpose::Pause, &[request, u64::from(attempt)]);
    Some(
        doubled
            .min(LONGEST_DELAY)
            .mul_f64(lot.random_range(0.5..1.0)),
    )
}

/// Reads a `Retry-After` header: seconds, or a date.
pub fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_minute_and_are_drawn_from_the_seed() {
        let drawn = |attempt| delay(1, 7, attempt, None).unwrap_or_default();
        for attempt in 1..=40 {
            let doubled = (0.5 * 2f64.powi(attempt as i32 - 1)).min(60.0);
            let share = drawn(attempt).as_secs_f64() / doubled;
            assert!((0.5..=1.0).contains(&share), "{attempt}: {share}");
        }
        assert_eq!(drawn(3), drawn(3));
        assert_ne!(delay(1, 7, 3, None), delay(1, 8, 3, None));
        assert_ne!(delay(1, 7, 3, None), delay(2, 7, 3, None));
    }

    #[test]
    fn a_server_may_ask_for_a_delay_of_up_to_ten_minutes() {
        let asks = |seconds| delay(1, 7, 1, Some(Duration::from_secs(seconds)));
        assert_eq!(asks(9), Some(Duration::from_secs(9)));
        assert_eq!(asks(86_400), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let now = httpdate::parse_http_date(date).unwrap_or(SystemTime::UNIX_EPOCH);
        let seconds = |header, now| retry_after(header, now).map(|asked| asked.as_secs());
        assert_eq!(seconds(" 12 ", now), Some(12));
        assert_eq!(seconds(date, now - Duration::from_secs(5)), Some(5));
        assert_eq!(seconds(date, now + Duration::from_secs(5)), Some(0));
        assert_eq!(seconds("soon", now), None);
    }
}
