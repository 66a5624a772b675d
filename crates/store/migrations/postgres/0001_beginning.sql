-- The same tables as those of SQLite. Text is compared and sorted by its bytes (`COLLATE "C"`), as there, whatever language the database
-- was made for. Ids are given by the database alone and never again, also after a restore.

-- The ledger: one head per stream, and the events in order. `last` is the newest seq, `prev` the one before it.
CREATE TABLE sync_head (
  stream TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  last   BIGINT NOT NULL,
  prev   BIGINT NOT NULL,
  epoch  TEXT COLLATE "C" NOT NULL,
  floor  BIGINT NOT NULL
);

CREATE TABLE sync_log (
  seq          BIGINT NOT NULL PRIMARY KEY,
  gprev        BIGINT NOT NULL,
  worker       BIGINT NOT NULL,
  event        TEXT COLLATE "C" NOT NULL,
  reason       TEXT COLLATE "C" NOT NULL,
  scope        TEXT COLLATE "C" NOT NULL,
  id           TEXT COLLATE "C" NOT NULL,
  data         TEXT COLLATE "C",
  rev          BIGINT,
  actor        TEXT COLLATE "C",
  origin       TEXT COLLATE "C",
  key          TEXT COLLATE "C" UNIQUE,
  committed_at BIGINT NOT NULL
);
CREATE INDEX sync_log_scope ON sync_log (scope, seq);

-- Entities. `folded` is the name as it sorts, `search` all that is searched, both folded by the program. Times are milliseconds since
-- 1970, flags are 0 or 1.
CREATE TABLE categories (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rev         BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  updated_by  TEXT COLLATE "C",
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  name        TEXT COLLATE "C" NOT NULL UNIQUE,
  description TEXT COLLATE "C" NOT NULL,
  parent_id   BIGINT REFERENCES categories (id),
  enabled     BIGINT NOT NULL
);
CREATE INDEX categories_folded ON categories (folded, id);
CREATE INDEX categories_parent ON categories (parent_id);

CREATE TABLE registrators (
  id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rev          BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  updated_by   TEXT COLLATE "C",
  folded       TEXT COLLATE "C" NOT NULL,
  search       TEXT COLLATE "C" NOT NULL,
  name         TEXT COLLATE "C" NOT NULL UNIQUE,
  folder       TEXT COLLATE "C" NOT NULL,
  category_id  BIGINT REFERENCES categories (id),
  enabled      BIGINT NOT NULL,
  last_scan_at BIGINT
);
CREATE INDEX registrators_folded ON registrators (folded, id);
CREATE INDEX registrators_category ON registrators (category_id);

CREATE TABLE groups (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rev         BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  updated_by  TEXT COLLATE "C",
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  name        TEXT COLLATE "C" NOT NULL UNIQUE,
  description TEXT COLLATE "C" NOT NULL,
  permissions TEXT COLLATE "C" NOT NULL
);
CREATE INDEX groups_folded ON groups (folded, id);

-- `UNIQUE` holds for the login as it is typed; the program stores it in lower case.
CREATE TABLE users (
  id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rev           BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  updated_by    TEXT COLLATE "C",
  folded        TEXT COLLATE "C" NOT NULL,
  search        TEXT COLLATE "C" NOT NULL,
  login         TEXT COLLATE "C" NOT NULL UNIQUE,
  name          TEXT COLLATE "C" NOT NULL,
  email         TEXT COLLATE "C",
  group_id      BIGINT NOT NULL REFERENCES groups (id),
  enabled       BIGINT NOT NULL,
  password_hash TEXT COLLATE "C" NOT NULL
);
CREATE INDEX users_folded ON users (folded, id);
CREATE INDEX users_group ON users (group_id);

CREATE TABLE files (
  id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rev            BIGINT NOT NULL,
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  updated_by     TEXT COLLATE "C",
  folded         TEXT COLLATE "C" NOT NULL,
  search         TEXT COLLATE "C" NOT NULL,
  name           TEXT COLLATE "C" NOT NULL,
  category_id    BIGINT REFERENCES categories (id),
  registrator_id BIGINT REFERENCES registrators (id),
  path           TEXT COLLATE "C",
  size           BIGINT NOT NULL,
  mime           TEXT COLLATE "C" NOT NULL,
  sha256         TEXT COLLATE "C",
  status         TEXT COLLATE "C" NOT NULL,
  note           TEXT COLLATE "C" NOT NULL
);
CREATE INDEX files_folded ON files (folded, id);
CREATE INDEX files_updated ON files (updated_at, id);
CREATE INDEX files_category ON files (category_id);
CREATE INDEX files_registrator ON files (registrator_id);

-- Tokens are stored as SHA-256 only.
CREATE TABLE sessions (
  token      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  csrf       TEXT COLLATE "C" NOT NULL,
  user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  address    TEXT COLLATE "C" NOT NULL,
  agent      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- One use each: a page that cannot send its cookie shows one of these instead.
CREATE TABLE tickets (
  token      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  session    TEXT COLLATE "C" NOT NULL REFERENCES sessions (token) ON DELETE CASCADE,
  expires_at BIGINT NOT NULL
);
CREATE INDEX tickets_session ON tickets (session);

CREATE TABLE api_keys (
  id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         TEXT COLLATE "C" NOT NULL UNIQUE,
  token        TEXT COLLATE "C" NOT NULL UNIQUE,
  scopes       TEXT COLLATE "C" NOT NULL,
  created_by   TEXT COLLATE "C",
  created_at   BIGINT NOT NULL,
  last_used_at BIGINT
);
