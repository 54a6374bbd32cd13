//! When to retry, and after which delay. Pure: the delays are data, and the random number is an
//! argument.

use std::time::Duration;

/// A retry policy: exponential back-off with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Upper bound of the first delay; it doubles with every attempt.
    pub first: Duration,
    /// Upper bound of every delay.
    pub longest: Duration,
    /// How many retries follow the first attempt.
    pub retries: u32,
}

impl Policy {
    /// The delay before retry number `retry` (from 0), or `None` if no retry is left.
    ///
    /// `dice` is uniform in `0.0..1.0`, so the delay is uniform between 0 and its upper bound. This
    /// spreads out clients that failed together.
    pub fn delay(&self, retry: u32, dice: f64) -> Option<Duration> {
        if retry >= self.retries {
            return None;
        }
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(retry.min(31)));
        Some(doubled.min(self.longest).mul_f64(dice.clamp(0.0, 1.0)))
    }
}

/// True if an HTTP status asks to retry later.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy =
        Policy { first: Duration::from_millis(100), longest: Duration::from_secs(1), retries: 6 };

    #[test]
    fn delays_double_up_to_the_longest_and_end() {
        let delays: Vec<_> = (0..7).map(|retry| POLICY.delay(retry, 1.0)).collect();
        let millis = |n| Some(Duration::from_millis(n));
        assert_eq!(
            delays,
            [millis(100), millis(200), millis(400), millis(800), millis(1000), millis(1000), None]
        );
    }

    #[test]
    fn delays_are_drawn_from_the_whole_range() {
        for (dice, millis) in [(0.0, 0), (0.25, 50), (0.5, 100), (1.0, 200), (7.0, 200)] {
            assert_eq!(POLICY.delay(1, dice), Some(Duration::from_millis(millis)));
        }
    }

    #[test]
    fn endless_retries_do_not_overflow() {
        let endless = Policy { retries: u32::MAX, ..POLICY };
        assert_eq!(endless.delay(u32::MAX - 1, 1.0), Some(POLICY.longest));
    }

    #[test]
    fn only_overload_and_server_faults_are_transient() {
        let transient: Vec<_> = (100..500).filter(|status| is_transient(*status)).collect();
        assert_eq!(transient, [408, 425, 429]);
        assert!((500..600).all(is_transient));
    }
}
