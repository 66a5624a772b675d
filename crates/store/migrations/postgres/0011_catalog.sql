-- What lists of the catalogue are read through. Unlike that of SQLite an entry has a length limit here, so what is searched is not in it.
CREATE INDEX products_listed ON products (deleted, folded, id);
CREATE INDEX products_listed_updated ON products (deleted, updated_at, id);
DROP INDEX products_sku;
CREATE INDEX products_listed_sku ON products (deleted, sku, id);
DROP INDEX variants_product;
CREATE INDEX variants_product ON variants (product_id, deleted);
