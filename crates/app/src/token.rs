//! Secrets that are handed out once: 256 random bits, kept as a digest only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Bytes of a token. 256 bits cannot be guessed, so a plain digest is enough to keep them by.
const BYTES: usize = 32;

/// A fresh token, 43 letters, digits, `-` and `_`.
pub(crate) fn fresh() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; BYTES]>())
}

/// The digest by which a token is kept and found.
pub(crate) fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_a_digest_is_always_the_same() {
        let token = fresh();

        assert_eq!(token.len(), 43);
        assert_ne!(token, fresh());
        assert_eq!(digest(&token), digest(&token));
        assert_ne!(digest(&token), token);
    }
}
