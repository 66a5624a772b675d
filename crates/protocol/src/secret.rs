//! What the workers of one installation share and nobody else knows.

use std::{fmt, str::FromStr};

/// Bytes of the secret.
const BYTES: usize = 32;

/// Random bytes by which the workers of an installation know each other's messages. Never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret([u8; BYTES]);

/// Not the text of a secret. Says nothing of what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret is {BYTES} bytes in hexadecimal digits")]
pub struct BadSecret;

impl SharedSecret {
    /// The secret of these bytes, which nobody may be able to guess.
    pub fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// As text, for where it is kept.
    pub fn expose_text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl FromStr for SharedSecret {
    type Err = BadSecret;

    fn from_str(text: &str) -> Result<Self, BadSecret> {
        let digits = |pair: &[u8]| -> Option<u8> {
            let [high, low] = pair else { return None };
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(digits).collect();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(BadSecret)
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_and_survives_being_kept() {
        let secret = SharedSecret::new(std::array::from_fn(|n| u8::try_from(n * 8).expect("below 256")));

        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
        assert_eq!(secret.expose_text().len(), 64);
        assert_eq!(secret.expose_text().parse(), Ok(secret));
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_said() {
        for text in ["", "00", "hunter2", &"0".repeat(63), &"0".repeat(66), &"é".repeat(32), &"+1".repeat(32)] {
            let refused = text.parse::<SharedSecret>().expect_err(text);
            assert!(!refused.to_string().contains("hunter2"));
        }
    }
}
