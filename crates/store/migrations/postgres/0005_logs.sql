-- Log lines of all workers, as long as [logs] retention_days says. `writer` is the worker's unique name, `n` its own count of lines: the two
-- together name a line once, so a batch that is stored a second time adds nothing. `at` is in milliseconds since 1970, `level` from 0
-- (debug) to 4 (critical), `search` source and message folded by the program.
CREATE TABLE log_lines (
  key         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          BIGINT NOT NULL,
  writer      TEXT COLLATE "C" NOT NULL,
  n           BIGINT NOT NULL,
  id          TEXT COLLATE "C" NOT NULL,
  level       BIGINT NOT NULL,
  kind        TEXT COLLATE "C" NOT NULL,
  source      TEXT COLLATE "C" NOT NULL,
  environment TEXT COLLATE "C" NOT NULL,
  worker      BIGINT NOT NULL,
  message     TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  metadata    TEXT COLLATE "C"
);
CREATE UNIQUE INDEX log_lines_writer ON log_lines (writer, n);
CREATE INDEX log_lines_at ON log_lines (at, key);
CREATE INDEX log_lines_id ON log_lines (id);
CREATE INDEX log_lines_source ON log_lines (source, at, key);
CREATE INDEX log_lines_environment ON log_lines (environment);
-- Few lines are grave, and they are what is looked for.
CREATE INDEX log_lines_grave ON log_lines (at, key) WHERE level >= 3;
