-- Notices. What is told is one row, however many it is told to; each of them has a row of his own. He knows the notice by `id`, the row
-- of `notices` that it began as, and is shown the row in `content`: a later one where he was told again under the same key. `counted`:
-- the data show how often. Flags are 0 or 1, times are milliseconds since 1970.
CREATE TABLE notices (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  type       TEXT NOT NULL,
  data       TEXT NOT NULL,
  message    TEXT,
  status     TEXT,
  counted    INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_created ON notices (created_at);

CREATE TABLE notice_recipients (
  user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id       INTEGER NOT NULL,
  content  INTEGER NOT NULL REFERENCES notices (id),
  key      TEXT,
  began_at INTEGER NOT NULL,
  told_at  INTEGER NOT NULL,
  count    INTEGER NOT NULL,
  read     INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) STRICT;
CREATE INDEX notice_recipients_content ON notice_recipients (content);
CREATE INDEX notice_recipients_told ON notice_recipients (told_at);
CREATE INDEX notice_recipients_unread ON notice_recipients (user_id, id) WHERE read = 0;
CREATE INDEX notice_recipients_key ON notice_recipients (key, user_id) WHERE read = 0 AND key IS NOT NULL;
