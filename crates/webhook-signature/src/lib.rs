//! Signing and verifying webhooks.
//!
//! Two schemes: [`radar`], which covers a signing id and not the body, and [`standard`], which covers id,
//! time and body. Both compare in constant time over the raw bytes, and take two live [`Secrets`], so that
//! one can be replaced while posts signed with the other are still under way.

pub mod radar;
mod secrets;
pub mod standard;

pub use secrets::Secrets;

/// Why a request is not let in. The caller hears only that it is not: which check failed helps nobody
/// but a forger. The log says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// A header of the scheme is absent.
    #[error("a signature header is missing")]
    HeaderMissing,
    /// A header of the scheme cannot be read.
    #[error("a signature header is malformed")]
    HeaderMalformed,
    /// Signed too long ago, or too far ahead.
    #[error("the signature's time is outside the tolerance")]
    Stale,
    /// No live secret gives this signature.
    #[error("the signature matches no live secret")]
    Mismatch,
}
