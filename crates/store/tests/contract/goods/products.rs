//! Products, and what they refer to.

use lockstep_store::goods::{BrandRow, Code, Kind, Made, Mode, ProductRow, UnitRow, ValueType};

use super::{Import, counts, group, noted, product, property, some, variant, words};
use crate::world::{Engine, World};

contract!(
    products_are_new_changed_or_left_alone,
    neither_the_order_nor_the_spelling_of_values_is_a_change,
    a_number_is_one_only_where_the_property_says_so,
    a_product_is_in_the_groups_that_it_names_and_in_no_others,
    a_product_is_in_a_group_as_soon_as_that_comes,
    what_is_unknown_is_kept_as_given_and_named_once_a_job,
    a_unit_is_known_by_key_code_or_name,
    brands_are_made_and_renamed_with_their_products,
    a_brand_that_is_a_value_is_called_as_that_is,
    properties_of_brands_are_found_by_key_or_name,
    any_text_is_kept_as_it_is,
    texts_of_any_length_are_kept,
    thousands_of_rows_are_written_at_once,
    there_is_a_catalogue_as_soon_as_there_is_a_product,
);

async fn products_are_new_changed_or_left_alone<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let gone = ProductRow { deleted: true, ..product("c") };

    assert_eq!(counts(&import.products(&[product("a"), product("b"), gone.clone()]).await), [3, 0, 0, 0, 0]);
    let dearer = ProductRow { description: some("New"), ..product("b") };
    let rows = [product("a"), dearer, gone.clone(), product("a")];
    assert_eq!(counts(&import.products(&rows).await), [0, 1, 0, 3, 0]);
    let rows = [ProductRow { deleted: true, ..product("a") }, product("c")];
    assert_eq!(counts(&import.products(&rows).await), [0, 1, 1, 0, 0]);

    let kept = "SELECT ext_id || ' ' || rev || ' ' || deleted || ' ' || search FROM products ORDER BY ext_id";
    let (a, b, c) = ("a 2 1 product a\nsku-a", "b 2 0 product b\nsku-b", "c 2 0 product c\nsku-c");
    assert_eq!(world.engine.read(kept).await.join("\n"), [a, b, c].join("\n"));
}

fn with(attrs: &[(&str, &[&str])]) -> ProductRow {
    let attrs = attrs.iter().map(|(key, values)| ((*key).to_owned(), words(values))).collect();
    ProductRow { attrs, groups: words(&["x", "y"]), ..product("a") }
}

async fn neither_the_order_nor_the_spelling_of_values_is_a_change<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.groups(&[group("x", None), group("y", None)]).await;
    import.properties(&[property("n", "Weight", ValueType::Number), property("t", "Text", ValueType::Text)]).await;
    import.products(&[with(&[("n", &["1,40"]), ("t", &["b", "a"])])]).await;

    for same in [
        with(&[("t", &["a", "b"]), ("n", &["1.4"])]),
        with(&[("t", &["a"]), ("n", &[" 1.400 "]), ("t", &["b", "a"])]),
        ProductRow { groups: words(&["y", "x", "x"]), ..with(&[("t", &["a", "b"]), ("n", &["1.4"])]) },
    ] {
        assert_eq!(counts(&import.products(std::slice::from_ref(&same)).await), [0, 0, 0, 1, 0], "{same:?}");
    }
    let kept = world.engine.read("SELECT attrs FROM products").await;
    assert_eq!(kept, [r#"{"n":["1.4"],"t":["a","b"]}"#]);
    let other = import.products(&[with(&[("t", &["a", "b"]), ("n", &["1.41"])])]).await;
    assert_eq!(counts(&other), [0, 1, 0, 0, 0]);
}

async fn a_number_is_one_only_where_the_property_says_so<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.properties(&[property("n", "Weight", ValueType::Number), property("t", "Size", ValueType::Text)]).await;

    import.products(&[with(&[("n", &["1\u{a0}000,50", "light"]), ("t", &["1,40"])])]).await;

    let kept = world.engine.read("SELECT attrs FROM products").await;
    assert_eq!(kept, [r#"{"n":["1000.5","light"],"t":["1,40"]}"#]);
}

/// Which products are in which groups.
async fn within<E: Engine>(world: &World<E>) -> Vec<String> {
    let select = "SELECT p.ext_id || ' in ' || g.ext_id FROM product_in_group i JOIN products p ON p.id = i.product_id \
                  JOIN product_groups g ON g.id = i.group_id ORDER BY 1";
    world.engine.read(select).await
}

fn in_groups(key: &str, groups: &[&str]) -> ProductRow {
    ProductRow { groups: words(groups), ..product(key) }
}

async fn a_product_is_in_the_groups_that_it_names_and_in_no_others<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.groups(&[group("x", None), group("y", None), group("z", None)]).await;
    import.products(&[in_groups("a", &["x", "y"]), in_groups("b", &["x"])]).await;
    assert_eq!(within(&world).await, words(&["a in x", "a in y", "b in x"]));

    let written = import.products(&[in_groups("a", &["z"]), in_groups("b", &["x"])]).await;

    assert_eq!(counts(&written), [0, 1, 0, 1, 0]);
    assert_eq!(within(&world).await, words(&["a in z", "b in x"]));
    import.products(&[in_groups("a", &[])]).await;
    assert_eq!(within(&world).await, words(&["b in x"]));
}

async fn a_product_is_in_a_group_as_soon_as_that_comes<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.products(&[in_groups("a", &["x", "y"]), in_groups("b", &["y"])]).await;
    import.products(&[in_groups("b", &["x"])]).await;
    assert_eq!(within(&world).await, [""; 0]);

    import.groups(&[group("x", None), group("y", None)]).await;

    assert_eq!(within(&world).await, words(&["a in x", "a in y", "b in x"]));
    assert_eq!(counts(&import.products(&[in_groups("a", &["x", "y"])]).await), [0, 0, 0, 1, 0]);
}

async fn what_is_unknown_is_kept_as_given_and_named_once_a_job<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let odd = |key: &str| ProductRow {
        unit: some("кг"),
        attrs: vec![("p".to_owned(), words(&["1,40"]))],
        ..in_groups(key, &["x"])
    };

    let written = import.products(&[product("plain"), odd("a"), odd("b")]).await;
    let later = import.products(&[odd("c")]).await;

    assert_eq!(counts(&written), [3, 0, 0, 0, 0]);
    let expected = [(1, Code::UnknownGroup, "x"), (1, Code::UnknownProperty, "p"), (1, Code::UnknownUnit, "кг")];
    assert_eq!((noted(&written), noted(&later)), (expected.to_vec(), Vec::new()));
    let kept = world.engine.read("SELECT unit || ' ' || attrs FROM products WHERE ext_id = 'a'").await;
    assert_eq!(kept, [r#"кг {"p":["1,40"]}"#]);
    let next = Import::begin(&world).await;
    assert_eq!(noted(&next.products(&[odd("c")]).await), expected.map(|(_, code, key)| (0, code, key)));
}

async fn a_unit_is_known_by_key_code_or_name<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let unit = UnitRow { ext_id: "u".into(), code: some("796"), name: some("шт"), full_name: None, deleted: false };
    import.batch(async |tx| tx.write_units(&[unit], Mode::Write).await).await;
    let measured = |unit: &str| ProductRow { unit: some(unit), ..product(unit) };

    let written = import.products(&["u", "796", "шт", "kg"].map(measured)).await;

    assert_eq!(noted(&written), [(3, Code::UnknownUnit, "kg")]);
}

fn branded(key: &str, brand: &str, name: Option<&str>, property: Option<&str>) -> ProductRow {
    let (name, property) = (name.map(str::to_owned), property.map(str::to_owned));
    ProductRow { brand: Some(BrandRow { ext_id: brand.to_owned(), name, property }), ..product(key) }
}

/// Products and their brands.
async fn brands<E: Engine>(world: &World<E>) -> Vec<String> {
    let select = "SELECT p.ext_id || ' by ' || b.name FROM products p JOIN brands b ON b.id = p.brand_id ORDER BY 1";
    world.engine.read(select).await
}

async fn brands_are_made_and_renamed_with_their_products<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let acme = |key: &str, name: &str| branded(key, "1", Some(name), None);

    let written = import.products(&[acme("a", "Acme"), acme("b", "Acme"), product("c")]).await;
    assert_eq!(written.made, [Made { kind: Kind::Brand, created: 1, updated: 0 }]);
    let same = import.products(&[acme("a", "Acme"), acme("b", "Acme"), product("c")]).await;
    assert!(same.is_idle(), "{same:?}");
    let renamed = import.products(&[acme("a", "ACME"), acme("b", "ACME"), product("c")]).await;

    assert_eq!(counts(&renamed), [0, 2, 0, 1, 0]);
    assert_eq!(renamed.made, [Made { kind: Kind::Brand, created: 0, updated: 1 }]);
    assert_eq!(brands(&world).await, words(&["a by ACME", "b by ACME"]));
    import.products(&[product("a")]).await;
    assert_eq!(brands(&world).await, words(&["b by ACME"]));
}

async fn a_brand_that_is_a_value_is_called_as_that_is<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.properties(&[property("p", "Бренд", ValueType::Variant), property("q", "Q", ValueType::Variant)]).await;
    import.property_variants(&[variant("q", "1", "Wrong"), variant("p", "1", "Acme")]).await;
    let rows = [branded("a", "1", None, Some("p")), branded("b", "Beta", None, Some("p"))];

    import.products(&rows).await;
    assert_eq!(brands(&world).await, words(&["a by Acme", "b by Beta"]));

    import.property_variants(&[variant("p", "1", "ACME")]).await;
    assert_eq!(counts(&import.products(&rows).await), [0, 1, 0, 1, 0]);
    assert_eq!(brands(&world).await, words(&["a by ACME", "b by Beta"]));
}

async fn properties_of_brands_are_found_by_key_or_name<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let rows = [
        property("1", "Бренд", ValueType::Variant),
        property("БРЕНД", "Brand", ValueType::Text),
        property("3", "Бренд-менеджер", ValueType::Text),
        property("4", "Вес", ValueType::Number),
    ];

    import.batch(async |tx| tx.write_properties(&rows, Mode::Dry).await).await;
    let would = world.store.brand_properties(import.held.id).await.expect("read");
    let nobodys = world.store.brand_properties(import.held.id + 1).await.expect("read");
    import.properties(&rows).await;
    let are = world.store.brand_properties(import.held.id + 1).await.expect("read");

    assert_eq!((would, nobodys, are), (words(&["1", "БРЕНД"]), Vec::new(), words(&["1", "БРЕНД"])));
}

async fn any_text_is_kept_as_it_is<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    for text in ["'; DROP TABLE products; --", r#"{"a": [1, "\u0041"]}"#, "null", "796", "\u{1f}\u{2028}🙂", "\\"] {
        let row = ProductRow { name: some(text), description: some(&text.repeat(1_000)), ..product(text) };

        assert_eq!(counts(&import.products(std::slice::from_ref(&row)).await), [1, 0, 0, 0, 0], "{text:?}");
        assert_eq!(counts(&import.products(&[row]).await), [0, 0, 0, 1, 0], "{text:?}");
    }
    let kept =
        world.engine.read("SELECT ext_id FROM products WHERE name <> ext_id OR length(description) < 1000").await;
    assert_eq!(kept, [""; 0]);
    assert_eq!(
        world.engine.read("SELECT name FROM products WHERE ext_id LIKE '%DROP%'").await,
        ["'; DROP TABLE products; --"]
    );
}

/// A name longer than an index of PostgreSQL can hold once failed the batch, and with it the import.
async fn texts_of_any_length_are_kept<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let long = |seed: u32| -> String {
        let letters = (0..9_000_u32).map(|n| n.wrapping_mul(2_654_435_761).wrapping_add(seed * 97) >> 7);
        letters.map(|n| char::from_u32(0x4e00 + n % 20_000).expect("a letter")).collect()
    };
    let brand = BrandRow { ext_id: long(1), name: None, property: None };
    let unit = UnitRow { ext_id: "u".into(), name: Some(long(2)), ..UnitRow::default() };
    let row = ProductRow {
        name: Some(long(3)),
        sku: Some(long(4)),
        unit: Some(long(5)),
        description: Some(long(6)),
        brand: Some(brand),
        ..product("a")
    };

    for mode in [Mode::Dry, Mode::Write] {
        import.batch(async |tx| tx.write_units(std::slice::from_ref(&unit), mode).await).await;
        let rows = std::slice::from_ref(&row);
        let written = import.batch(async |tx| tx.write_products(rows, mode).await).await;
        assert_eq!(counts(&written), [1, 0, 0, 0, 0]);
    }

    assert_eq!(counts(&import.products(std::slice::from_ref(&row)).await), [0, 0, 0, 1, 0]);
    let lengths = "SELECT length(p.name) || ' ' || length(p.sku) || ' ' || length(p.unit) || ' ' || length(b.name) \
                   FROM products p JOIN brands b ON b.id = p.brand_id";
    assert_eq!(world.engine.read(lengths).await, ["9000 255 9000 9000"]);
}

async fn thousands_of_rows_are_written_at_once<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let attrs: Vec<(String, Vec<String>)> = (0..20).map(|n| (format!("p{n}"), words(&["value"]))).collect();
    let rows: Vec<ProductRow> = (0..5_000)
        .map(|n| ProductRow { attrs: attrs.clone(), groups: words(&["x"]), ..product(&n.to_string()) })
        .collect();

    assert_eq!(counts(&import.products(&rows).await), [5_000, 0, 0, 0, 0]);
    assert_eq!(counts(&import.products(&rows).await), [0, 0, 0, 5_000, 0]);
    assert_eq!(world.engine.read("SELECT '' || count(*) FROM products").await, ["5000"]);
    import.groups(&[group("x", None)]).await;
    assert_eq!(world.engine.read("SELECT '' || count(*) FROM product_in_group").await, ["5000"]);
}

async fn there_is_a_catalogue_as_soon_as_there_is_a_product<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.groups(&[group("x", None)]).await;
    assert!(!world.store.has_products().await.expect("read"));

    import.products(&[ProductRow { deleted: true, ..product("a") }]).await;

    assert!(world.store.has_products().await.expect("read"));
}
