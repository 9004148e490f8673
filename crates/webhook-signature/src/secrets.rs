//! The secrets that are live at once.

use std::fmt;

use serde::Deserialize;

/// What Secrets Manager holds for one scheme: `{"current":"…","previous":"…","path_token":"…"}`.
///
/// Empty texts count as absent; without a `current` or `previous` nothing is ever let in.
#[derive(Clone, Default, Deserialize)]
pub struct Secrets {
    #[serde(default)]
    current: Option<String>,
    #[serde(default)]
    previous: Option<String>,
    /// Where set, the request's path must end in it.
    #[serde(default)]
    path_token: Option<String>,
}

impl Secrets {
    /// The secrets that a signature may be made with, the newest first.
    pub fn live(&self) -> impl Iterator<Item = &str> {
        [&self.current, &self.previous].into_iter().flatten().map(String::as_str).filter(|secret| !secret.is_empty())
    }

    /// The segment that the path must end in, where one is demanded.
    pub fn path_token(&self) -> Option<&str> {
        self.path_token.as_deref().filter(|token| !token.is_empty())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("live", &self.live().count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_secret_is_none() {
        let secrets: Secrets = serde_json::from_str(r#"{"current":"","previous":"old","path_token":""}"#).unwrap();
        assert_eq!(secrets.live().collect::<Vec<_>>(), ["old"]);
        assert_eq!(secrets.path_token(), None);
    }

    #[test]
    fn debug_shows_no_secret() {
        let secrets: Secrets = serde_json::from_str(r#"{"current":"hush"}"#).unwrap();
        assert!(!format!("{secrets:?}").contains("hush"));
    }
}
