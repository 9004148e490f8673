//! A table whose rows are bars: names and numbers are texts of the page, so that they wrap and are read aloud.

use maud::{Markup, html};

use crate::text::{count, float, share};

/// A row.
pub(crate) struct Bar {
    pub(crate) name: Markup,
    pub(crate) value: u64,
    /// Whether it is one to worry about.
    pub(crate) alarming: bool,
}

/// What the rows are, what is counted, and whether each one's share of the whole says something.
pub(crate) struct Bars<'a> {
    pub(crate) of: &'a str,
    pub(crate) counted: &'a str,
    pub(crate) shares: bool,
    pub(crate) rows: Vec<Bar>,
}

impl Bars<'_> {
    pub(crate) fn table(&self) -> Markup {
        let largest = self.rows.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
        let whole = self.rows.iter().map(|bar| bar.value).fold(0, u64::saturating_add);
        html! {
            table.bars {
                thead {
                    tr {
                        th scope="col" { (self.of) }
                        th.number scope="col" { (self.counted) }
                        @if self.shares { th.number scope="col" { "Share" } }
                        // The column of the bars says nothing that is not in the one before.
                        td aria-hidden="true" {}
                    }
                }
                tbody {
                    @for Bar { name, value, alarming } in &self.rows {
                        tr {
                            th scope="row" { (name) }
                            td.number { (count(*value)) }
                            @if self.shares { td.number { (share(*value, whole)) } }
                            td aria-hidden="true" { (bar(float(*value) / float(largest), *alarming)) }
                        }
                    }
                }
            }
        }
    }
}

/// As long as its part of the longest one.
fn bar(part: f64, alarming: bool) -> Markup {
    // What is not nothing must be seen.
    let width = if part > 0.0 { (part * 1000.0).round().max(10.0) / 10.0 } else { 0.0 };
    html! {
        svg.bar viewBox="0 0 100 10" preserveAspectRatio="none" {
            rect class=[alarming.then_some("alarming")] width=(width) height="10" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_part() {
        let widths = [0.0, 0.0001, 0.5, 1.0].map(|part| bar(part, false).into_string());
        for (markup, width) in widths.iter().zip(["0", "1", "50", "100"]) {
            assert!(markup.contains(&format!(r#"<rect width="{width}" height"#)), "{markup}");
        }
    }

    #[test]
    fn rows_are_read_as_text() {
        let rows = [("<fast>", 3), ("slow", 1)];
        let rows = rows.map(|(name, value)| Bar { name: html! { (name) }, value, alarming: name == "slow" }).into();
        let markup = Bars { of: "Lag", counted: "Events", shares: true, rows }.table().into_string();
        assert!(markup.contains("&lt;fast&gt;</th><td class=\"number\">3</td><td class=\"number\">75.0 %"), "{markup}");
        assert!(markup.contains("<rect class=\"alarming\" width=\"33.3\""), "{markup}");
    }
}
