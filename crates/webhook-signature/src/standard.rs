//! [Standard Webhooks](https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, base64,
//! in `webhook-signature: v1,<code>`; several signatures are separated by spaces. The secret is base64,
//! usually behind `whsec_`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{Denied, Secrets};

/// The header with the message's id, lowercase.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time of signing in seconds since 1970, lowercase.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures, lowercase.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// How far the time of signing may lie from ours, seconds: the specification's recommendation.
pub const TOLERANCE_S: u64 = 300;
/// The longest id accepted, bytes. Libraries send some 30; the bound keeps it fit for a log line.
const MAX_ID_BYTES: usize = 256;

/// The scheme's three headers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`.
    pub signature: Option<&'a str>,
}

/// A secret that is not base64, with or without `whsec_` before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is base64, with or without whsec_ before it")]
pub struct InvalidSecret;

/// The value of `webhook-signature` for a message. `timestamp` is in seconds since 1970.
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Result<String, InvalidSecret> {
    let mac = mac(secret, id, &timestamp.to_string(), body).ok_or(InvalidSecret)?;
    Ok(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())))
}

/// Lets a request in if it was signed within [`TOLERANCE_S`] of `now` (seconds since 1970) and one of the
/// live secrets gives one of its signatures.
pub fn verify(secrets: &Secrets, headers: Headers<'_>, body: &[u8], now: i64) -> Result<(), Denied> {
    let (Some(id), Some(timestamp), Some(signatures)) = (headers.id, headers.timestamp, headers.signature) else {
        return Err(Denied::HeaderMissing);
    };
    if !is_id(id) {
        return Err(Denied::HeaderMalformed);
    }
    let signed_at: i64 = timestamp.parse().map_err(|_| Denied::HeaderMalformed)?;
    if now.abs_diff(signed_at) > TOLERANCE_S {
        return Err(Denied::Stale);
    }
    let codes = || signatures.split(' ').filter_map(|signature| BASE64.decode(signature.strip_prefix("v1,")?).ok());
    if codes().next().is_none() {
        return Err(Denied::HeaderMalformed);
    }
    let matches = |secret| {
        mac(secret, id, timestamp, body).is_some_and(|mac| codes().any(|code| mac.clone().verify_slice(&code).is_ok()))
    };
    if secrets.live().any(matches) { Ok(()) } else { Err(Denied::Mismatch) }
}

/// Whether a message can have this id. Full stops separate what is signed, so an id with one in it would make a signature
/// fit two messages: id `a.1`, time 2 and body `{}` are signed as id `a`, time 1 and body `2.{}` are.
fn is_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len()) && !id.contains('.')
}

fn mac(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    // As the specification's own libraries, which take it without its prefix as well.
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).ok().filter(|key| !key.is_empty())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNED_AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn secrets(current: &str) -> Secrets {
        serde_json::from_str(&format!(r#"{{"current":"{current}"}}"#)).unwrap()
    }

    fn check(timestamp: &str, signature: &str, body: &[u8], now: i64) -> Result<(), Denied> {
        let headers = Headers { id: Some("msg_1"), timestamp: Some(timestamp), signature: Some(signature) };
        verify(&secrets(SECRET), headers, body, now)
    }

    #[test]
    fn the_specifications_example() {
        // The example of the Standard Webhooks reference libraries' tests.
        let signature = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", SIGNED_AT, BODY).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn one_good_signature_among_several_lets_in() {
        let good = sign(SECRET, "msg_1", SIGNED_AT, BODY).unwrap();
        let several = format!("v2,abcd v1,AAAA {good}");
        assert_eq!(check(&SIGNED_AT.to_string(), &several, BODY, SIGNED_AT), Ok(()));
    }

    #[test]
    fn the_window_is_five_minutes_both_ways() {
        let good = sign(SECRET, "msg_1", SIGNED_AT, BODY).unwrap();
        for (offset, outcome) in [(300, Ok(())), (-300, Ok(())), (301, Err(Denied::Stale)), (-301, Err(Denied::Stale))]
        {
            assert_eq!(check(&SIGNED_AT.to_string(), &good, BODY, SIGNED_AT + offset), outcome, "{offset}");
        }
    }

    #[test]
    fn an_id_is_bounded_and_has_no_full_stop() {
        let longest = "m".repeat(MAX_ID_BYTES);
        for (id, outcome) in [
            (longest.as_str(), Ok(())),
            (&*format!("{longest}m"), Err(Denied::HeaderMalformed)),
            ("msg.1", Err(Denied::HeaderMalformed)),
            ("", Err(Denied::HeaderMalformed)),
        ] {
            let good = sign(SECRET, id, SIGNED_AT, BODY).unwrap();
            let timestamp = SIGNED_AT.to_string();
            let headers = Headers { id: Some(id), timestamp: Some(&timestamp), signature: Some(&good) };
            assert_eq!(verify(&secrets(SECRET), headers, BODY, SIGNED_AT), outcome, "{id}");
        }
    }

    #[test]
    fn nonsense_is_malformed() {
        for (timestamp, signature) in [("soon", "v1,AAAA"), ("", "v1,AAAA"), ("0", ""), ("0", "v1,"), ("0", "v1 AAAA")]
        {
            let outcome = check(timestamp, signature, BODY, 0);
            assert!(matches!(outcome, Err(Denied::HeaderMalformed | Denied::Mismatch)), "{timestamp} {signature}");
        }
        let far = i64::MIN.to_string();
        assert_eq!(check(&far, "v1,AAAA", BODY, i64::MAX), Err(Denied::Stale));
    }

    #[test]
    fn a_secret_may_stand_without_its_prefix() {
        let bare = SECRET.strip_prefix("whsec_").unwrap();
        assert_eq!(sign(bare, "msg_1", SIGNED_AT, BODY), sign(SECRET, "msg_1", SIGNED_AT, BODY));
    }

    #[test]
    fn a_secret_in_another_form_lets_nobody_in() {
        for secret in ["", "whsec_", "plain", "whsec_!!!"] {
            assert_eq!(sign(secret, "msg_1", SIGNED_AT, BODY), Err(InvalidSecret));
        }
    }

    proptest! {
        #[test]
        fn a_changed_body_is_refused(body in ".{0,80}", at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut body = body.into_bytes();
            body.push(b'}');
            let good = sign(SECRET, "msg_1", SIGNED_AT, &body).unwrap();
            prop_assert_eq!(check(&SIGNED_AT.to_string(), &good, &body, SIGNED_AT), Ok(()));
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            prop_assert_eq!(check(&SIGNED_AT.to_string(), &good, &body, SIGNED_AT), Err(Denied::Mismatch));
        }
    }
}
