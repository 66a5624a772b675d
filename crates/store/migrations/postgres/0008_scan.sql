-- What a scan knows of a file: whose folder it was found in, the directory and the name there as text that stands for exact bytes, when it
-- was written last (nanoseconds since 1970), and what its status was before it went missing. Rows made by hand have none of it.
ALTER TABLE files
  ADD COLUMN found_by  BIGINT REFERENCES registrators (id) ON DELETE SET NULL,
  ADD COLUMN directory TEXT COLLATE "C",
  ADD COLUMN entry     TEXT COLLATE "C",
  ADD COLUMN modified  BIGINT,
  ADD COLUMN was       TEXT COLLATE "C";
-- The order in which a folder is walked, and that of a file there is one row.
CREATE UNIQUE INDEX files_found ON files (found_by, directory, entry);
CREATE INDEX files_by_hand ON files (registrator_id) WHERE found_by IS NULL;

-- The scan of a registrator's folder that is under way, or was last: its job, how many files were there before it, what it has counted.
CREATE TABLE scans (
  registrator_id BIGINT NOT NULL PRIMARY KEY REFERENCES registrators (id) ON DELETE CASCADE,
  job            BIGINT NOT NULL,
  live           BIGINT NOT NULL,
  counts         TEXT COLLATE "C" NOT NULL
);

-- Files that the scan under way has not found. They count as missing only once it knows that they are not too many.
CREATE TABLE scan_gone (
  file_id        BIGINT NOT NULL PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
  registrator_id BIGINT NOT NULL REFERENCES registrators (id) ON DELETE CASCADE
);
CREATE INDEX scan_gone_registrator ON scan_gone (registrator_id, file_id);
