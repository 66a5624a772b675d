//! `import`: has an exchange of 1C imported by the workers that run, and shows how far they are.

use std::path::{Path, PathBuf};

use lockstep_app::{Caller, Error, ImportOrder, jobs::Job};
use serde_json::Value;

use super::{
    args::Import,
    data,
    failure::Failure,
    follow::{Words, follow},
    output,
};

/// Signs of a whole bar.
const BAR: u64 = 20;

/// What becomes of rows, in the order of the report.
const FATES: [&str; 7] = ["read", "created", "updated", "unchanged", "deactivated", "skipped", "failed"];

const WORDS: Words = Words {
    progress: progress_line,
    done: report,
    with_errors: "some of it was left out; the page of the session says what, and so does the log",
};

pub(super) async fn run(config: Option<PathBuf>, import: Import) -> Result<(), Failure> {
    let root = data::load(config.clone(), Vec::new())?.settings.import_root();
    let source = source(&root, &import.source)?;
    data::with_app(config, async |app| {
        let Import { import_type, dry_run, only, batch, allow_mass_delete, skip_broken, no_wait, .. } = import;
        let wish = ImportOrder {
            dry_run,
            only,
            batch,
            allow_mass_delete,
            skip_broken,
            ..ImportOrder::new(import_type, &source)
        };
        let job = app.start_import(&Caller::operator(), wish).await.map_err(|error| refused(&error))?;
        if no_wait {
            return output::answer(&job.id.to_string());
        }
        let how = if dry_run { ", only to see what would happen" } else { "" };
        output::note(&format!("import-{}: {import_type} from {source}{how}; Ctrl+C leaves it running", job.id));
        follow(app, job, &WORDS).await
    })
    .await
}

/// The name below the root of what was named: by that name, or by a path that leads there.
fn source(root: &Path, named: &Path) -> Result<String, Failure> {
    let elsewhere = || {
        let (named, root) = (named.display(), root.display());
        Failure::Failed(format!(
            "`{named}` does not lie below [jobs] import_root, {root}; put it there, or set import_root"
        ))
    };
    if named.is_relative() && root.join(named).exists() {
        return text(named);
    }
    match (named.canonicalize(), root.canonicalize()) {
        (Ok(found), Ok(root)) => text(found.strip_prefix(&root).map_err(|_| elsewhere())?),
        _ if named.is_absolute() => Err(elsewhere()),
        // The application says what it is missing.
        _ => text(named),
    }
}

fn text(name: &Path) -> Result<String, Failure> {
    let text = name.to_str().filter(|name| !name.is_empty());
    text.map(ToOwned::to_owned)
        .ok_or_else(|| Failure::Failed("name one folder, archive or file below [jobs] import_root".to_owned()))
}

/// `[#####---------------] 26 %  products 1500 of 6200, 412 a second, 12 s left  goods/goods_1_3.xml`
fn progress_line(progress: &Value, live: bool) -> String {
    let (number, text) =
        (|name: &str| progress[name].as_u64(), |name: &str| progress[name].as_str().unwrap_or_default());
    let percent = number("percent").unwrap_or_default().min(100);
    let full = usize::try_from(percent * BAR / 100).unwrap_or_default();
    let bar = if live { format!("[{:-<width$}] ", "#".repeat(full), width = BAR as usize) } else { String::new() };
    let done = number("done").unwrap_or_default();
    let of = number("total").map(|total| format!(" of {total}")).unwrap_or_default();
    let rate = progress["rate"].as_f64().unwrap_or_default();
    let left = number("etaSeconds").map(|seconds| format!(", {seconds} s left")).unwrap_or_default();
    format!("{bar}{percent} %  {} {done}{of}, {rate:.0} a second{left}  {}", text("stage"), text("item"))
}

/// What has become of the rows: a line a kind, then how often what was wrong, and how long it took.
fn report(job: &Job) -> String {
    let session = job.shown();
    let mut lines = table(&session["counts"]);
    let codes = session["issues"]["codes"].as_object().into_iter().flatten();
    let codes: Vec<String> = codes.map(|(code, number)| format!("{code} {number}")).collect();
    if !codes.is_empty() {
        lines.push(format!("issues: {}", codes.join(", ")));
    }
    let seconds = session["seconds"].as_f64().unwrap_or_default();
    lines.push(format!("session {} took {seconds:.1} s: /admin/integrations/session/{}/", job.id, job.id));
    lines.join("\n")
}

fn table(counts: &Value) -> Vec<String> {
    let kinds: Vec<(&String, &Value)> = counts.as_object().into_iter().flatten().collect();
    let name = kinds.iter().map(|(kind, _)| kind.len()).max().unwrap_or_default();
    let row = |first: &str, cells: &mut dyn Iterator<Item = (usize, String)>| {
        let cells: String = cells.map(|(width, cell)| format!("  {cell:>width$}")).collect();
        format!("{first:name$}{cells}")
    };
    let width = |fate: &str| {
        let widest = kinds.iter().map(|(_, counts)| counts[fate].to_string().len()).max();
        fate.len().max(widest.unwrap_or_default())
    };
    if kinds.is_empty() {
        return Vec::new();
    }
    let head = row("", &mut FATES.iter().map(|fate| (width(fate), (*fate).to_owned())));
    let line = |(kind, counts): &(&String, &Value)| {
        let number = |fate: &&str| counts[fate].as_u64().unwrap_or_default().to_string();
        row(kind, &mut FATES.iter().map(|fate| (width(fate), number(fate))))
    };
    std::iter::once(head).chain(kinds.iter().map(line)).collect()
}

fn refused(error: &Error) -> Failure {
    Failure::Failed(match error {
        Error::JobRunning { job, .. } => format!(
            "another import is running: session {0}, /admin/integrations/session/{0}/; wait for it, or cancel it",
            job.id
        ),
        Error::Invalid { fields } => {
            let wrong = fields.iter().map(|(field, error)| format!("{field}: {}", error.code));
            wrong.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_and_a_terminal_gets_a_bar() {
        let progress = json!({"stage": "products", "item": "goods/goods_1_3.xml", "done": 3906, "total": 6200,
            "percent": 63, "rate": 412.4, "etaSeconds": 5});

        let line = "63 %  products 3906 of 6200, 412 a second, 5 s left  goods/goods_1_3.xml";
        assert_eq!(progress_line(&progress, false), line);
        assert_eq!(progress_line(&progress, true), format!("[############--------] {line}"));
        assert_eq!(progress_line(&json!({}), true), format!("[{}] 0 %   0, 0 a second  ", "-".repeat(20)));
    }

    #[test]
    fn figures_stand_below_their_heads() {
        let lines = table(&json!({"offers": {"read": 10_336, "created": 1}, "products": {"read": 6200}}));

        assert_eq!(
            lines,
            [
                "           read  created  updated  unchanged  deactivated  skipped  failed",
                "offers    10336        1        0          0            0        0       0",
                "products   6200        0        0          0            0        0       0",
            ]
        );
    }

    #[test]
    fn a_source_is_named_below_the_root_or_by_a_path_that_leads_there() {
        let directory = tempfile::tempdir().expect("a directory");
        let (root, outside) = (directory.path().join("imports"), directory.path().join("elsewhere"));
        std::fs::create_dir_all(root.join("1c/november")).expect("made");
        std::fs::create_dir(&outside).expect("made");
        let named = |path: &Path| source(&root, path).map_err(|failure| failure.to_string());

        assert_eq!(named(Path::new("1c/november")), Ok("1c/november".into()));
        assert_eq!(named(&root.join("1c/november")), Ok("1c/november".into()));
        assert_eq!(named(&outside.join("../imports/1c")), Ok("1c".into()));
        assert_eq!(named(Path::new("nowhere")), Ok("nowhere".into()), "the application says that it is not there");
        for path in [outside.as_path(), Path::new("/nowhere/at/all")] {
            let refused = named(path).expect_err("outside");
            assert!(refused.contains("[jobs] import_root") && refused.contains("put it there"), "{refused}");
        }
    }
}
