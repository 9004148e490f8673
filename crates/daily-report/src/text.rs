//! Numbers and texts as people read them.

use maud::{Markup, html};

/// A thousand of these is the next.
const SUFFIXES: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];

/// `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12.3`, `1,234`: one decimal where it says something, below 100.
pub(crate) fn decimal(number: f64) -> String {
    let number = sound(number);
    // What would be rounded to 100.0 has no decimal either.
    if number < 99.95 { format!("{number:.1}") } else { whole(number) }
}

/// A count that was made a number to draw.
pub(crate) fn whole(number: f64) -> String {
    let digits = format!("{:.0}", sound(number));
    // Beyond what a count can hold it is written plainly.
    digits.parse().map_or(digits, count)
}

/// At most five characters: `950`, `1.2k`, `12k`, `3.4M`; `1e21` beyond the letters.
pub(crate) fn compact(number: f64) -> String {
    let mut scaled = sound(number);
    for suffix in SUFFIXES {
        if scaled < 999.5 {
            let decimals = usize::from(scaled < 9.95 && scaled.fract() > 0.0);
            let text = format!("{scaled:.decimals$}");
            return format!("{}{suffix}", text.strip_suffix(".0").unwrap_or(&text));
        }
        scaled /= 1000.0;
    }
    format!("{number:.0e}")
}

/// Metres as kilometres, without the unit.
pub(crate) fn kilometres(metres: f64) -> String {
    decimal(metres / 1000.0)
}

/// Minutes as hours, without the unit.
pub(crate) fn hours(minutes: u64) -> String {
    decimal(float(minutes) / 60.0)
}

/// `12.3 %` of a whole; `0 %` of nothing.
pub(crate) fn share(part: u64, whole: u64) -> String {
    let percent = if whole == 0 { 0.0 } else { 100.0 * float(part) / float(whole) };
    match (part, percent) {
        (0, _) => "0 %".to_owned(),
        (_, small) if small < 0.1 => "< 0.1 %".to_owned(),
        _ if part == whole => "100 %".to_owned(),
        // Almost all is not all.
        _ => format!("{:.1} %", percent.min(99.9)),
    }
}

/// `1 driver`, `12 drivers`.
pub(crate) fn of(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A text of strangers, in full where it is pointed at. It is shown as it is but for control characters, and
/// turns the direction of no text but its own.
pub(crate) fn foreign(text: &str) -> Markup {
    html! { bdi { (printable(text)) } }
}

/// Without control characters and without the marks that turn the direction of what follows.
pub(crate) fn printable(text: &str) -> String {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The start of a text, so many characters at most.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let mut text = printable(text);
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.pop();
        text.push('…');
    }
    text
}

/// The beginning and the end of an identifier: a provider's differ in their last characters.
pub(crate) fn ends(id: &str, each: usize) -> String {
    let characters: Vec<_> = id.chars().collect();
    match (characters.get(..each), characters.len().checked_sub(each)) {
        (Some(start), Some(rest)) if rest > each + 1 => {
            start.iter().chain(['…'].iter()).chain(&characters[rest..]).collect()
        }
        _ => id.to_owned(),
    }
}

/// What is no number, or below nothing, draws as nothing.
pub(crate) fn sound(number: f64) -> f64 {
    // Zero itself may have a sign, too.
    if number.is_finite() && number > 0.0 { number } else { 0.0 }
}

/// A count to draw or to divide with.
#[expect(clippy::cast_precision_loss, reason = "shown with at most four digits")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let written = [0, 7, 999, 1000, 12_345, 1_234_567, u64::MAX].map(count);
        assert_eq!(written, ["0", "7", "999", "1,000", "12,345", "1,234,567", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn decimals_are_left_where_they_say_something() {
        let written = [0.0, 0.04, 9.96, 99.94, 99.96, 1234.5, f64::NAN, -0.0].map(decimal);
        assert_eq!(written, ["0.0", "0.0", "10.0", "99.9", "100", "1,234", "0.0", "0.0"]);
        assert_eq!([kilometres(1_234_567.8), hours(90)], ["1,235", "1.5"]);
    }

    #[test]
    fn compact_numbers_have_at_most_five_characters() {
        let written = [0.0, 0.5, 9.0, 999.0, 999.9, 1000.0, 1250.0, 9_960.0, 12_345.0, 2.5e6, 1.8e19].map(compact);
        assert_eq!(written, ["0", "0.5", "9", "999", "1k", "1k", "1.2k", "10k", "12k", "2.5M", "18E"]);
        assert_eq!(compact(1e21), "1e21");
        for exponent in 0..=308 {
            for digits in ["1", "9.949", "9.96", "9.9951"] {
                let text = compact(format!("{digits}e{exponent}").parse().unwrap());
                assert!(text.len() <= 5, "{text}");
            }
        }
    }

    #[test]
    fn shares_hide_neither_little_nor_almost_all() {
        let written = [(0, 0), (0, 9), (1, 9), (1, 100_000), (99_999, 100_000), (9, 9)].map(|(a, b)| share(a, b));
        assert_eq!(written, ["0 %", "0 %", "11.1 %", "< 0.1 %", "99.9 %", "100 %"]);
    }

    #[test]
    fn foreign_texts_stay_in_their_place() {
        assert_eq!(foreign("<b>\u{202e}&\n\0").into_string(), "<bdi>&lt;b&gt;\u{fffd}&amp;\u{fffd}\u{fffd}</bdi>");
        assert_eq!([shortened("depot", 5), shortened("depots", 5)], ["depot", "depo…"]);
        assert_eq!([ends("12345", 2), ends("123456", 2), ends("", 2)], ["12345", "12…56", ""]);
    }
}
