//! Places where a test may kill the process: between each pair of steps of an edit, and of a batch of a job.
//!
//! They are `edit:begin`, `edit:row`, `edit:seq`, `edit:event`, `edit:commit` and `edit:publish`, and `job:claim` (before its commit),
//! `job:fence`, `job:work`, `job:commit` and `job:publish` of a batch and `job:step` after any other commit of a job, each reached when
//! that step is done.
//! `LOCKSTEP_CRASH_AT` names one: whoever reaches it dies. `LOCKSTEP_CRASH_WHEN` names a directory: whoever reaches a place and finds
//! a file of its name there takes the file away and dies, so that of several processes one dies, once.
//! With a file `<place>:stop` it does not die there but stands still, as by SIGSTOP, until somebody lets it go on.
//! Debug builds only; in a release build the call is empty.

/// Ends the process at once, without unwinding, when a test asked for it at this `place`.
#[inline]
pub fn point(place: &str) {
    #[cfg(debug_assertions)]
    if orders::asked(place) {
        std::process::abort();
    }
    #[cfg(not(debug_assertions))]
    let _ = place;
}

#[cfg(debug_assertions)]
mod orders {
    use std::{
        path::{Path, PathBuf},
        sync::OnceLock,
    };

    struct Orders {
        place: Option<String>,
        directory: Option<PathBuf>,
    }

    pub(super) fn asked(place: &str) -> bool {
        static ORDERS: OnceLock<Orders> = OnceLock::new();
        let Orders { place: wanted, directory } = ORDERS.get_or_init(|| Orders {
            place: std::env::var("LOCKSTEP_CRASH_AT").ok(),
            directory: std::env::var_os("LOCKSTEP_CRASH_WHEN").map(PathBuf::from),
        });
        wanted.as_deref() == Some(place) || directory.as_ref().is_some_and(|directory| is_ordered(directory, place))
    }

    fn is_ordered(directory: &Path, place: &str) -> bool {
        let taken = |name: &str| std::fs::remove_file(directory.join(name)).is_ok();
        if taken(&format!("{place}:stop")) {
            let own = std::process::id().to_string();
            let stopped = std::process::Command::new("kill").args(["-STOP", &own]).status();
            debug_assert!(stopped.is_ok_and(|status| status.success()), "there is a `kill`");
        }
        taken(place)
    }
}
