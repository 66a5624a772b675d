-- What 1C sends. Every row is known by 1C's own key, `ext_id`. `hash` stands for all that an import says of the row, so that what says the
-- same is not written; it is empty where nothing has been said yet, or where a row was taken for gone. `folded` is the name as it sorts,
-- `search` all that is searched, both folded by the program. Flags are 0 or 1, times are milliseconds since 1970. Prices and quantities are
-- exact: decimals as text, without zeros at the end.
CREATE TABLE units (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  code        TEXT,
  full_name   TEXT
) STRICT;
CREATE TABLE warehouses (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  address     TEXT
) STRICT;
CREATE TABLE price_types (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  currency    TEXT
) STRICT;
-- `value_type` is text, number or variant.
CREATE TABLE properties (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  value_type  TEXT NOT NULL
) STRICT;
CREATE TABLE property_variants (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  property_id INTEGER NOT NULL REFERENCES properties (id),
  ext_id      TEXT NOT NULL,
  value       TEXT NOT NULL,
  rev         INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  UNIQUE (property_id, ext_id)
) STRICT;
CREATE INDEX property_variants_ext ON property_variants (ext_id);
-- `parent_ext` is the parent as 1C names it, `parent_id` the row of that name if there is one. `path` is made of the ids from the root
-- to the row itself, as in `/1/5/9/`: what lies below a group begins with its path.
CREATE TABLE product_groups (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  parent_ext  TEXT,
  parent_id   INTEGER REFERENCES product_groups (id),
  path        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX product_groups_parent ON product_groups (parent_id);
CREATE INDEX product_groups_path ON product_groups (path);
CREATE TABLE brands (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX brands_folded ON brands (folded, id);
-- `unit` is as 1C names it. `images` is an array, `attrs` an object of arrays by the key of the property, `requisites` an array of pairs.
CREATE TABLE products (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  sku         TEXT,
  barcode     TEXT,
  brand_id    INTEGER REFERENCES brands (id),
  unit        TEXT,
  description TEXT,
  images      TEXT NOT NULL,
  attrs       TEXT NOT NULL,
  requisites  TEXT NOT NULL
) STRICT;
CREATE INDEX products_folded ON products (folded, id);
CREATE INDEX products_sku ON products (sku);
CREATE INDEX products_updated ON products (updated_at, id);
CREATE INDEX products_brand ON products (brand_id);
CREATE TABLE product_in_group (
  product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  group_id   INTEGER NOT NULL REFERENCES product_groups (id) ON DELETE CASCADE,
  PRIMARY KEY (product_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_in_group_group ON product_in_group (group_id, product_id);
-- Groups that products name and nobody has sent. As soon as one comes, its products are in it.
CREATE TABLE product_wants_group (
  group_ext  TEXT NOT NULL,
  product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  PRIMARY KEY (group_ext, product_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_wants_group_product ON product_wants_group (product_id);
-- What is sold: the product itself, whose `ext_id` it then has, or one of its kinds. `characteristics` is an array of objects.
CREATE TABLE variants (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  product_id  INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  sku         TEXT,
  barcode     TEXT,
  characteristics TEXT NOT NULL
) STRICT;
CREATE INDEX variants_product ON variants (product_id);
CREATE TABLE prices (
  variant_id    INTEGER NOT NULL REFERENCES variants (id) ON DELETE CASCADE,
  price_type_id INTEGER NOT NULL REFERENCES price_types (id),
  amount        TEXT NOT NULL,
  currency      TEXT,
  rev           INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  PRIMARY KEY (variant_id, price_type_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX prices_type ON prices (price_type_id, variant_id);
CREATE TABLE stocks (
  variant_id    INTEGER NOT NULL REFERENCES variants (id) ON DELETE CASCADE,
  warehouse_id  INTEGER NOT NULL REFERENCES warehouses (id),
  qty           TEXT NOT NULL,
  rev           INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  PRIMARY KEY (variant_id, warehouse_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stocks_warehouse ON stocks (warehouse_id, variant_id);
-- Who buys. `kind` is person or firm, as far as that is known. No two share an `ext_id`; all else they may.
CREATE TABLE customers (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ext_id      TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  search      TEXT NOT NULL,
  hash        TEXT NOT NULL,
  deleted     INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  created_job INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  kind        TEXT,
  full_name   TEXT,
  inn         TEXT,
  kpp         TEXT,
  email       TEXT,
  phone       TEXT,
  address     TEXT,
  role        TEXT
) STRICT;
CREATE INDEX customers_folded ON customers (folded, id);

-- The files of an import, in their order. `kinds` and `totals` are JSON, `error` too. `dry`: it was only tried.
CREATE TABLE import_files (
  job      INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  n        INTEGER NOT NULL,
  name     TEXT NOT NULL,
  kinds    TEXT NOT NULL,
  bytes    INTEGER NOT NULL,
  modified INTEGER,
  sha256   TEXT,
  encoding TEXT,
  totals   TEXT NOT NULL,
  dry      INTEGER NOT NULL,
  state    TEXT NOT NULL,
  done     INTEGER NOT NULL,
  error    TEXT,
  PRIMARY KEY (job, name)
) STRICT;
CREATE INDEX import_files_sha256 ON import_files (sha256, job);

-- What was wrong with rows, numbered from 1; and how often each was, also where there were more than are kept.
CREATE TABLE import_issues (
  job      INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  n        INTEGER NOT NULL,
  severity TEXT NOT NULL,
  code     TEXT NOT NULL,
  file     TEXT,
  line     INTEGER,
  col      INTEGER,
  kind     TEXT,
  ext_id   TEXT,
  field    TEXT,
  value    TEXT,
  PRIMARY KEY (job, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE import_totals (
  job      INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  severity TEXT NOT NULL,
  code     TEXT NOT NULL,
  count    INTEGER NOT NULL,
  PRIMARY KEY (job, severity, code)
) STRICT, WITHOUT ROWID;

-- What an import has met, or has warned of; and what there would be after one that is only tried: `note` is what rows that refer to it
-- need to know of it.
CREATE TABLE import_seen (
  job    INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  kind   TEXT NOT NULL,
  ext_id TEXT NOT NULL,
  PRIMARY KEY (job, kind, ext_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE import_would (
  job     INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  kind    TEXT NOT NULL,
  ext_id  TEXT NOT NULL,
  hash    TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  note    TEXT,
  PRIMARY KEY (job, kind, ext_id)
) STRICT, WITHOUT ROWID;
