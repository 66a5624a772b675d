//! Reading rows for a step: on a thread that may block, through a queue that holds few of them, so that a slow database slows the reader.

use std::{collections::VecDeque, io::Read, mem, sync::Arc};

use lockstep_commerceml::{Error as ReadError, Found, Item, Kind, Place, Problem, Reader, Row, Summary};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

use super::{
    plan::{Plan, Planned, Totals},
    stage::Stage,
};
use crate::jobs::{JobCtx, JobError};

/// Pieces that wait at most.
const QUEUE: usize = 4;

/// Items in a piece at most.
const PIECE: usize = 250;

/// Bytes of a file after which a piece is closed even so: rows are believed up to 8 MiB each.
const PIECE_BYTES: u64 = 1 << 20;

/// Bytes of files that one batch is made of at most.
const BATCH_BYTES: u64 = 4 << 20;

/// One thing that was read, and where.
#[derive(Debug)]
pub(super) struct Taken {
    /// The file, as the plan numbers it.
    pub(super) file: usize,
    pub(super) ordinal: u64,
    pub(super) place: Place,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Row(Row),
    Problem(Problem),
}

/// Where reading goes on: behind that item of that file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct From {
    pub(super) file: usize,
    pub(super) ordinal: u64,
}

struct Piece {
    items: Vec<Taken>,
    bytes: u64,
}

/// The items of one step, as they are read.
pub(super) struct Reading {
    stage: Stage,
    queue: mpsc::Receiver<Result<Piece, JobError>>,
    waiting: VecDeque<Taken>,
    feeder: Option<JoinHandle<()>>,
}

impl Reading {
    /// Begins to read what a step needs, of all files that have some. The reader ends with this.
    pub(super) fn begin(plan: Arc<Plan>, stage: Stage, from: From, ctx: JobCtx) -> Self {
        let (sender, queue) = mpsc::channel(QUEUE);
        let feeder = spawn_blocking(move || {
            let mut reader = Feeder { plan: &plan, stage, sender: &sender, piece: Vec::new() };
            if let Err(Some(error)) = reader.run(from, &ctx) {
                let _ = sender.blocking_send(Err(error));
            }
        });
        Self { stage, queue, waiting: VecDeque::new(), feeder: Some(feeder) }
    }

    /// The next items, with `rows` rows or a few more; none at the end.
    pub(super) async fn next(&mut self, rows: usize) -> Result<Vec<Taken>, JobError> {
        let (mut taken, mut weight, mut bytes) = (Vec::new(), 0, 0);
        while weight < rows {
            if let Some(item) = self.waiting.pop_front() {
                weight += self.stage.weight(&item.what).max(1) as usize;
                taken.push(item);
                continue;
            }
            if bytes >= BATCH_BYTES {
                break;
            }
            let Some(piece) = self.queue.recv().await else {
                self.ended().await?;
                break;
            };
            let piece = piece?;
            bytes += piece.bytes;
            self.waiting.extend(piece.items);
        }
        Ok(taken)
    }
}

impl Reading {
    /// A reader that went down has not come to the end, though nothing more comes of it.
    async fn ended(&mut self) -> Result<(), JobError> {
        let Some(feeder) = self.feeder.take() else { return Ok(()) };
        feeder.await.map_err(|error| JobError::retry(format!("a reader ended badly: {error}")))
    }
}

impl Stage {
    /// How many rows of the step something is: of an offer its prices, or its quantities, or itself.
    pub(super) fn weight(self, what: &What) -> u64 {
        match (self, what) {
            (_, What::Problem(_)) => 0,
            (Stage::Prices, What::Row(Row::Offer(offer))) => offer.prices.len() as u64,
            (Stage::Stocks, What::Row(Row::Offer(offer))) => offer.stocks.len() as u64,
            (Stage::Offers, What::Row(Row::Offer(offer))) => u64::from(offer.declared),
            (stage, What::Row(row)) => u64::from(Stage::of(row.kind()) == stage),
        }
    }
}

/// The reader's side. An error of `None` says that nobody listens any more.
struct Feeder<'a> {
    plan: &'a Plan,
    stage: Stage,
    sender: &'a mpsc::Sender<Result<Piece, JobError>>,
    piece: Vec<Taken>,
}

impl Feeder<'_> {
    fn run(&mut self, from: From, ctx: &JobCtx) -> Result<(), Option<JobError>> {
        let (plan, stage) = (self.plan, self.stage);
        for (place, file) in plan.of(stage).filter(|(place, _)| *place >= from.file) {
            let after = if place == from.file { from.ordinal } else { 0 };
            self.file(place, file, after, ctx)?;
        }
        Ok(())
    }

    fn file(&mut self, place: usize, file: &Planned, after: u64, ctx: &JobCtx) -> Result<(), Option<JobError>> {
        let name = file.part.name();
        let failed = |error: ReadError| Some(trouble(name, &error));
        let mut reader = self.plan.source.read(&file.part).map_err(failed)?;
        reader.skip_to(after).map_err(failed)?;
        let mut sent = reader.bytes();
        while let Some(item) = reader.next() {
            let item = item.map_err(failed)?;
            if let Found::End(summary) = &item.found {
                unchanged(file, summary)?;
            }
            self.take(place, item);
            if self.piece.len() >= PIECE || reader.bytes() - sent >= PIECE_BYTES {
                self.send(&mut sent, &reader)?;
                ctx.check().map_err(|_| None)?;
            }
        }
        self.send(&mut sent, &reader)
    }

    fn take(&mut self, file: usize, Item { ordinal, place, found }: Item) {
        let what = match found {
            Found::Row(row) => What::Row(row),
            Found::Problem(problem) if self.plan.is_home(file, self.stage) && self.plan.cares_for(&problem) => {
                What::Problem(problem)
            }
            _ => return,
        };
        if matches!(what, What::Problem(_)) || self.stage.weight(&what) > 0 {
            self.piece.push(Taken { file, ordinal, place, what });
        }
    }

    fn send(&mut self, sent: &mut u64, reader: &Reader<impl Read>) -> Result<(), Option<JobError>> {
        let bytes = reader.bytes() - *sent;
        *sent = reader.bytes();
        if self.piece.is_empty() {
            return Ok(());
        }
        let items = mem::take(&mut self.piece);
        self.sender.blocking_send(Ok(Piece { items, bytes })).map_err(|_| None)
    }
}

/// What went well when everything was read and does not now has changed since; a disk that says no may say yes again.
fn trouble(name: &str, error: &ReadError) -> JobError {
    match error {
        ReadError::Io { source, .. } => JobError::retry(format!("{name} cannot be read just now: {source}")),
        ReadError::Refused(refusal) => changed(name, &refusal.why.to_string()),
    }
}

/// Refuses a file that is another one than was looked through.
fn unchanged(file: &Planned, summary: &Summary) -> Result<(), Option<JobError>> {
    let same = summary.bytes == file.part.size() && Totals::from(summary) == file.totals;
    if same { Ok(()) } else { Err(Some(changed(file.part.name(), "holds other rows than before"))) }
}

/// A file has changed while it was imported.
pub(super) fn changed(name: &str, how: &str) -> JobError {
    let message = format!("{name} has changed since it was checked: it {how}. Start the import again");
    JobError::fatal("import.source_changed", message)
}

/// The name under which a problem is counted: it may be about a price of an offer, or its quantity.
pub(super) fn counted(problem: &Problem) -> Option<Stage> {
    const PRICES: [&str; 2] = ["ЦенаЗаЕдиницу", "ИдТипаЦены"];
    const STOCKS: [&str; 4] = ["Количество", "Склад", "ИдСклада", "КоличествоНаСкладе"];
    match (problem.kind?, problem.field) {
        (Kind::Offer, Some(field)) if PRICES.contains(&field) => Some(Stage::Prices),
        (Kind::Offer, Some(field)) if STOCKS.contains(&field) => Some(Stage::Stocks),
        (kind, _) => Some(Stage::of(kind)),
    }
}

impl Plan {
    /// Whether a problem is about something that the import takes.
    fn cares_for(&self, problem: &Problem) -> bool {
        let of_offers = [Stage::Offers, Stage::Prices, Stage::Stocks];
        match counted(problem) {
            None => true,
            // An offer that cannot be known has neither prices nor quantities.
            Some(Stage::Offers) => self.stages.iter().any(|stage| of_offers.contains(stage)),
            Some(stage) => self.stages.contains(&stage),
        }
    }
}
