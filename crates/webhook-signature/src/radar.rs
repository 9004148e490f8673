//! Radar's scheme: `X-Radar-Signature` is the lowercase hex HMAC-SHA1 of the value of
//! `X-Radar-Signing-Id`, keyed with the webhook's token.
//!
//! **The body is not signed**: whoever has seen one pair of headers can post any body with it. The store
//! of signing ids (`functions/ingest`) and the path token narrow that; `docs/api/signing.md` says it plainly.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::{Denied, Secrets};

/// The header with the signature, lowercase.
pub const SIGNATURE_HEADER: &str = "x-radar-signature";
/// The header with what was signed, lowercase.
pub const SIGNING_ID_HEADER: &str = "x-radar-signing-id";
/// The longest signing id accepted, in bytes; it becomes a key of a table. Real ones are UUIDs or hex.
const MAX_SIGNING_ID_BYTES: usize = 256;

/// The signature of a signing id: 40 hex digits.
pub fn sign(secret: &str, signing_id: &str) -> String {
    let code = mac(secret, signing_id).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
    hex::encode(code)
}

/// Lets a request in if one of the live secrets gives its signature.
pub fn verify(secrets: &Secrets, signing_id: Option<&str>, signature: Option<&str>) -> Result<(), Denied> {
    let (Some(signing_id), Some(signature)) = (signing_id, signature) else { return Err(Denied::HeaderMissing) };
    if signing_id.is_empty() || signing_id.len() > MAX_SIGNING_ID_BYTES {
        return Err(Denied::HeaderMalformed);
    }
    let mut code = [0; 20];
    hex::decode_to_slice(signature, &mut code).map_err(|_| Denied::HeaderMalformed)?;
    let matches = |secret| mac(secret, signing_id).is_some_and(|mac| mac.verify_slice(&code).is_ok());
    if secrets.live().any(matches) { Ok(()) } else { Err(Denied::Mismatch) }
}

fn mac(secret: &str, signing_id: &str) -> Option<Hmac<Sha1>> {
    // HMAC takes a key of any length; the error is the trait's, not the algorithm's.
    Some(Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?.chain_update(signing_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(json: &str) -> Secrets {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn signature_of_a_known_message() {
        // printf %s 'The quick brown fox jumps over the lazy dog' | openssl dgst -sha1 -hmac key
        let signature = sign("key", "The quick brown fox jumps over the lazy dog");
        assert_eq!(signature, "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9");
    }

    #[test]
    fn either_live_secret_lets_in_and_no_other() {
        let live = secrets(r#"{"current":"new","previous":"old"}"#);
        for (secret, outcome) in [("new", Ok(())), ("old", Ok(())), ("older", Err(Denied::Mismatch))] {
            assert_eq!(verify(&live, Some("id"), Some(&sign(secret, "id"))), outcome, "{secret}");
        }
        assert_eq!(verify(&live, Some("another id"), Some(&sign("new", "id"))), Err(Denied::Mismatch));
    }

    #[test]
    fn without_a_secret_nobody_gets_in() {
        for none in ["{}", r#"{"current":""}"#, r#"{"current":null}"#] {
            assert_eq!(verify(&secrets(none), Some("id"), Some(&sign("", "id"))), Err(Denied::Mismatch));
        }
    }

    #[test]
    fn headers_are_checked() {
        let live = secrets(r#"{"current":"s"}"#);
        let good = sign("s", "id");
        assert_eq!(verify(&live, None, Some(&good)), Err(Denied::HeaderMissing));
        assert_eq!(verify(&live, Some("id"), None), Err(Denied::HeaderMissing));
        for bad in ["", "zz", &good[1..], &format!("{good} "), "é".repeat(20).as_str()] {
            assert_eq!(verify(&live, Some("id"), Some(bad)), Err(Denied::HeaderMalformed), "{bad}");
        }
        assert_eq!(verify(&live, Some(&"x".repeat(257)), Some(&good)), Err(Denied::HeaderMalformed));
    }
}
