-- Under which name the bytes of an uploaded file lie in the directory of uploads; no two rows share any. Never shown.
ALTER TABLE files ADD COLUMN content TEXT COLLATE "C";
CREATE UNIQUE INDEX files_content ON files (content) WHERE content IS NOT NULL;
