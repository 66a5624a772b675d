-- What the workers of this installation share and nobody else knows: 32 random bytes in hexadecimal digits, made once.
CREATE TABLE installation (
  one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  secret TEXT COLLATE "C" NOT NULL
);
