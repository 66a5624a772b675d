-- Rows that one page edits alone. The holder is the person or program and the page together (`client`, its X-Client-Id). What has expired
-- counts as none and is swept out when somebody takes another.
CREATE TABLE locks (
  entity     TEXT NOT NULL,
  id         INTEGER NOT NULL,
  client     TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  user_name  TEXT NOT NULL,
  since      INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX locks_row ON locks (entity, id);
CREATE INDEX locks_expiry ON locks (expires_at);
