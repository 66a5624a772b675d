-- What a scan knows of a file: whose folder it was found in, the directory and the name there as text that stands for exact bytes, when it
-- was written last (nanoseconds since 1970), and what its status was before it went missing. Rows made by hand have none of it.
ALTER TABLE files ADD COLUMN found_by INTEGER REFERENCES registrators (id) ON DELETE SET NULL;
ALTER TABLE files ADD COLUMN directory TEXT;
ALTER TABLE files ADD COLUMN entry TEXT;
ALTER TABLE files ADD COLUMN modified INTEGER;
ALTER TABLE files ADD COLUMN was TEXT;
-- The order in which a folder is walked, and that of a file there is one row.
CREATE UNIQUE INDEX files_found ON files (found_by, directory, entry);
CREATE INDEX files_by_hand ON files (registrator_id) WHERE found_by IS NULL;

-- The scan of a registrator's folder that is under way, or was last: its job, how many files were there before it, what it has counted.
CREATE TABLE scans (
  registrator_id INTEGER NOT NULL PRIMARY KEY REFERENCES registrators (id) ON DELETE CASCADE,
  job            INTEGER NOT NULL,
  live           INTEGER NOT NULL,
  counts         TEXT NOT NULL
) STRICT;

-- Files that the scan under way has not found. They count as missing only once it knows that they are not too many.
CREATE TABLE scan_gone (
  file_id        INTEGER NOT NULL PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
  registrator_id INTEGER NOT NULL REFERENCES registrators (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX scan_gone_registrator ON scan_gone (registrator_id, file_id);
