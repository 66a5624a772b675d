//! Why a raw WebSocket is closed, as its client reads it: a code and a reason (RFC 6455, section 7.4; 4000 and above are ours).

use std::borrow::Cow;

use tokio_tungstenite::tungstenite::{Error, protocol::CloseFrame};

/// How far apart those who are asked to go may come back, in milliseconds: the others' workers are not to be stormed.
const COME_BACK_WITHIN_MS: u32 = 5_000;

/// Seconds after which it makes sense to try again where others hold what is scarce, or after a flood.
pub(super) const RETRY_SECONDS: u64 = 10;

/// A close that is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    code: u16,
    /// At most 123 bytes.
    reason: Cow<'static, str>,
}

impl Close {
    /// There is no session, or it has ended.
    pub(super) fn sign_in(reason: &'static str) -> Self {
        Self { code: 4401, reason: reason.into() }
    }

    /// Not for him.
    pub(super) fn not_allowed(reason: &'static str) -> Self {
        Self { code: 4403, reason: reason.into() }
    }

    /// Too many of `what`.
    pub(super) fn too_much(seconds: u64, what: &str) -> Self {
        Self { code: 4429, reason: format!("retry after {seconds} s: too many {what}").into() }
    }

    /// The worker goes.
    pub(super) fn restarting() -> Self {
        let after = rand::random_range(0..COME_BACK_WITHIN_MS);
        Self { code: 1012, reason: format!("retry after {after} ms").into() }
    }

    /// Nobody can be served just now.
    pub(super) fn unavailable() -> Self {
        Self { code: 1013, reason: "retry after 1 s".into() }
    }

    /// What the client sent is no WebSocket, or too much of one. Nothing where the connection itself has failed.
    pub(super) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Capacity(_) => Some(Self { code: 1009, reason: "messages may have 64 KiB".into() }),
            Error::Utf8(_) => Some(Self { code: 1007, reason: "text is UTF-8".into() }),
            Error::Protocol(_) => Some(Self { code: 1002, reason: "".into() }),
            _ => None,
        }
    }

    /// The code as metrics say it, from a closed list.
    pub(super) fn label(&self) -> &'static str {
        match self.code {
            1002 => "1002",
            1007 => "1007",
            1009 => "1009",
            1012 => "1012",
            1013 => "1013",
            4401 => "4401",
            4403 => "4403",
            4429 => "4429",
            _ => "other",
        }
    }

    pub(super) fn frame(self) -> CloseFrame {
        CloseFrame { code: self.code.into(), reason: self.reason.into_owned().into() }
    }
}
