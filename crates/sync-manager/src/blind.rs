//! Detectors that a test may switch off, to see that its checker would notice.
//!
//! `LOCKSTEP_BLIND` names one: `chain`, `tick` or `beat`. Debug builds only; a release build never looks away.

/// What notices that something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detector {
    /// A message names the one before it.
    Chain,
    /// A worker looks into the ledger now and then.
    Tick,
    /// A page is told now and then how far its rooms have come.
    Beat,
}

/// Whether a test has switched this detector off.
#[cfg(debug_assertions)]
pub(crate) fn is_blind(detector: Detector) -> bool {
    static BLIND: std::sync::OnceLock<Option<Detector>> = std::sync::OnceLock::new();
    let asked = || match std::env::var("LOCKSTEP_BLIND").ok()?.as_str() {
        "chain" => Some(Detector::Chain),
        "tick" => Some(Detector::Tick),
        "beat" => Some(Detector::Beat),
        _ => None,
    };
    *BLIND.get_or_init(asked) == Some(detector)
}

/// Whether a test has switched this detector off: never, in a release build.
#[cfg(not(debug_assertions))]
pub(crate) fn is_blind(_: Detector) -> bool {
    false
}
