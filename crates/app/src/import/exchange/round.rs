//! Having what was sent imported, and being told how far it is.

use serde_json::Value as Json;

use super::{
    Exchange, ExchangeError,
    piece::accepted,
    state::{Doing, Set},
};
use crate::{
    Error,
    import::{ImportOrder, ImportType},
    jobs::{Job, JobState},
};

/// What 1C is told.
#[derive(Debug, Clone)]
pub enum Step {
    /// It is done; the session that did the last of it, if one is known.
    Done(Option<Box<Job>>),
    /// It is to ask again: this session is under way.
    Wait {
        /// The session.
        job: Box<Job>,
        /// Whether it is of this exchange; one of somebody else comes first.
        own: bool,
    },
    /// The session came to nothing, and says why.
    Failed(Box<Job>),
}

impl Exchange {
    /// Has all files imported that have come and were not yet. To be asked again until it is done. A round without anything that
    /// concerns us is done at once.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn import(&self, name: Option<&str>) -> Result<Step, ExchangeError> {
        let name = name.filter(|name| !name.is_empty()).map(accepted).transpose()?;
        let mut set = self.set().await?;
        let mut last = None;
        if let Some(doing) = set.state.doing.clone() {
            match self.go_on(&mut set, doing).await? {
                Step::Done(job) => last = job,
                step => return Ok(step),
            }
        }
        let open = match &name {
            Some(name) => set.has(set.state.round, name),
            None => set.has_more(),
        };
        match name {
            _ if open => self.begin(&mut set).await,
            Some(name) if !set.had(&name) => Err(ExchangeError::NotSent { name }),
            _ => Ok(Step::Done(last)),
        }
    }

    /// Everything has been sent. Imports what is left; then, where something was told to be everything there is, goes once through the
    /// whole set, so that what is not in it is marked as gone.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn complete(&self) -> Result<Step, ExchangeError> {
        match self.import(None).await? {
            Step::Done(_) => {}
            step => return Ok(step),
        }
        let mut set = self.set().await?;
        let mut last = None;
        for import_type in [ImportType::Catalog, ImportType::Customers] {
            if !*set.full(import_type) {
                continue;
            }
            match self.start(ImportOrder::new(import_type, self.source(None))).await? {
                Step::Wait { job, own: true } => last = Some(job),
                other => return Ok(other),
            }
            *set.full(import_type) = false;
            keep(&set)?;
        }
        Ok(Step::Done(last))
    }

    /// 1C has said goodbye: a session that was begun for it ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn leave(&self) -> Result<(), Error> {
        match self.caller.session() {
            Some(session) => match self.app.0.store.end_session(session, None).await? {
                Some(pending) => self.app.0.road.see_through(pending).await,
                None => Ok(()),
            },
            None => Ok(()),
        }
    }

    /// Closes the round and has it imported.
    async fn begin(&self, set: &mut Set) -> Result<Step, ExchangeError> {
        let round = set.state.round;
        let order = ImportOrder { partial: true, ..ImportOrder::new(ImportType::Catalog, self.source(Some(round))) };
        let step = self.start(order).await?;
        match &step {
            Step::Wait { job, own: true } => {
                set.state.doing = Some(Doing { job: job.id, round, customers: false });
            }
            Step::Done(_) => {}
            _ => return Ok(step),
        }
        (set.state.round, set.state.last) = (round + 1, None);
        keep(set)?;
        Ok(step)
    }

    /// What has become of the import that was under way.
    async fn go_on(&self, set: &mut Set, doing: Doing) -> Result<Step, ExchangeError> {
        let job = Box::new(self.job(doing.job).await?);
        if job.is_active() {
            return Ok(Step::Wait { job, own: true });
        }
        if set.reopen_after(&job, &doing) {
            keep(set)?;
            return Ok(Step::Failed(job));
        }
        let found = if doing.customers { Found::default() } else { self.found(&job).await? };
        set.state.full |= found.full;
        set.state.full_customers |= found.full_customers;
        if found.customers {
            let source = self.source(Some(doing.round));
            let order = ImportOrder { partial: true, ..ImportOrder::new(ImportType::Customers, source) };
            let step = self.start(order).await?;
            if let Step::Wait { job, own: true } = &step {
                set.state.doing = Some(Doing { job: job.id, customers: true, ..doing });
                keep(set)?;
            }
            return Ok(step);
        }
        set.state.doing = None;
        keep(set)?;
        Ok(Step::Done(Some(job)))
    }

    async fn start(&self, order: ImportOrder) -> Result<Step, ExchangeError> {
        match self.app.start_import(&self.caller, order).await {
            Ok(job) => Ok(Step::Wait { job: Box::new(job), own: true }),
            Err(Error::JobRunning { job, .. }) => Ok(Step::Wait { job, own: false }),
            // Pictures alone, for instance.
            Err(Error::ImportSource { code: "empty", .. }) => Ok(Step::Done(None)),
            Err(error) => Err(error.into()),
        }
    }

    /// What the files of an import have turned out to be.
    async fn found(&self, job: &Job) -> Result<Found, Error> {
        let files = self.app.0.store.import_files(job.id).await?;
        let says = |sections: &[&str]| {
            let full = files.iter().filter_map(|file| file.file.totals["full"].as_array());
            full.flatten().filter_map(Json::as_str).any(|section| sections.contains(&section))
        };
        Ok(Found {
            customers: files
                .iter()
                .any(|file| file.file.totals["kinds"]["customer"].as_u64().is_some_and(|rows| rows > 0)),
            full: says(&["classifier", "catalog", "package"]),
            full_customers: says(&["customers"]),
        })
    }
}

impl Set {
    /// Whether something that such an import takes was told to be everything there is, and the whole set is still to be gone through.
    fn full(&mut self, import_type: ImportType) -> &mut bool {
        if import_type == ImportType::Customers { &mut self.state.full_customers } else { &mut self.state.full }
    }

    /// After a session that came to nothing its round takes files again: whoever asks once more has the same ones imported, or others that
    /// he sends in their place.
    pub(super) fn reopen_after(&mut self, job: &Job, doing: &Doing) -> bool {
        let failed = !is_good(job);
        if failed {
            (self.state.doing, self.state.round, self.state.last) = (None, doing.round, None);
        }
        failed
    }
}

/// What a round held beside the goods.
#[derive(Debug, Default)]
struct Found {
    customers: bool,
    full: bool,
    full_customers: bool,
}

/// An exchange of changes has nothing in it when nothing has changed, or when all of it are customers.
fn is_good(job: &Job) -> bool {
    let nothing = job.error.as_ref().is_some_and(|error| error.code == "import.nothing");
    matches!(job.state, JobState::Completed | JobState::CompletedWithErrors) || nothing
}

/// A few hundred bytes: not worth another thread.
fn keep(set: &Set) -> Result<(), Error> {
    set.save().map_err(Error::of_disk)
}
