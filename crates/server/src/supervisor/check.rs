//! Are the settings right? Asked of the program itself before its workers are restarted, so a new program is tried as well.

use std::{ffi::OsString, path::Path, process::Stdio, time::Duration};

use serde::Deserialize;
use tokio::{process::Command, time::timeout};
use tracing::warn;

/// How to ask.
#[derive(Debug, Default)]
pub struct Check {
    /// What makes the program check its settings, and show as JSON those that are in force.
    pub arguments: Vec<OsString>,
    /// Settings that the workers get by their command line, as the environment.
    pub environment: Vec<(String, String)>,
    /// What the supervisor goes by until its own end, as `section.key` and value.
    pub fixed: Vec<(String, String)>,
}

/// A setting in force, as the program shows it.
#[derive(Debug, Deserialize)]
struct Shown {
    section: String,
    key: String,
    value: String,
}

impl Check {
    /// Asks `program`, which may take as long as `limit`. Says what a restart of the workers does not change.
    ///
    /// # Errors
    /// What is wrong, in the program's own words.
    pub(super) async fn pass(&self, program: &Path, limit: Duration) -> Result<(), String> {
        let mut command = Command::new(program);
        command.args(&self.arguments).envs(self.environment.iter().cloned()).stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(limit, command.output()).await;
        let output = output.map_err(|_| format!("the program did not check them within {limit:?}"))?;
        let output = output.map_err(|error| format!("the program cannot be started: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(if said.trim().is_empty() { output.status.to_string() } else { said.trim().to_owned() });
        }
        for (name, value) in self.changed(&output.stdout) {
            warn!(
                "`{name}` is now {value}, which takes a restart of the whole service; the supervisor goes on without it"
            );
        }
        Ok(())
    }

    /// The fixed settings that are others in `shown`.
    fn changed(&self, shown: &[u8]) -> Vec<(String, String)> {
        let shown: Vec<Shown> = serde_json::from_slice(shown).unwrap_or_default();
        let named = shown.into_iter().map(|Shown { section, key, value }| (format!("{section}.{key}"), value));
        let differs = |(name, value): &(String, String)| {
            self.fixed.iter().any(|(fixed, before)| fixed == name && before != value)
        };
        named.filter(differs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    async fn check(script: &str, limit: Duration) -> Result<(), String> {
        let check = Check { arguments: vec!["-c".into(), script.into()], ..Check::default() };
        check.pass("/bin/sh".as_ref(), limit).await
    }

    #[tokio::test]
    async fn what_the_program_complains_about_is_the_answer() {
        assert_eq!(check("true", LONG).await, Ok(()));
        assert_eq!(check("echo 'config.ini:3: no' >&2; exit 2", LONG).await, Err("config.ini:3: no".into()));
        assert_eq!(check("exit 3", LONG).await, Err("exit status: 3".into()));
    }

    #[tokio::test]
    async fn a_program_that_never_answers_is_not_waited_for() {
        let answer = check("sleep 600", Duration::from_millis(50)).await;

        assert!(answer.is_err_and(|why| why.contains("50ms")));
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_said_so() {
        let answer = Check::default().pass("/nowhere/lockstep".as_ref(), LONG).await;

        assert!(answer.is_err_and(|why| why.contains("cannot be started")));
    }

    #[test]
    fn a_fixed_setting_that_differs_is_named_with_its_new_value() {
        let fixed = vec![("server.workers".to_owned(), "3".to_owned()), ("server.drain_s".to_owned(), "10".to_owned())];
        let shown = br#"[{"section":"server","key":"workers","value":"4","origin":"config.ini:2"},
            {"section":"server","key":"drain_s","value":"10","origin":"default"},
            {"section":"log","key":"level","value":"debug","origin":"config.ini:9"}]"#;

        let changed = Check { fixed, ..Check::default() }.changed(shown);

        assert_eq!(changed, [("server.workers".to_owned(), "4".to_owned())]);
    }
}
