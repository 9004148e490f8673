//! Where a day's next page is. Opaque to callers, so that what is in it can change.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::problem::BadParameter;

/// A page of the numbers with a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) digest: String,
    pub(crate) page: u32,
}

impl Cursor {
    pub(crate) fn encode(&self) -> String {
        // A text and a number in an array cannot fail to serialise.
        BASE64.encode(serde_json::to_vec(&(&self.digest, self.page)).unwrap_or_default())
    }

    pub(crate) fn decode(text: &str) -> Result<Self, BadParameter> {
        let bytes = BASE64.decode(text).map_err(|_| BadParameter::Cursor)?;
        let (digest, page) = serde_json::from_slice(&bytes).map_err(|_| BadParameter::Cursor)?;
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
        for text in ["%%%", "e30", "WzEsMV0", "WyJhIiwtMV0"] {
            assert_eq!(Cursor::decode(text), Err(BadParameter::Cursor), "{text}");
        }
    }
}
