INSERT INTO price_types (ext_id, name, folded, search, hash, deleted, rev, created_job, updated_at, currency) VALUES
  ('retail', 'Розничная', 'розничная', 'розничная', 'h', 0, 1, 1, 1763760000000, 'RUB'),
  ('trade', 'Оптовая', 'оптовая', 'оптовая', 'h', 0, 1, 1, 1763760000000, NULL);
INSERT INTO warehouses (ext_id, name, folded, search, hash, deleted, rev, created_job, updated_at) VALUES
  ('main', 'Основной', 'основной', 'основной', 'h', 0, 1, 1, 1763760000000),
  ('far', 'Дальний', 'дальний', 'дальний', 'h', 0, 1, 1, 1763760000000);
INSERT INTO properties (ext_id, name, folded, search, hash, deleted, rev, created_job, updated_at, value_type) VALUES
  ('colour', 'Цвет', 'цвет', 'цвет', 'h', 0, 1, 1, 1763760000000, 'variant'),
  ('length', 'Длина', 'длина', 'длина', 'h', 0, 1, 1, 1763760000000, 'number');
INSERT INTO property_variants (property_id, ext_id, value, rev, created_job, updated_at) VALUES
  (1, 'v1', 'Белый', 1, 1, 1763760000000), (2, 'v1', 'не это', 1, 1, 1763760000000);
INSERT INTO brands (ext_id, name, folded, search, hash, deleted, rev, created_job, updated_at) VALUES
  ('steel', 'Сталь', 'сталь', 'сталь', 'h', 0, 1, 1, 1763760000000),
  ('copper', 'Медь', 'медь', 'медь', 'h', 0, 1, 1, 1763760000000);
INSERT INTO product_groups (ext_id, name, folded, search, hash, deleted, rev, created_job, updated_at, parent_ext, parent_id, path) VALUES
  ('g1', 'Болты', 'болты', 'болты', 'h', 0, 1, 1, 1763760000000, NULL, NULL, '/1/'),
  ('g2', 'Длинные', 'длинные', 'длинные', 'h', 0, 1, 1, 1763760000000, 'g1', 1, '/1/2/'),
  ('g3', 'Гайки', 'гайки', 'гайки', 'h', 0, 1, 1, 1763760000000, NULL, NULL, '/3/'),
  ('g4', 'Старое', 'старое', 'старое', 'h', 1, 1, 1, 1763760000000, NULL, NULL, '/4/'),
  ('g5', 'Короткие', 'короткие', 'короткие', 'h', 0, 1, 1, 1763760000000, 'g1', 1, '/1/5/');
INSERT INTO products (ext_id, name, folded, search, hash, deleted, rev, created_job, updated_at, sku, barcode, brand_id, unit, description, images, attrs, requisites) VALUES
  ('p1', 'Болт М8', 'болт м8', 'болт м8 b-8', 'h', 0, 3, 1, 1763760000001, 'B-8', '4600000000008', 1, 'шт', 'Оцинкован.', '["import_files/ab/1.jpg"]',
    '{"colour":["v1","чёрный"],"length":["80"],"unheard":["v1"]}', '[["Вес","0.1"]]'),
  ('p2', 'Болт М10', 'болт м10', 'болт м10 b-10', 'h', 0, 1, 1, 1763760000002, 'B-10', NULL, 2, 'шт', NULL, '[]', '{}', '[]'),
  ('p3', 'Гайка', 'гайка', 'гайка', 'h', 0, 1, 1, 1763760000003, NULL, NULL, NULL, NULL, NULL, '[]', '{}', '[]'),
  ('p4', 'Шайба', 'шайба', 'шайба', 'h', 1, 1, 1, 1763760000004, 'S-1', NULL, NULL, NULL, NULL, '[]', '{}', '[]'),
  ('p5', 'Гвоздь', 'гвоздь', 'гвоздь', 'h', 0, 1, 1, 1763760000005, NULL, NULL, NULL, NULL, NULL, '[]', '{}', '[]');
INSERT INTO product_in_group (product_id, group_id) VALUES (1, 2), (2, 1), (2, 5), (3, 3), (4, 3);
INSERT INTO variants (ext_id, name, folded, search, hash, deleted, rev, created_job, updated_at, product_id, sku, characteristics) VALUES
  ('p1', 'Болт М8 (обычный)', 'болт м8 (обычный)', '', 'h', 0, 1, 1, 1763760000000, 1, NULL, '[]'),
  ('p1#long', 'Болт М8 (длинный)', 'болт м8 (длинный)', '', 'h', 0, 1, 1, 1763760000000, 1, 'B-8L', '[{"name":"Длина","value":"120"}]'),
  ('p1#gone', 'Болт М8 (кривой)', 'болт м8 (кривой)', '', 'h', 1, 1, 1, 1763760000000, 1, NULL, '[]'),
  ('p2', 'Болт М10', 'болт м10', '', 'h', 0, 1, 1, 1763760000000, 2, NULL, '[]'),
  ('p3', 'Гайка', 'гайка', '', 'h', 0, 1, 1, 1763760000000, 3, NULL, '[]');
INSERT INTO prices (variant_id, price_type_id, amount, currency, rev, updated_at) VALUES
  (1, 1, '10', 'RUB', 1, 1763760000000), (1, 2, '8.125', 'USD', 1, 1763760000000), (2, 1, '9.5', 'RUB', 1, 1763760000000),
  (3, 1, '0.01', 'RUB', 1, 1763760000000), (4, 1, '100', 'RUB', 1, 1763760000000), (4, 2, '7', NULL, 1, 1763760000000);
INSERT INTO stocks (variant_id, warehouse_id, qty, rev, updated_at) VALUES
  (1, 1, '10', 1, 1763760000000), (2, 1, '-2', 1, 1763760000000), (2, 2, '4.5', 1, 1763760000000), (4, 1, '0', 1, 1763760000000), (5, 1, '9', 1, 1763760000000);
INSERT INTO customers (ext_id, name, folded, search, hash, deleted, rev, created_job, updated_at, kind, full_name, inn, email, address, role) VALUES
  ('c1', 'Ромашка', 'ромашка', 'ромашка ооо 7701000001', 'h', 0, 2, 1, 1763760000001, 'firm', 'ООО Ромашка', '7701000001', 'a@romashka.example', 'Москва', 'Покупатель'),
  ('c2', 'Иванов', 'иванов', 'иванов 500100732259', 'h', 0, 1, 1, 1763760000002, 'person', NULL, '500100732259', NULL, NULL, NULL),
  ('c3', 'Прежний', 'прежний', 'прежний 7701000003', 'h', 1, 1, 1, 1763760000003, NULL, NULL, '7701000003', NULL, NULL, NULL);
