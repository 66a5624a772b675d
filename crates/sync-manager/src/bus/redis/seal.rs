//! What tells a message of this installation from anybody else's: whoever reaches Redis can publish, but not sign.
//!
//! On the wire a message is its seal, a space and the payload. The seal is HMAC-SHA-256 of channel and payload by the installation's
//! secret, cut to 16 bytes (RFC 2104, section 5), in base64url without padding: 22 characters.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use lockstep_protocol::SharedSecret;
use sha2::Sha256;

/// Bytes of a seal. To guess one takes 2¹²⁷ messages on average.
const MAC_BYTES: usize = 16;

/// The same as text.
const MAC_CHARS: usize = 22;

/// Bytes that a message gets in front of it.
pub(super) const SEAL_BYTES: usize = MAC_CHARS + 1;

/// The seal of one channel: a message signed for one is none on another.
#[derive(Clone)]
pub(super) struct Seal(Hmac<Sha256>);

impl Seal {
    /// `channel` with its prefix, as it is on the wire.
    pub(super) fn new(secret: &SharedSecret, channel: &str) -> Self {
        let mac = Hmac::new_from_slice(secret.expose()).expect("a key may have any length");
        // No name of a channel holds the zero, so no channel with a payload reads like another with another.
        Self(mac.chain_update(channel).chain_update([0]))
    }

    /// The payload as it travels.
    pub(super) fn close(&self, payload: &str) -> String {
        let mac = self.0.clone().chain_update(payload).finalize().into_bytes();
        let mut message = String::with_capacity(SEAL_BYTES + payload.len());
        URL_SAFE_NO_PAD.encode_string(&mac[..MAC_BYTES], &mut message);
        message.push(' ');
        message.push_str(payload);
        message
    }

    /// The payload of a message of ours. Takes the same time whichever bytes of a seal are wrong.
    pub(super) fn open<'a>(&self, message: &'a [u8]) -> Option<&'a str> {
        let (seal, payload) = message.split_at_checked(SEAL_BYTES)?;
        let mac: [u8; MAC_BYTES] = URL_SAFE_NO_PAD.decode(seal.strip_suffix(b" ")?).ok()?.try_into().ok()?;
        self.0.clone().chain_update(payload).verify_truncated_left(&mac).ok()?;
        std::str::from_utf8(payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secret: u8, channel: &str) -> Seal {
        Seal::new(&SharedSecret::new([secret; 32]), channel)
    }

    #[test]
    fn a_message_is_opened_by_whoever_shares_the_secret_on_the_same_channel() {
        for payload in ["{\"a\":1}", "", "ж", &"x".repeat(70_000)] {
            let message = seal(1, "lockstep:events").close(payload);

            assert_eq!(message.len(), SEAL_BYTES + payload.len());
            assert_eq!(seal(1, "lockstep:events").open(message.as_bytes()), Some(payload));
            assert_eq!(seal(2, "lockstep:events").open(message.as_bytes()), None);
            assert_eq!(seal(1, "lockstep:workers").open(message.as_bytes()), None);
        }
    }

    /// Workers of two builds must agree: the seal is part of the wire. The value was made with Python's `hmac`.
    #[test]
    fn the_seal_of_a_known_message_stays_what_it_is() {
        assert_eq!(seal(7, "lockstep:events").close("{}"), "cfnlDN_YArXCO9fCSLqA9w {}");
    }

    #[test]
    fn no_change_to_a_message_goes_unseen() {
        let seal = seal(1, "c");
        let message = seal.close("payload").into_bytes();

        for place in 0..message.len() {
            for bit in 0..8 {
                let mut changed = message.clone();
                changed[place] ^= 1 << bit;
                assert_eq!(seal.open(&changed), None, "bit {bit} of byte {place}");
            }
            assert_eq!(seal.open(&message[..place]), None, "cut at {place}");
        }
        assert_eq!(seal.open(&[&message[..], b" "].concat()), None);
    }
}
