//! Pieces of text that several screens share.

use std::time::Duration;

use crate::logging::clock::uptime_stamp;
use crate::proto::Instant;

/// Writes one line of a screen, with its newline. Without arguments: an empty line.
macro_rules! say {
    ($f:expr) => {
        $f.push('\n')
    };
    ($f:expr, $($arg:tt)*) => {{
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = writeln!($f, $($arg)*);
    }};
}
pub(crate) use say;

/// How long ago `at` was: `00:00:12`.
pub fn ago(now: Instant, at: Instant) -> String {
    uptime_stamp(now - at)
}

/// The first `width` characters of a text, for a column.
pub fn clip(text: &str, width: usize) -> String {
    text.chars().take(width).collect()
}

/// The text, or `-` when there is none.
pub fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// A time in the words of `show version`: `1 week, 2 days, 3 hours, 4 minutes`; at least the minutes.
pub fn in_words(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    let parts = [
        (minutes / (60 * 24 * 365), "year"),
        (minutes / (60 * 24 * 7) % 52, "week"),
        (minutes / (60 * 24) % 7, "day"),
        (minutes / 60 % 24, "hour"),
        (minutes % 60, "minute"),
    ];
    let text: Vec<String> = parts
        .iter()
        .filter(|(n, unit)| *n > 0 || *unit == "minute")
        .map(|(n, unit)| format!("{n} {unit}{}", if *n == 1 { "" } else { "s" }))
        .collect();
    text.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        let words = |s| in_words(Duration::from_secs(s));
        assert_eq!(words(0), "0 minutes");
        assert_eq!(words(120), "2 minutes");
        assert_eq!(words(3600 + 60), "1 hour, 1 minute");
        assert_eq!(words(9 * 86_400 + 7200), "1 week, 2 days, 2 hours, 0 minutes");
    }
}
