//! The sums of all answers.

use std::collections::BTreeMap;

use super::drive::Line;
use crate::sender::Receipt;

/// What was posted and what was answered, in events unless it says otherwise.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) requests: usize,
    pub(crate) posted: usize,
    pub(crate) stored: usize,
    pub(crate) duplicates: usize,
    pub(crate) quarantined: usize,
    pub(crate) reasons: BTreeMap<String, usize>,
    /// By the drive's own account, of the stored ones.
    pub(crate) positioned: usize,
    pub(crate) positioned_on_order: usize,
    pub(crate) crossings: usize,
    /// A sentence on each request that was answered otherwise than the drive expects.
    pub(crate) surprises: Vec<String>,
}

impl Tally {
    /// Adds a request. `number` is its line in the drive.
    pub(crate) fn count(&mut self, number: usize, line: &Line, receipt: &Receipt) {
        let reasons: Vec<&str> = receipt.quarantined.iter().map(|refusal| refusal.reason.as_str()).collect();
        self.requests += 1;
        self.posted += line.posted();
        self.stored += receipt.accepted;
        self.duplicates += receipt.duplicates;
        self.quarantined += reasons.len();
        for reason in &reasons {
            *self.reasons.entry((*reason).to_owned()).or_default() += 1;
        }
        self.positioned += line.positioned;
        self.positioned_on_order += line.positioned_on_order;
        self.crossings += line.crossings;

        let expected = describe(line.expect.accepted, line.expect.duplicates, &line.reasons);
        let answered = describe(receipt.accepted, receipt.duplicates, &reasons);
        if expected != answered {
            self.surprises.push(format!("line {number} ({}): expected {expected}, got {answered}", line.note));
        }
    }
}

fn describe(stored: usize, duplicates: usize, reasons: &[impl AsRef<str>]) -> String {
    let reasons: Vec<&str> = reasons.iter().map(AsRef::as_ref).collect();
    format!("{stored} stored, {duplicates} duplicates, quarantined [{}]", reasons.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::drive::Drive;

    fn line() -> Line {
        let text = r#"{"edge":"positions","note":"three","events":3,"expect":{"accepted":1,"duplicates":1,
            "quarantined":1},"reasons":["driver_missing"],"positioned":1,"positioned_on_order":1,"crossings":1,
            "bus":1,"body":"[]"}"#;
        Drive::parse(&text.replace('\n', "")).unwrap().lines.remove(0)
    }

    fn receipt(json: &str) -> Receipt {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn requests_are_summed() {
        let mut tally = Tally::default();
        let answered = receipt(r#"{"accepted":1,"duplicates":1,"quarantined":[{"reason":"driver_missing"}]}"#);
        tally.count(1, &line(), &answered);
        tally.count(2, &line(), &answered);
        assert_eq!((tally.requests, tally.posted, tally.stored), (2, 6, 2));
        assert_eq!((tally.duplicates, tally.quarantined, tally.crossings), (2, 2, 2));
        assert_eq!((tally.positioned, tally.positioned_on_order), (2, 2));
        assert_eq!(tally.reasons, BTreeMap::from([("driver_missing".to_owned(), 2)]));
        assert_eq!(tally.surprises, Vec::<String>::new());
    }

    #[test]
    fn another_answer_than_expected_is_a_surprise() {
        let mut tally = Tally::default();
        tally.count(7, &line(), &receipt(r#"{"accepted":2,"duplicates":0,"quarantined":[{"reason":"type_missing"}]}"#));
        assert_eq!(
            tally.surprises,
            ["line 7 (three): expected 1 stored, 1 duplicates, quarantined [driver_missing], \
              got 2 stored, 0 duplicates, quarantined [type_missing]"]
        );
    }
}
