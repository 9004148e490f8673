//! What is wrong with a day's lists.

use crate::list::List;

/// The most bytes of a fault's detail, and of the identifier in it. Both quote the list.
const MAX_DETAIL_BYTES: usize = 1_000;
const MAX_ID_BYTES: usize = location_event::MAX_IDENTIFIER_BYTES;

/// One thing that is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// In which list.
    pub list: List,
    /// The place of the element, from 0; absent where the list as a whole is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The element's own identifier, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is wrong, and what is accepted.
    pub detail: String,
}

/// Everything that is wrong with a day's lists: the first faults, and how many there are. A list of a few kilobytes can
/// have millions of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    first: Vec<Fault>,
    total: usize,
}

impl Fault {
    /// A fault of a list, or of one of its elements.
    pub fn new(list: List, index: Option<usize>, id: Option<&str>, detail: impl Into<String>) -> Self {
        let id = id.map(|id| shortened(id.to_owned(), MAX_ID_BYTES));
        Self { list, index, id, detail: shortened(detail.into(), MAX_DETAIL_BYTES) }
    }
}

impl Faults {
    /// The most faults that are kept. With more, a list is not what it should be at all.
    pub const MAX_KEPT: usize = 1_000;

    /// The first faults of each list, in the order of their elements.
    pub fn first(&self) -> &[Fault] {
        &self.first
    }

    /// How many faults there are, those that were not kept included.
    pub fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Counts a fault, and keeps it if there is room.
    pub(crate) fn push(&mut self, fault: impl FnOnce() -> Fault) {
        self.total += 1;
        if self.first.len() < Self::MAX_KEPT {
            self.first.push(fault());
        }
    }

    /// Adds another list's.
    #[must_use]
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.total += others.total;
        self.first.extend(others.first);
        self.first.truncate(Self::MAX_KEPT);
        self
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self { first: vec![fault], total: 1 }
    }
}

fn shortened(mut text: String, max_bytes: usize) -> String {
    if text.len() > max_bytes {
        text.truncate(text.floor_char_boundary(max_bytes));
        text.shrink_to_fit();
        text.push('…');
    }
    text
}
