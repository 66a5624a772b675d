-- Long work: one row a job, from the wish to the report. Times are milliseconds since 1970.
-- `fence` counts who has had the job, and whoever had it before commits nothing; `attempt` counts losses since the last commit. `pending`
-- is what rooms have not been told yet. `settled` is 1 once all that follows the end, such as a notice, is done.
CREATE TABLE jobs (
  id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind             TEXT COLLATE "C" NOT NULL,
  payload          TEXT COLLATE "C" NOT NULL,
  lock_scope       TEXT COLLATE "C",
  host             TEXT COLLATE "C",
  subject          TEXT COLLATE "C",
  subject_name     TEXT COLLATE "C",
  room             TEXT COLLATE "C" NOT NULL,
  event            TEXT COLLATE "C" NOT NULL,
  state            TEXT COLLATE "C" NOT NULL,
  priority         BIGINT NOT NULL,
  run_at           BIGINT NOT NULL,
  attempt          BIGINT NOT NULL,
  max_attempts     BIGINT NOT NULL,
  fence            BIGINT NOT NULL,
  worker           BIGINT,
  boot             TEXT COLLATE "C",
  lease_until      BIGINT NOT NULL,
  deadline         BIGINT,
  cursor           TEXT COLLATE "C",
  progress         TEXT COLLATE "C",
  pending          TEXT COLLATE "C",
  cancel_requested BIGINT NOT NULL,
  error            TEXT COLLATE "C",
  report           TEXT COLLATE "C",
  requested_by     TEXT COLLATE "C",
  retry_of         BIGINT,
  settled          BIGINT NOT NULL,
  created_at       BIGINT NOT NULL,
  started_at       BIGINT,
  finished_at      BIGINT
);
-- This index is the lock: of what may not run twice, one row is alive.
CREATE UNIQUE INDEX jobs_one_active ON jobs (lock_scope) WHERE state IN ('queued', 'running', 'retry_wait');
CREATE INDEX jobs_live ON jobs (priority, id) WHERE state IN ('queued', 'running', 'retry_wait');
CREATE INDEX jobs_ended ON jobs (id) WHERE settled = 0 AND finished_at IS NOT NULL;
CREATE INDEX jobs_subject ON jobs (subject, id);
CREATE INDEX jobs_finished ON jobs (finished_at);
