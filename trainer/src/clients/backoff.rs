//! How long to wait before a request is tried again.

use std::time::{Duration, SystemTime};

use rand::Rng;

use crate::rng::{Purpose, generator};

/// Before the second attempt; each later pause is twice the one before.
const FIRST: Duration = Duration::from_millis(500);
/// No pause of our own is longer.
const LONGEST: Duration = Duration::from_secs(60);
/// A server that asks for more patience than this has failed.
const MOST_PATIENCE: Duration = Duration::from_secs(600);

/// Of a request: its number, attempts so far (from 1), and what the server asked for.
/// Between half and all of a pause that doubles, so that requests which failed
/// together do not come back together. None where the server asks for too much.
pub fn before_next(
    seed: u64,
    request: u64,
    attempt: u32,
    asked: Option<Duration>,
) -> Option<Duration> {
    if let Some(asked) = asked {
        return (asked <= MOST_PATIENCE).then_some(asked);
    }
    let doubled = FIRST.saturating_mul(1 << (attempt - 1).min(16));
    let mut lot = generator(seed, Purpose::Pause, &[request, u64::from(attempt)]);
    Some(doubled.min(LONGEST).mul_f64(lot.random_range(0.5..1.0)))
}

/// What a `Retry-After` header asks for: seconds, or a date.
pub fn asked_for(header: &str, now: SystemTime) -> Option<Duration> {
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
    fn pauses_double_up_to_a_minute_and_are_drawn_from_the_seed() {
        let pause = |attempt| before_next(1, 7, attempt, None).unwrap_or_default();
        for attempt in 1..=40 {
            let doubled = (0.5 * 2f64.powi(attempt as i32 - 1)).min(60.0);
            let drawn = pause(attempt).as_secs_f64() / doubled;
            assert!((0.5..=1.0).contains(&drawn), "{attempt}: {drawn}");
        }
        assert_eq!(pause(3), pause(3));
        assert_ne!(before_next(1, 7, 3, None), before_next(1, 8, 3, None));
        assert_ne!(before_next(1, 7, 3, None), before_next(2, 7, 3, None));
    }

    #[test]
    fn a_server_is_waited_for_as_long_as_it_asks_but_not_for_ever() {
        let asks = |seconds| before_next(1, 7, 1, Some(Duration::from_secs(seconds)));
        assert_eq!(asks(9), Some(Duration::from_secs(9)));
        assert_eq!(asks(86_400), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let now = httpdate::parse_http_date(date).unwrap_or(SystemTime::UNIX_EPOCH);
        let seconds = |header, now| asked_for(header, now).map(|asked| asked.as_secs());
        assert_eq!(seconds(" 12 ", now), Some(12));
        assert_eq!(seconds(date, now - Duration::from_secs(5)), Some(5));
        assert_eq!(seconds(date, now + Duration::from_secs(5)), Some(0));
        assert_eq!(seconds("soon", now), None);
    }
}
