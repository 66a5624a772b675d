-- What 1C sends. Every row is known by 1C's own key, `ext_id`. `hash` stands for all that an import says of the row, so that what says the
-- same is not written; it is empty where nothing has been said yet, or where a row was taken for gone. `folded` is the name as it sorts,
-- `search` all that is searched, both folded by the program. Flags are 0 or 1, times are milliseconds since 1970. Prices and quantities are
-- exact.
CREATE TABLE units (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  code        TEXT COLLATE "C",
  full_name   TEXT COLLATE "C"
);
CREATE TABLE warehouses (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  address     TEXT COLLATE "C"
);
CREATE TABLE price_types (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  currency    TEXT COLLATE "C"
);
-- `value_type` is text, number or variant.
CREATE TABLE properties (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  value_type  TEXT COLLATE "C" NOT NULL
);
CREATE TABLE property_variants (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  property_id BIGINT NOT NULL REFERENCES properties (id),
  ext_id      TEXT COLLATE "C" NOT NULL,
  value       TEXT COLLATE "C" NOT NULL,
  rev         BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  UNIQUE (property_id, ext_id)
);
CREATE INDEX property_variants_ext ON property_variants (ext_id);
-- `parent_ext` is the parent as 1C names it, `parent_id` the row of that name if there is one. `path` is made of the ids from the root
-- to the row itself, as in `/1/5/9/`: what lies below a group begins with its path.
CREATE TABLE product_groups (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  parent_ext  TEXT COLLATE "C",
  parent_id   BIGINT REFERENCES product_groups (id),
  path        TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX product_groups_parent ON product_groups (parent_id);
CREATE INDEX product_groups_path ON product_groups (path);
CREATE TABLE brands (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);
CREATE INDEX brands_folded ON brands (folded, id);
-- `unit` is as 1C names it. `images` is an array, `attrs` an object of arrays by the key of the property, `requisites` an array of pairs.
CREATE TABLE products (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  sku         TEXT COLLATE "C",
  barcode     TEXT COLLATE "C",
  brand_id    BIGINT REFERENCES brands (id),
  unit        TEXT COLLATE "C",
  description TEXT COLLATE "C",
  images      TEXT COLLATE "C" NOT NULL,
  attrs       TEXT COLLATE "C" NOT NULL,
  requisites  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX products_folded ON products (folded, id);
CREATE INDEX products_sku ON products (sku);
CREATE INDEX products_updated ON products (updated_at, id);
CREATE INDEX products_brand ON products (brand_id);
CREATE TABLE product_in_group (
  product_id BIGINT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  group_id   BIGINT NOT NULL REFERENCES product_groups (id) ON DELETE CASCADE,
  PRIMARY KEY (product_id, group_id)
);
CREATE INDEX product_in_group_group ON product_in_group (group_id, product_id);
-- Groups that products name and nobody has sent. As soon as one comes, its products are in it.
CREATE TABLE product_wants_group (
  group_ext  TEXT COLLATE "C" NOT NULL,
  product_id BIGINT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  PRIMARY KEY (group_ext, product_id)
);
CREATE INDEX product_wants_group_product ON product_wants_group (product_id);
-- What is sold: the product itself, whose `ext_id` it then has, or one of its kinds. `characteristics` is an array of objects.
CREATE TABLE variants (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  product_id  BIGINT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  sku         TEXT COLLATE "C",
  barcode     TEXT COLLATE "C",
  characteristics TEXT COLLATE "C" NOT NULL
);
CREATE INDEX variants_product ON variants (product_id);
CREATE TABLE prices (
  variant_id    BIGINT NOT NULL REFERENCES variants (id) ON DELETE CASCADE,
  price_type_id BIGINT NOT NULL REFERENCES price_types (id),
  amount        NUMERIC NOT NULL,
  currency      TEXT COLLATE "C",
  rev           BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (variant_id, price_type_id)
);
CREATE INDEX prices_type ON prices (price_type_id, variant_id);
CREATE TABLE stocks (
  variant_id    BIGINT NOT NULL REFERENCES variants (id) ON DELETE CASCADE,
  warehouse_id  BIGINT NOT NULL REFERENCES warehouses (id),
  qty           NUMERIC NOT NULL,
  rev           BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (variant_id, warehouse_id)
);
CREATE INDEX stocks_warehouse ON stocks (warehouse_id, variant_id);
-- Who buys. `kind` is person or firm, as far as that is known. No two share an `ext_id`; all else they may.
CREATE TABLE customers (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ext_id      TEXT COLLATE "C" NOT NULL UNIQUE,
  name        TEXT COLLATE "C" NOT NULL,
  folded      TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  hash        TEXT COLLATE "C" NOT NULL,
  deleted     BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  created_job BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  kind        TEXT COLLATE "C",
  full_name   TEXT COLLATE "C",
  inn         TEXT COLLATE "C",
  kpp         TEXT COLLATE "C",
  email       TEXT COLLATE "C",
  phone       TEXT COLLATE "C",
  address     TEXT COLLATE "C",
  role        TEXT COLLATE "C"
);
CREATE INDEX customers_folded ON customers (folded, id);

-- The files of an import, in their order. `kinds` and `totals` are JSON, `error` too. `dry`: it was only tried.
CREATE TABLE import_files (
  job      BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  n        BIGINT NOT NULL,
  name     TEXT COLLATE "C" NOT NULL,
  kinds    TEXT COLLATE "C" NOT NULL,
  bytes    BIGINT NOT NULL,
  modified BIGINT,
  sha256   TEXT COLLATE "C",
  encoding TEXT COLLATE "C",
  totals   TEXT COLLATE "C" NOT NULL,
  dry      BIGINT NOT NULL,
  state    TEXT COLLATE "C" NOT NULL,
  done     BIGINT NOT NULL,
  error    TEXT COLLATE "C",
  PRIMARY KEY (job, name)
);
CREATE INDEX import_files_sha256 ON import_files (sha256, job);

-- What was wrong with rows, numbered from 1; and how often each was, also where there were more than are kept.
CREATE TABLE import_issues (
  job      BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  n        BIGINT NOT NULL,
  severity TEXT COLLATE "C" NOT NULL,
  code     TEXT COLLATE "C" NOT NULL,
  file     TEXT COLLATE "C",
  line     BIGINT,
  col      BIGINT,
  kind     TEXT COLLATE "C",
  ext_id   TEXT COLLATE "C",
  field    TEXT COLLATE "C",
  value    TEXT COLLATE "C",
  PRIMARY KEY (job, n)
);
CREATE TABLE import_totals (
  job      BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  severity TEXT COLLATE "C" NOT NULL,
  code     TEXT COLLATE "C" NOT NULL,
  count    BIGINT NOT NULL,
  PRIMARY KEY (job, severity, code)
);

-- What an import has met, or has warned of; and what there would be after one that is only tried: `note` is what rows that refer to it
-- need to know of it.
CREATE TABLE import_seen (
  job    BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  kind   TEXT COLLATE "C" NOT NULL,
  ext_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (job, kind, ext_id)
);
CREATE TABLE import_would (
  job     BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  kind    TEXT COLLATE "C" NOT NULL,
  ext_id  TEXT COLLATE "C" NOT NULL,
  hash    TEXT COLLATE "C" NOT NULL,
  deleted BIGINT NOT NULL,
  note    TEXT COLLATE "C",
  PRIMARY KEY (job, kind, ext_id)
);
