//! Where a day's next page is.

use http_edge::cursor;

use crate::problem::BadParameter;

/// A page of the numbers with a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) digest: String,
    pub(crate) page: u32,
}

impl Cursor {
    pub(crate) fn encode(&self) -> String {
        cursor::encode(&(&self.digest, self.page))
    }

    pub(crate) fn decode(text: &str) -> Result<Self, BadParameter> {
        let (digest, page) = cursor::decode(text).ok_or(BadParameter::Cursor)?;
        Ok(Self { digest, page })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back(digest in ".{0,70}", page in any::<u32>()) {
            let cursor = Cursor { digest, page };
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "%%%", "e30", "WzEsMV0", "WyJhIiwtMV0"] {
            assert_eq!(Cursor::decode(text), Err(BadParameter::Cursor), "{text}");
        }
    }
}
