//! The files of an import, and how far it is with each.

use serde_json::{Value as Json, json};

use super::Mode;
use crate::{
    Store,
    engine::{Tuple, sql},
    error::Error,
    jobs::BatchTx,
};

/// Where a file of an import is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Its turn has not come.
    Waiting,
    /// It is being read.
    Running,
    /// All of it has been taken.
    Done,
    /// It cannot be read.
    Broken,
    /// It was left out.
    Skipped,
}

impl FileState {
    const ALL: [FileState; 5] =
        [FileState::Waiting, FileState::Running, FileState::Done, FileState::Broken, FileState::Skipped];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            FileState::Waiting => "waiting",
            FileState::Running => "running",
            FileState::Done => "done",
            FileState::Broken => "broken",
            FileState::Skipped => "skipped",
        }
    }

    fn read(word: &str) -> Result<Self, Error> {
        let state = FileState::ALL.into_iter().find(|state| state.name() == word);
        state.ok_or_else(|| Error::Corrupt(format!("`{word}` is no state of a file")))
    }
}

/// A file as the first look at it has found it.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportFile {
    /// Its name in the source.
    pub name: String,
    /// The kinds of rows in it.
    pub kinds: Vec<String>,
    /// Its size.
    pub bytes: i64,
    /// When it was written last, in whatever unit the importer compares.
    pub modified: Option<i64>,
    /// The digest of its bytes, in hex.
    pub sha256: Option<String>,
    /// Its encoding.
    pub encoding: Option<String>,
    /// What is in it, in the importer's own words.
    pub totals: Json,
    /// Where it is.
    pub state: FileState,
    /// What is wrong with it, in the importer's own words.
    pub error: Option<Json>,
}

/// A file as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptFile {
    /// What was found.
    pub file: ImportFile,
    /// How far the import is with it, in the importer's own unit.
    pub done: i64,
}

impl BatchTx {
    /// Notes down the files of the job, in their order; of those that it had before nothing is left.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put_import_files(&mut self, files: &[ImportFile], mode: Mode) -> Result<(), Error> {
        let (job, dry) = (self.job().id, i64::from(mode == Mode::Dry));
        self.tx().run(sql("DELETE FROM import_files WHERE job = $1").bind(job)).await?;
        let cells = |(n, file): (usize, &ImportFile)| {
            let (kinds, totals) = (json!(file.kinds).to_string(), file.totals.to_string());
            let error = file.error.as_ref().map(Json::to_string);
            json!([
                n,
                file.bytes,
                file.modified,
                file.name,
                kinds,
                file.sha256,
                file.encoding,
                totals,
                file.state.name(),
                error
            ])
        };
        let mut insert = sql(
            "INSERT INTO import_files (job, dry, done, n, bytes, modified, name, kinds, sha256, encoding, totals, \
                              state, error) SELECT ",
        );
        insert.push_int(job).push(", ").push_int(dry);
        insert.push(
            ", 0, CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), value->>3, \
                     value->>4, value->>5, value->>6, value->>7, value->>8, value->>9 FROM ",
        );
        let rows = Json::Array(files.iter().enumerate().map(cells).collect());
        self.tx().push_rows(&mut insert, rows.to_string());
        self.tx().run(insert).await?;
        Ok(())
    }

    /// Notes down how far the job is with a file, and what is wrong with it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the job has no such file.
    pub async fn set_import_file_state(
        &mut self,
        name: &str,
        state: FileState,
        done: i64,
        error: Option<&Json>,
    ) -> Result<(), Error> {
        let mut update = sql("UPDATE import_files SET state = ");
        update.push_bind(state.name()).push(", done = ").push_bind(done);
        update.push(", error = ").push_bind(error.map(Json::to_string));
        update.push(" WHERE job = ").push_bind(self.job().id).push(" AND name = ").push_bind(name);
        match self.tx().run(update).await? {
            0 => Err(Error::NotFound),
            _ => Ok(()),
        }
    }
}

impl Store {
    /// The files of a job, in their order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn import_files(&self, job: i64) -> Result<Vec<KeptFile>, Error> {
        let select = sql("SELECT name, kinds, bytes, modified, sha256, encoding, totals, state, error, done \
                          FROM import_files WHERE job = $1 ORDER BY n");
        self.engine.all(select.bind(job)).await?.iter().map(read).collect()
    }

    /// The last job that has taken all of a file with these bytes, one that was only tried aside.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn import_seen_before(&self, sha256: &str) -> Result<Option<i64>, Error> {
        let select = sql("SELECT max(job) FROM import_files WHERE sha256 = $1 AND state = 'done' AND dry = 0");
        self.engine.first(select.bind(sha256)).await?.map_or(Ok(None), |row| row.int(0))
    }
}

fn read(row: &Tuple) -> Result<KeptFile, Error> {
    let file = ImportFile {
        name: row.some_text(0)?,
        kinds: serde_json::from_str(&row.some_text(1)?).map_err(corrupt)?,
        bytes: row.some_int(2)?,
        modified: row.int(3)?,
        sha256: row.text(4)?,
        encoding: row.text(5)?,
        totals: serde_json::from_str(&row.some_text(6)?).map_err(corrupt)?,
        state: FileState::read(&row.some_text(7)?)?,
        error: row.text(8)?.as_deref().map(serde_json::from_str).transpose().map_err(corrupt)?,
    };
    Ok(KeptFile { file, done: row.some_int(9)? })
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}
