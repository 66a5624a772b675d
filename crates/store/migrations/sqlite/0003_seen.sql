-- When somebody was here last: each session, and each person, whose sessions come and go. Written at most once in five minutes.
ALTER TABLE sessions ADD COLUMN seen_at INTEGER;

CREATE TABLE seen (
  user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  seen_at INTEGER NOT NULL
) STRICT;
INSERT INTO seen (user_id, seen_at) SELECT user_id, max(created_at) FROM sessions GROUP BY user_id;

-- The edits of one row, one after the other: what changed stands between two of them. Published events have no revision and cost nothing.
CREATE INDEX sync_log_edits ON sync_log (event, id, seq) WHERE rev IS NOT NULL;
