-- What lists of the catalogue are read through. Rows of products are long, so what chooses them, counts them and searches them stands in
-- the index; only the rows of the page themselves are looked up.
CREATE INDEX products_listed ON products (deleted, folded, id, search);
CREATE INDEX products_listed_updated ON products (deleted, updated_at, id);
DROP INDEX products_sku;
CREATE INDEX products_listed_sku ON products (deleted, sku, id);
DROP INDEX variants_product;
CREATE INDEX variants_product ON variants (product_id, deleted);
