//! Places where a test may kill the process: between each pair of steps of an edit.
//!
//! `LOCKSTEP_CRASH_AT` names the place: `edit:begin`, `edit:row`, `edit:seq`, `edit:event`, `edit:commit` or `edit:publish`, each
//! reached when that step is done. Debug builds only; in a release build the call is empty.

/// Ends the process at once, without unwinding, when a test asked for it at this `place`.
#[inline]
pub fn point(place: &str) {
    #[cfg(debug_assertions)]
    {
        static ASKED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        let asked = ASKED.get_or_init(|| std::env::var("LOCKSTEP_CRASH_AT").ok());
        if asked.as_deref() == Some(place) {
            std::process::abort();
        }
    }
    #[cfg(not(debug_assertions))]
    let _ = place;
}
