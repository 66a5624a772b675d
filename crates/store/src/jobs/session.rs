//! An import as its session, which pages and older programs know it by.
//!
//! All of it is read from the job's own row: its order, its progress and its report, so that an event carries what a question for the
//! session would be answered with.

use serde_json::{Map, Value as Json, json};

use super::job::{Job, JobState};
use crate::clock::rfc3339;

/// What the kinds of imports begin with, such as `import.catalog`.
const KIND: &str = "import.";

impl Job {
    /// What an import takes, such as `catalog`; nothing for another job.
    pub(super) fn import_type(&self) -> Option<&str> {
        self.kind.strip_prefix(KIND)
    }

    /// The import in two vocabularies: ours, and below it the one of the sessions that programs have always read.
    pub(super) fn session(&self, import_type: &str) -> Json {
        let mut session = self.own_words(import_type);
        session.as_object_mut().expect("made as one").extend(self.old_words(import_type));
        session
    }

    fn own_words(&self, import_type: &str) -> Json {
        let time = |ms: Option<i64>| ms.map(rfc3339);
        let order = &self.payload;
        let is = |name: &str| order[name].as_bool().unwrap_or_default();
        let only = order["only"].as_array().cloned().unwrap_or_default();
        let (total, issues) = self.issues();
        json!({
            "id": self.id.to_string(), "kind": self.kind, "type": import_type, "state": self.state.name(),
            "attempt": self.attempt, "maxAttempts": self.max_attempts, "fence": self.fence, "worker": self.worker,
            "lockScope": self.lock_scope, "subject": self.subject, "cancelRequested": self.cancel_requested, "source": order["source"], "dryRun": is("dry_run"),
            "options": {"skipBroken": is("skip_broken"), "allowMassDelete": is("allow_mass_delete"), "only": only},
            "progress": self.progress, "counts": self.import_counts(), "issuesTotal": total, "issues": issues,
            "error": self.error, "report": self.report, "requestedBy": self.requested_by,
            "retryOf": self.retry_of.map(|id| id.to_string()), "createdAt": rfc3339(self.created_at),
            "startedAt": time(self.started_at), "finishedAt": time(self.finished_at), "runAt": rfc3339(self.run_at),
            "lost": self.lost(),
            "seconds": self.taken_ms().map(|ms| ms as f64 / 1_000.0),
        })
    }

    fn old_words(&self, import_type: &str) -> Map<String, Json> {
        let time = |ms: Option<i64>| ms.map(rfc3339);
        let message = self.error.as_ref().map(|error| error.message.as_str());
        let words = json!({
            "task_id": format!("{}-{}", self.id, self.fence), "import_type": import_type.to_uppercase(),
            "status": self.status(), "started_at": time(self.started_at), "finished_at": time(self.finished_at),
            "report_details": self.report_details(), "error_message": message,
        });
        match words {
            Json::Object(words) => words,
            _ => Map::new(),
        }
    }

    /// One of the four words that sessions have always had for it; the last is younger.
    fn status(&self) -> &'static str {
        match self.state {
            JobState::Queued | JobState::Running | JobState::RetryWait => "STARTED",
            JobState::Completed | JobState::CompletedWithErrors => "COMPLETED",
            JobState::Failed => "FAILED",
            JobState::Cancelled => "CANCELLED",
        }
    }

    /// Once it has ended: what was made, how long it took, and all that was counted.
    fn report_details(&self) -> Json {
        let Some(taken) = self.taken_ms() else { return Json::Null };
        let counts = self.import_counts();
        let created = counts["products"]["created"].as_u64().unwrap_or_default();
        let mut details = json!({"products_created": created, "execution_time": spoken(taken)});
        if let (Some(details), Json::Object(counts)) = (details.as_object_mut(), counts) {
            details.extend(counts);
        }
        details
    }

    /// Kind → what has become of its rows.
    fn import_counts(&self) -> Json {
        let counts = self.progress.as_ref().map(|progress| &progress["counts"]).filter(|counts| counts.is_object());
        counts.cloned().unwrap_or_else(|| json!({}))
    }

    /// How many problems there were, and of what kind.
    fn issues(&self) -> (u64, Json) {
        let progress = self.progress.as_ref().unwrap_or(&Json::Null);
        let issues = Some(&progress["issues"]).filter(|issues| issues.is_object()).cloned();
        let none = || json!({"error": 0, "warning": 0, "codes": {}});
        (progress["issuesTotal"].as_u64().unwrap_or_default(), issues.unwrap_or_else(none))
    }

    /// The workers that were lost over it.
    fn lost(&self) -> Json {
        let lost = self.progress.as_ref().and_then(|progress| progress.get("lost"));
        lost.cloned().unwrap_or_else(|| json!([]))
    }

    fn taken_ms(&self) -> Option<i64> {
        Some((self.finished_at? - self.started_at?).max(0))
    }
}

/// `15m 23s`
fn spoken(ms: i64) -> String {
    let seconds = ms / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h {minutes}m {seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_as_people_say_it() {
        for (ms, expect) in [(900, "0s"), (59_999, "59s"), (923_400, "15m 23s"), (7_384_000, "2h 3m 4s")] {
            assert_eq!(spoken(ms), expect);
        }
    }
}
