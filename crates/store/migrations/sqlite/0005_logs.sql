-- Log lines of all workers, as long as [logs] retention_days says. `writer` is the worker's unique name, `n` its own count of lines: the two
-- together name a line once, so a batch that is stored a second time adds nothing. `at` is in milliseconds since 1970, `level` from 0
-- (debug) to 4 (critical), `search` source and message folded by the program.
CREATE TABLE log_lines (
  key         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at          INTEGER NOT NULL,
  writer      TEXT NOT NULL,
  n           INTEGER NOT NULL,
  id          TEXT NOT NULL,
  level       INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  source      TEXT NOT NULL,
  environment TEXT NOT NULL,
  worker      INTEGER NOT NULL,
  message     TEXT NOT NULL,
  search      TEXT NOT NULL,
  metadata    TEXT
) STRICT;
CREATE UNIQUE INDEX log_lines_writer ON log_lines (writer, n);
CREATE INDEX log_lines_at ON log_lines (at, key);
CREATE INDEX log_lines_id ON log_lines (id);
CREATE INDEX log_lines_source ON log_lines (source, at, key);
CREATE INDEX log_lines_environment ON log_lines (environment);
-- Few lines are grave, and they are what is looked for.
CREATE INDEX log_lines_grave ON log_lines (at, key) WHERE level >= 3;
