-- Long work: one row a job, from the wish to the report. Times are milliseconds since 1970.
-- `fence` counts who has had the job, and whoever had it before commits nothing; `attempt` counts losses since the last commit. `pending`
-- is what rooms have not been told yet. `settled` is 1 once all that follows the end, such as a notice, is done.
CREATE TABLE jobs (
  id               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind             TEXT NOT NULL,
  payload          TEXT NOT NULL,
  lock_scope       TEXT,
  host             TEXT,
  subject          TEXT,
  subject_name     TEXT,
  room             TEXT NOT NULL,
  event            TEXT NOT NULL,
  state            TEXT NOT NULL,
  priority         INTEGER NOT NULL,
  run_at           INTEGER NOT NULL,
  attempt          INTEGER NOT NULL,
  max_attempts     INTEGER NOT NULL,
  fence            INTEGER NOT NULL,
  worker           INTEGER,
  boot             TEXT,
  lease_until      INTEGER NOT NULL,
  deadline         INTEGER,
  cursor           TEXT,
  progress         TEXT,
  pending          TEXT,
  cancel_requested INTEGER NOT NULL,
  error            TEXT,
  report           TEXT,
  requested_by     TEXT,
  retry_of         INTEGER,
  settled          INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  started_at       INTEGER,
  finished_at      INTEGER
) STRICT;
-- This index is the lock: of what may not run twice, one row is alive.
CREATE UNIQUE INDEX jobs_one_active ON jobs (lock_scope) WHERE state IN ('queued', 'running', 'retry_wait');
CREATE INDEX jobs_live ON jobs (priority, id) WHERE state IN ('queued', 'running', 'retry_wait');
CREATE INDEX jobs_ended ON jobs (id) WHERE settled = 0 AND finished_at IS NOT NULL;
CREATE INDEX jobs_subject ON jobs (subject, id);
CREATE INDEX jobs_finished ON jobs (finished_at);
