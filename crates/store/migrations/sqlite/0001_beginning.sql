-- The ledger: one head per stream, and the events in order. `last` is the newest seq, `prev` the one before it.
CREATE TABLE sync_head (
  stream TEXT NOT NULL PRIMARY KEY,
  last   INTEGER NOT NULL,
  prev   INTEGER NOT NULL,
  epoch  TEXT NOT NULL,
  floor  INTEGER NOT NULL
) STRICT;

CREATE TABLE sync_log (
  seq          INTEGER NOT NULL PRIMARY KEY,
  gprev        INTEGER NOT NULL,
  worker       INTEGER NOT NULL,
  event        TEXT NOT NULL,
  reason       TEXT NOT NULL,
  scope        TEXT NOT NULL,
  id           TEXT NOT NULL,
  data         TEXT,
  rev          INTEGER,
  actor        TEXT,
  origin       TEXT,
  key          TEXT UNIQUE,
  committed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sync_log_scope ON sync_log (scope, seq);

-- Entities. `folded` is the name as it sorts, `search` all that is searched, both folded by the program: SQLite itself folds
-- ASCII only. Times are milliseconds since 1970.
CREATE TABLE categories (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  rev         INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  updated_by  TEXT,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  name        TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  parent_id   INTEGER REFERENCES categories (id),
  enabled     INTEGER NOT NULL
) STRICT;
CREATE INDEX categories_folded ON categories (folded, id);
CREATE INDEX categories_parent ON categories (parent_id);

CREATE TABLE registrators (
  id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  rev          INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  updated_by   TEXT,
  folded       TEXT NOT NULL,
  search       TEXT NOT NULL,
  name         TEXT NOT NULL UNIQUE,
  folder       TEXT NOT NULL,
  category_id  INTEGER REFERENCES categories (id),
  enabled      INTEGER NOT NULL,
  last_scan_at INTEGER
) STRICT;
CREATE INDEX registrators_folded ON registrators (folded, id);
CREATE INDEX registrators_category ON registrators (category_id);

CREATE TABLE groups (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  rev         INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  updated_by  TEXT,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  name        TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  permissions TEXT NOT NULL
) STRICT;
CREATE INDEX groups_folded ON groups (folded, id);

-- `UNIQUE` holds for the login as it is typed; the program stores it in lower case.
CREATE TABLE users (
  id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  rev           INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  updated_by    TEXT,
  folded        TEXT NOT NULL,
  search        TEXT NOT NULL,
  login         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  email         TEXT,
  group_id      INTEGER NOT NULL REFERENCES groups (id),
  enabled       INTEGER NOT NULL,
  password_hash TEXT NOT NULL
) STRICT;
CREATE INDEX users_folded ON users (folded, id);
CREATE INDEX users_group ON users (group_id);

CREATE TABLE files (
  id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  rev            INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  updated_by     TEXT,
  folded         TEXT NOT NULL,
  search         TEXT NOT NULL,
  name           TEXT NOT NULL,
  category_id    INTEGER REFERENCES categories (id),
  registrator_id INTEGER REFERENCES registrators (id),
  path           TEXT,
  size           INTEGER NOT NULL,
  mime           TEXT NOT NULL,
  sha256         TEXT,
  status         TEXT NOT NULL,
  note           TEXT NOT NULL
) STRICT;
CREATE INDEX files_folded ON files (folded, id);
CREATE INDEX files_updated ON files (updated_at, id);
CREATE INDEX files_category ON files (category_id);
CREATE INDEX files_registrator ON files (registrator_id);

-- Tokens are stored as SHA-256 only.
CREATE TABLE sessions (
  token      TEXT NOT NULL PRIMARY KEY,
  csrf       TEXT NOT NULL,
  user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  address    TEXT NOT NULL,
  agent      TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- One use each: a page that cannot send its cookie shows one of these instead.
CREATE TABLE tickets (
  token      TEXT NOT NULL PRIMARY KEY,
  session    TEXT NOT NULL REFERENCES sessions (token) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tickets_session ON tickets (session);

CREATE TABLE api_keys (
  id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name         TEXT NOT NULL UNIQUE,
  token        TEXT NOT NULL UNIQUE,
  scopes       TEXT NOT NULL,
  created_by   TEXT,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;

-- Which machine holds the file: a write-ahead log cannot be shared by two.
CREATE TABLE host (
  one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  name    TEXT NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;
