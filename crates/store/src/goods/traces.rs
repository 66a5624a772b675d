//! What an import leaves beside its job: taken over by another try of it, and swept away when nobody needs it.
//!
//! Of an import that was completed nobody needs what it has met. Another try of one that was not goes on where that has ended, and
//! has to know what had been met before; so there it stays until the job is forgotten, or until the other try has taken it over.

use crate::{Store, engine::sql, error::Error, jobs::BatchTx};

/// Rows that one transaction sweeps away or takes over: some ten milliseconds.
const STEP: i64 = 5_000;

/// Rows that there may be many of beside a job: whether there are any, and what takes some of them away.
type Sweep = (&'static str, &'static str);

/// What a job has met, and what would be after it.
const TRACES: [Sweep; 2] = [
    (
        "SELECT job FROM import_seen WHERE job = $1 LIMIT 1",
        "DELETE FROM import_seen WHERE (job, kind, ext_id) IN \
         (SELECT job, kind, ext_id FROM import_seen WHERE job = $1 LIMIT $2)",
    ),
    (
        "SELECT job FROM import_would WHERE job = $1 LIMIT 1",
        "DELETE FROM import_would WHERE (job, kind, ext_id) IN \
         (SELECT job, kind, ext_id FROM import_would WHERE job = $1 LIMIT $2)",
    ),
];

/// What was wrong.
const ISSUES: Sweep = (
    "SELECT job FROM import_issues WHERE job = $1 LIMIT 1",
    "DELETE FROM import_issues WHERE (job, n) IN (SELECT job, n FROM import_issues WHERE job = $1 LIMIT $2)",
);

/// What gives the same to another job.
const BEQUESTS: [&str; 2] = [
    "UPDATE import_seen SET job = $3 WHERE (job, kind, ext_id) IN \
     (SELECT job, kind, ext_id FROM import_seen WHERE job = $1 LIMIT $2)",
    "UPDATE import_would SET job = $3 WHERE (job, kind, ext_id) IN \
     (SELECT job, kind, ext_id FROM import_would WHERE job = $1 LIMIT $2)",
];

impl BatchTx {
    /// Takes over some of what another job has met, before this one has met anything, since it goes on where that has ended. Whether
    /// there may be more: call again, in another batch.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn inherit_traces(&mut self, from: i64) -> Result<bool, Error> {
        let job = self.job().id;
        let mut more = false;
        for bequest in BEQUESTS {
            more |= self.tx().run(sql(bequest).bind(from).bind(STEP).bind(job)).await? == STEP as u64;
        }
        Ok(more)
    }
}

impl Store {
    /// Sweeps away what a job has met, some at a time.
    pub(crate) async fn sweep_traces(&self, job: i64) -> Result<(), Error> {
        for trace in TRACES {
            self.sweep(trace, job).await?;
        }
        Ok(())
    }

    /// Sweeps away whatever there may be much of beside a job. The rest goes with its row.
    pub(crate) async fn sweep_import(&self, job: i64) -> Result<(), Error> {
        self.sweep_traces(job).await?;
        self.sweep(ISSUES, job).await
    }

    async fn sweep(&self, (any, delete): Sweep, job: i64) -> Result<(), Error> {
        while self.engine.first(sql(any).bind(job)).await?.is_some() {
            let mut tx = self.engine.write().await?;
            tx.run(sql(delete).bind(job).bind(STEP)).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
