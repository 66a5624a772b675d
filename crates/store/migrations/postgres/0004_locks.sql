-- Rows that one page edits alone. The holder is the person or program and the page together (`client`, its X-Client-Id). What has expired
-- counts as none and is swept out when somebody takes another.
CREATE TABLE locks (
  entity     TEXT COLLATE "C" NOT NULL,
  id         BIGINT NOT NULL,
  client     TEXT COLLATE "C" NOT NULL,
  user_id    TEXT COLLATE "C" NOT NULL,
  user_name  TEXT COLLATE "C" NOT NULL,
  since      BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX locks_row ON locks (entity, id);
CREATE INDEX locks_expiry ON locks (expires_at);
