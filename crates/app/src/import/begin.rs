//! The beginning of a run: every file is read once before anything is written; or what was read before is found unchanged.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use lockstep_commerceml::{Error as ReadError, Part, Source};
use lockstep_store::goods::{FileState, ImportFile, IssueRow, KeptFile, Mode, Severity};
use serde_json::json;
use tokio::task::spawn_blocking;

use super::{
    ImportOrder,
    cursor::{Cursor, Issues, Lap},
    issues::number,
    plan::{Broken, Plan, Planned},
    read::changed,
    run::{Run, progress, tenths},
    shelf::Root,
    stage::Stage,
    start::looks_like,
    survey::{Surveyed, survey},
    talk::Talk,
};
use crate::jobs::{JobCtx, JobError, Mark};

impl Run {
    /// Reads all files, and begins with the first step if that went well.
    pub(super) async fn begin(ctx: JobCtx, order: ImportOrder) -> Result<Self, JobError> {
        let (talk, began) = (Talk::new(ctx.clone()), Instant::now());
        talk.start(&order);
        let source = Arc::new(open(&ctx, &order.source).await?);
        let found = scan(&ctx, &order, &source).await?;
        let mut cursor = first(&found, &order, began.elapsed());
        cursor.remember_loss(&ctx);
        let (files, issues) = (found.iter().map(known).collect::<Vec<_>>(), issues(&found));
        talk.issues(&issues, &mut cursor.told);
        let refused = match refused_for_broken(&order, &found) {
            Some(refused) => Some(refused),
            None => {
                let plan = plan(&order, source, found);
                let refused = refused(&ctx, &order, &plan).await?;
                cursor.lay_out(&plan, order.dry_run);
                if refused.is_none() {
                    note(&ctx, &order, &files, &issues, cursor.write(), &cursor).await?;
                    talk.stage(Stage::Scan, &cursor, began.elapsed());
                    return Ok(Run::new(ctx, order, plan, files, cursor));
                }
                refused
            }
        };
        // Without a place: whoever has it again begins here.
        note(&ctx, &order, &files, &issues, String::new(), &cursor).await?;
        Err(refused.expect("what was not refused has begun"))
    }

    /// Goes on at a cursor, with the files that are known.
    pub(super) async fn resume(ctx: JobCtx, order: ImportOrder, mut cursor: Cursor) -> Result<Self, JobError> {
        let of = cursor.taken_from.unwrap_or(ctx.id());
        let known: Vec<ImportFile> = ctx.app().store().import_files(of).await?.into_iter().map(file).collect();
        let source = Arc::new(open(&ctx, &order.source).await?);
        let whole = order.is_of_all() && known.iter().all(|file| file.state != FileState::Broken);
        let mut files = Vec::new();
        for file in known.iter().filter(|file| file.state != FileState::Broken) {
            let part = same(&ctx, &source, file).await?;
            let totals = serde_json::from_value(file.totals.clone()).unwrap_or_default();
            files.push(Planned { part, totals });
        }
        cursor.remember_loss(&ctx);
        if cursor.taken_from.take().is_some() {
            let mark = Mark { cursor: cursor.write(), progress: progress(&cursor) };
            ctx.step(async |tx| Ok((tx.put_import_files(&known, order.mode()).await?, mark))).await?;
        }
        Talk::new(ctx.clone()).say(&goes_on(&cursor, of, ctx.id()));
        let plan = Plan { source, files, stages: order.stages(), whole };
        Ok(Run::new(ctx, order, plan, known, cursor))
    }
}

fn goes_on(cursor: &Cursor, of: i64, own: i64) -> String {
    let place = cursor.place();
    match of == own {
        true => format!("goes on at {place}"),
        false => format!("goes on where session {of} ended, at {place}; the problems until there stand with that one"),
    }
}

impl ImportOrder {
    pub(super) fn mode(&self) -> Mode {
        if self.dry_run { Mode::Dry } else { Mode::Write }
    }

    /// Whether it is about all that the source's maker has.
    fn is_of_all(&self) -> bool {
        self.only_files.is_empty() && !self.partial
    }
}

fn file(kept: KeptFile) -> ImportFile {
    kept.file
}

async fn open(ctx: &JobCtx, name: &str) -> Result<Source, JobError> {
    let (root, wanted) = (ctx.app().import_root().clone(), name.to_owned());
    let opened = blocking(move || root.open(&wanted)).await?;
    opened.map_err(|error| gone(ctx.app().import_root(), name, &error))
}

/// A source that is not there may be on another machine of the same database; one that is refused stays so.
fn gone(root: &Root, name: &str, error: &ReadError) -> JobError {
    match error {
        ReadError::Io { .. } => JobError::retry(format!("the source {name} cannot be read just now: {error}")),
        ReadError::Refused(_) => JobError::fatal("import.no_source", root.refused(name, error).to_string()),
    }
}

/// Reads every file of the order.
async fn scan(ctx: &JobCtx, order: &ImportOrder, source: &Arc<Source>) -> Result<Vec<Surveyed>, JobError> {
    let wanted = |part: &&Part| order.only_files.is_empty() || order.only_files.iter().any(|name| name == part.name());
    let parts: Vec<Part> = source.parts().iter().filter(wanted).cloned().collect();
    let mut found = Vec::new();
    for part in &parts {
        ctx.check()?;
        ctx.progress(progress(&scanning(part.name(), found.len(), parts.len())));
        if ctx.attempt() > 1 {
            // Should this file end the process again, its name stands in the row.
            ctx.keep_progress().await?;
        }
        found.push(look(ctx, source, part).await?);
    }
    Ok(found)
}

async fn look(ctx: &JobCtx, source: &Arc<Source>, part: &Part) -> Result<Surveyed, JobError> {
    let (source, wanted, asked) = (source.clone(), part.clone(), ctx.clone());
    let read = blocking(move || survey(&source, &wanted, || !asked.is_cancelled())).await?;
    match read {
        Ok(Some(surveyed)) => Ok(surveyed),
        Ok(None) => Err(ctx.check().err().unwrap_or(JobError::Cancelled)),
        Err(error) => Err(JobError::retry(format!("{} cannot be read just now: {error}", part.name()))),
    }
}

/// How far the first step is.
fn scanning(file: &str, done: usize, total: usize) -> Cursor {
    let lap = Lap { name: Stage::Scan, done: done as u64, total: total as u64, seconds: None, spent_ms: 0 };
    Cursor { file: Some(file.to_owned()), stages: vec![lap], ..Cursor::start() }
}

/// The place after the first step.
fn first(found: &[Surveyed], order: &ImportOrder, took: Duration) -> Cursor {
    let files = found.len() as u64;
    let lap = Lap { name: Stage::Scan, done: files, total: files, seconds: Some(tenths(took)), spent_ms: 0 };
    let mut cursor = Cursor { stages: vec![lap], remembers: order.dry_run, ..Cursor::start() };
    broken(found).for_each(|(file, why)| cursor.issue(&issue(file.part.name(), why)));
    cursor
}

/// Notes down what was found, of broken files too.
async fn note(
    ctx: &JobCtx,
    order: &ImportOrder,
    files: &[ImportFile],
    issues: &[IssueRow],
    place: String,
    cursor: &Cursor,
) -> Result<(), JobError> {
    ctx.batch(place, progress(cursor), async |tx| {
        tx.put_import_files(files, order.mode()).await?;
        Ok(tx.add_issues(issues).await?)
    })
    .await
}

fn issues(found: &[Surveyed]) -> Vec<IssueRow> {
    broken(found).map(|(file, why)| issue(file.part.name(), why)).collect()
}

/// A broken file ends it all, unless it is to be left out.
fn refused_for_broken(order: &ImportOrder, found: &[Surveyed]) -> Option<JobError> {
    let mut broken = broken(found);
    let (file, why) = broken.next().filter(|_| !order.skip_broken)?;
    let more = match broken.count() {
        0 => String::new(),
        more => format!(" (and {more} more files)"),
    };
    Some(JobError::fatal("import.broken_file", format!("{}{more}", why.said_of(file.part.name()))))
}

fn plan(order: &ImportOrder, source: Arc<Source>, found: Vec<Surveyed>) -> Plan {
    let whole = order.is_of_all() && broken(&found).next().is_none();
    let files = found.into_iter().filter(|file| file.totals.error.is_none());
    let files = files.map(|Surveyed { part, totals, .. }| Planned { part, totals }).collect();
    Plan { source, files, stages: order.stages(), whole }
}

fn broken(found: &[Surveyed]) -> impl Iterator<Item = (&Surveyed, &Broken)> {
    found.iter().filter_map(|file| Some((file, file.totals.error.as_ref()?)))
}

fn issue(file: &str, why: &Broken) -> IssueRow {
    IssueRow {
        severity: Severity::Error,
        code: "broken_file".to_owned(),
        file: Some(file.to_owned()),
        line: why.line.and_then(number),
        col: why.column.and_then(number),
        kind: None,
        ext_id: None,
        field: None,
        value: Some(why.code.clone()),
    }
}

fn known(file: &Surveyed) -> ImportFile {
    let state = if file.totals.error.is_some() { FileState::Broken } else { FileState::Waiting };
    ImportFile {
        name: file.part.name().to_owned(),
        kinds: file.totals.kinds.keys().cloned().collect(),
        bytes: i64::try_from(file.part.size()).unwrap_or(i64::MAX),
        modified: file.modified(),
        sha256: file.sha256.clone(),
        encoding: file.encoding.clone(),
        totals: json!(file.totals),
        state,
        error: file.totals.error.as_ref().map(|why| json!(why)),
    }
}

/// Why it cannot lead to anything.
async fn refused(ctx: &JobCtx, order: &ImportOrder, plan: &Plan) -> Result<Option<JobError>, JobError> {
    let ImportOrder { import_type, source, .. } = order;
    let missing = plan.missing();
    // One of several sources may well have nothing of it.
    if !missing.is_empty() && !order.partial {
        let missing = missing.join(", ");
        let message = format!("there is nothing for an import of {import_type} in {source}: no rows of {missing}");
        return Ok(Some(JobError::fatal("import.nothing", message)));
    }
    let most = ctx.app().import_root().limits.rows;
    if plan.all_rows() > most {
        return Ok(Some(JobError::fatal("import.too_large", format!("there are more than {most} rows in {source}"))));
    }
    let lacks = order.needs_products() && !ctx.app().store().has_products().await?;
    let message = "there are no products yet; import a catalogue first";
    Ok(lacks.then(|| JobError::fatal("import.catalog_required", message)))
}

/// The file as it was when everything was read; its bytes are asked where its time is another one.
async fn same(ctx: &JobCtx, source: &Arc<Source>, file: &ImportFile) -> Result<Part, JobError> {
    let part = source.parts().iter().find(|part| part.name() == file.name);
    let part = part.ok_or_else(|| changed(&file.name, "is not there any more"))?;
    let same_size = i64::try_from(part.size()).ok() == Some(file.bytes);
    let same = looks_like(part, file) || (same_size && look(ctx, source, part).await?.sha256 == file.sha256);
    if same { Ok(part.clone()) } else { Err(changed(&file.name, "has other bytes")) }
}

impl Cursor {
    /// Before the first step.
    fn start() -> Self {
        Self {
            stage: Stage::Scan,
            file: None,
            ordinal: 0,
            done: 0,
            counts: BTreeMap::new(),
            issues: Issues::default(),
            told: 0,
            stages: Vec::new(),
            remembers: false,
            taken_from: None,
            had_errors: false,
            lost: Vec::new(),
        }
    }

    /// Remembers who was lost, if this run took the job over.
    fn remember_loss(&mut self, ctx: &JobCtx) {
        if let Some(loss) = ctx.loss() {
            self.lose(loss, ctx.job().worker);
        }
    }

    /// Lays out the steps of a plan.
    fn lay_out(&mut self, plan: &Plan, dry_run: bool) {
        let lap = |name: Stage, total: u64| Lap { name, done: 0, total, seconds: None, spent_ms: 0 };
        let stages = plan.stages.iter().map(|stage| (*stage, plan.rows(*stage))).filter(|(_, rows)| *rows > 0);
        self.stages.extend(stages.map(|(stage, rows)| lap(stage, rows)));
        let full = plan.stages.iter().filter(|stage| plan.is_full(**stage)).count() as u64;
        if full > 0 {
            self.stages.push(lap(Stage::Finish, full));
        }
        self.remembers = dry_run || full > 0;
    }
}

/// Work that waits for disks, on a thread that nobody else waits for.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JobError> {
    spawn_blocking(work).await.map_err(|error| JobError::retry(format!("a reader ended badly: {error}")))
}
