//! The two schemes, and what a secret of each looks like.

use std::fmt;

use anyhow::{Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::ValueEnum;
use location_event::SignatureScheme;
use serde::Serialize;

/// Bytes of a random key of Standard Webhooks: 24 to 64 are its recommendation.
const STANDARD_KEY_BYTES: usize = 32;
/// Bytes of a random token for Radar, written in hex.
const RADAR_TOKEN_BYTES: usize = 20;

/// Whose secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scheme {
    Radar,
    StandardWebhooks,
}

impl Scheme {
    pub(crate) fn signature(self) -> SignatureScheme {
        match self {
            Self::Radar => SignatureScheme::Radar,
            Self::StandardWebhooks => SignatureScheme::StandardWebhooks,
        }
    }

    /// A new secret.
    pub(crate) fn random(self) -> Result<String> {
        Ok(match self {
            Self::Radar => hex::encode(random::<RADAR_TOKEN_BYTES>()?),
            Self::StandardWebhooks => format!("whsec_{}", BASE64.encode(random::<STANDARD_KEY_BYTES>()?)),
        })
    }

    /// Whether a request could be signed with it.
    pub(crate) fn check(self, secret: &str) -> Result<()> {
        match self {
            Self::Radar if secret.is_empty() || secret.contains(|character: char| !character.is_ascii_graphic()) => {
                bail!("a token of the location provider is one word of ASCII characters")
            }
            Self::Radar => Ok(()),
            Self::StandardWebhooks => {
                let key = secret.strip_prefix("whsec_").and_then(|text| BASE64.decode(text).ok());
                match key {
                    Some(key) if !key.is_empty() => Ok(()),
                    _ => bail!("a secret of Standard Webhooks is whsec_ followed by base64"),
                }
            }
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Radar => "radar",
            Self::StandardWebhooks => "standard-webhooks",
        })
    }
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system has no random numbers: {error}"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_secret_is_a_secret_of_its_scheme() {
        for scheme in [Scheme::Radar, Scheme::StandardWebhooks] {
            let (one, two) = (scheme.random().unwrap(), scheme.random().unwrap());
            assert_ne!(one, two);
            scheme.check(&one).unwrap();
        }
        assert_eq!(Scheme::Radar.random().unwrap().len(), 40);
    }

    #[test]
    fn what_nobody_can_sign_with_is_refused() {
        for secret in ["", "whsec_", "whsec_!", "c2VjcmV0"] {
            assert!(Scheme::StandardWebhooks.check(secret).is_err(), "{secret}");
        }
        for secret in ["", "two words", "line\nbreak"] {
            assert!(Scheme::Radar.check(secret).is_err(), "{secret}");
        }
    }
}
