//! What would become of a request now, by the same parser as ingest's.

use location_event::{Provider, Timestamp};

use super::record::Fault;

/// What would be accepted of a request, and what not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) acceptable: usize,
    /// The places of the events that are refused; none where it is the request.
    pub(crate) refused: Vec<Option<usize>>,
}

impl Verdict {
    pub(crate) fn of(provider: Provider, body: &[u8], now: Timestamp) -> Self {
        let Ok(outcomes) = provider.normalise(body, now) else { return Self { acceptable: 0, refused: vec![None] } };
        let refused: Vec<_> = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_err()).collect();
        Self {
            acceptable: outcomes.len() - refused.len(),
            refused: refused.into_iter().map(|(index, _)| Some(index)).collect(),
        }
    }
}

/// Whether all that an object was kept for is dealt with, where this is still refused.
///
/// Where the request as a whole was refused, all of it has to be accepted now. Otherwise the object's own events
/// have to: others have objects of their own.
pub(crate) fn is_resolved(faults: &[Fault], refused: &[Option<usize>]) -> bool {
    let is_whole = |index: &Option<usize>| index.is_none();
    if refused.iter().any(is_whole) || faults.iter().any(|fault| fault.index.is_none()) {
        return refused.is_empty();
    }
    !faults.iter().any(|fault| refused.contains(&fault.index))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use location_event::PROVIDERS;

    use super::*;

    fn faults(indexes: &[Option<usize>]) -> Vec<Fault> {
        indexes.iter().map(|index| Fault { index: *index, event_id: None, detail: String::new() }).collect()
    }

    #[test]
    fn an_object_is_resolved_when_its_own_events_are() {
        assert!(is_resolved(&faults(&[Some(1)]), &[]));
        assert!(is_resolved(&faults(&[Some(1)]), &[Some(0), Some(2)]));
        assert!(!is_resolved(&faults(&[Some(1), Some(2)]), &[Some(2)]));
        assert!(!is_resolved(&faults(&[Some(1)]), &[None]));
    }

    #[test]
    fn a_refused_request_is_resolved_when_all_of_it_is() {
        assert!(is_resolved(&faults(&[None]), &[]));
        assert!(!is_resolved(&faults(&[None]), &[None]));
        assert!(!is_resolved(&faults(&[None]), &[Some(3)]));
    }

    #[test]
    fn time_mends_what_was_in_the_future() {
        let positions = PROVIDERS.into_iter().find(|provider| provider.route == "/v1/positions").unwrap();
        let body = br#"[{"driver_id":"d","latitude":1,"longitude":2,"recorded_at":"2026-11-20T09:30:00Z"},
            {"driver_id":"d","latitude":91,"longitude":2,"recorded_at":"2026-11-20T09:30:00Z"}]"#;
        let at = |seconds| Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds));
        let (before, after) = (1_795_000_000, 1_796_000_000);
        let verdict = Verdict::of(positions, body, at(before));
        assert_eq!(verdict, Verdict { acceptable: 0, refused: vec![Some(0), Some(1)] });
        let verdict = Verdict::of(positions, body, at(after));
        assert_eq!(verdict, Verdict { acceptable: 1, refused: vec![Some(1)] });
        assert_eq!(Verdict::of(positions, b"{", at(after)).refused, [None]);
    }
}
