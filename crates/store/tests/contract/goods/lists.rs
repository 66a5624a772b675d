//! Lists that products refer to, and the tree of groups.

use lockstep_store::goods::{Code, Kind, Made, Mode, PriceTypeRow, UnitRow, ValueType, WarehouseRow};

use super::{Import, counts, group, noted, property, some, variant, words};
use crate::world::{Engine, World};

contract!(
    a_list_is_written_once_and_corrected_where_it_says_something_else,
    of_doubles_the_last_one_holds_and_every_row_is_counted,
    a_deleted_row_stays_and_comes_back,
    what_has_no_name_goes_by_its_key,
    values_to_choose_from_belong_to_their_property,
    a_value_of_an_unknown_property_makes_it_and_names_it_once,
    groups_are_a_tree_in_whatever_order_they_come,
    a_group_that_moves_takes_along_all_below_it,
    groups_in_a_circle_do_no_harm,
);

async fn a_list_is_written_once_and_corrected_where_it_says_something_else<E: Engine>(world: World<E>) {
    let unit = |key: &str, code: &str| UnitRow { ext_id: key.into(), code: some(code), ..UnitRow::default() };
    let warehouse = |key: &str, name: &str| WarehouseRow { ext_id: key.into(), name: some(name), ..Default::default() };
    let price_type =
        |key: &str, currency: &str| PriceTypeRow { ext_id: key.into(), currency: some(currency), ..Default::default() };
    let first = Import::begin(&world).await;
    let all = async |import: &Import<'_, E>, word: &str| {
        import
            .batch(async |tx| {
                let units = tx.write_units(&[unit("1", "796"), unit("2", word)], Mode::Write).await?;
                let warehouses = tx.write_warehouses(&[warehouse("1", "A"), warehouse("2", word)], Mode::Write).await?;
                let types = [price_type("1", "RUB"), price_type("2", word)];
                let price_types = tx.write_price_types(&types, Mode::Write).await?;
                let rows = [property("1", "A", ValueType::Text), property("2", word, ValueType::Number)];
                let properties = tx.write_properties(&rows, Mode::Write).await?;
                let values = [variant("1", "1", "A"), variant("1", "2", word)];
                let variants = tx.write_property_variants(&values, Mode::Write).await?;
                Ok([units, warehouses, price_types, properties, variants])
            })
            .await
    };

    let new = all(&first, "x").await;
    let same = all(&first, "x").await;
    let changed = all(&first, "y").await;

    for n in 0..new.len() {
        assert_eq!(counts(&new[n]), [2, 0, 0, 0, 0], "list {n}");
        assert_eq!(counts(&same[n]), [0, 0, 0, 2, 0], "list {n}");
        assert!(same[n].is_idle());
        assert_eq!(counts(&changed[n]), [0, 1, 0, 1, 0], "list {n}");
    }
    let revisions = world.engine.read("SELECT code || ' ' || rev FROM units ORDER BY ext_id").await;
    assert_eq!(revisions, ["796 1", "y 2"]);
    let kept = "SELECT ext_id || ' ' || folded || ' ' || search || ' ' || created_job FROM warehouses ORDER BY ext_id";
    let job = first.held.id;
    assert_eq!(world.engine.read(kept).await, [format!("1 a a {job}"), format!("2 y y {job}")]);
}

async fn of_doubles_the_last_one_holds_and_every_row_is_counted<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;

    let rows = [group("a", None), group("b", None), group("a", Some("b")), group("a", Some("b"))];
    let written = import.groups(&rows).await;

    assert_eq!(counts(&written), [2, 0, 0, 2, 0]);
    assert_eq!(world.engine.read("SELECT parent_ext FROM product_groups WHERE ext_id = 'a'").await, ["b"]);
}

async fn a_deleted_row_stays_and_comes_back<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let gone = lockstep_store::goods::GroupRow { deleted: true, ..group("a", None) };
    import.groups(&[group("a", None)]).await;

    assert_eq!(counts(&import.groups(std::slice::from_ref(&gone)).await), [0, 0, 1, 0, 0]);
    assert_eq!(counts(&import.groups(&[gone]).await), [0, 0, 0, 1, 0]);
    assert_eq!(world.engine.read("SELECT name FROM product_groups WHERE deleted = 1").await, ["Group a"]);
    assert_eq!(counts(&import.groups(&[group("a", None)]).await), [0, 1, 0, 0, 0]);
    assert_eq!(world.engine.read("SELECT name FROM product_groups WHERE deleted = 0").await, ["Group a"]);
}

async fn what_has_no_name_goes_by_its_key<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let nameless = lockstep_store::goods::GroupRow { name: None, ..group("Ключ", None) };

    import.groups(&[nameless]).await;

    assert_eq!(world.engine.read("SELECT name || ' ' || folded FROM product_groups").await, ["Ключ ключ"]);
}

async fn values_to_choose_from_belong_to_their_property<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.properties(&[property("p", "P", ValueType::Variant), property("q", "Q", ValueType::Variant)]).await;

    let written = import.property_variants(&[variant("p", "1", "Red"), variant("q", "1", "Large")]).await;
    let changed = import.property_variants(&[variant("p", "1", "Blue"), variant("q", "1", "Large")]).await;

    assert_eq!((counts(&written), counts(&changed)), ([2, 0, 0, 0, 0], [0, 1, 0, 1, 0]));
    let kept = "SELECT p.ext_id || ' ' || v.value FROM property_variants v JOIN properties p ON p.id = v.property_id ORDER BY 1";
    assert_eq!(world.engine.read(kept).await, ["p Blue", "q Large"]);
}

async fn a_value_of_an_unknown_property_makes_it_and_names_it_once<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;

    let written = import.property_variants(&[variant("p", "1", "Red"), variant("p", "2", "Blue")]).await;
    let later = import.properties(&[property("p", "Colour", ValueType::Variant)]).await;

    assert_eq!(counts(&written), [2, 0, 0, 0, 0]);
    assert_eq!(written.made, [Made { kind: Kind::Property, created: 1, updated: 0 }]);
    assert_eq!(noted(&written), [(0, Code::UnknownProperty, "p")]);
    assert_eq!(counts(&later), [0, 1, 0, 0, 0], "what 1C says of it is news");
}

/// Paths by the names of the groups, such as `a/b`.
async fn tree<E: Engine>(world: &World<E>) -> Vec<String> {
    let ids = world.engine.read("SELECT '/' || id || '/=' || ext_id FROM product_groups").await;
    let paths = world.engine.read("SELECT path FROM product_groups WHERE path <> ''").await;
    let named = |path: String| {
        let steps = path.split('/').filter(|step| !step.is_empty()).map(|step| {
            let found = ids.iter().find_map(|id| id.strip_prefix(&format!("/{step}/=")));
            found.expect("a group").to_owned()
        });
        steps.collect::<Vec<_>>().join("/")
    };
    let mut named: Vec<String> = paths.into_iter().map(named).collect();
    named.sort();
    named
}

async fn groups_are_a_tree_in_whatever_order_they_come<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;

    let first = import.groups(&[group("c", Some("b")), group("d", Some("never"))]).await;
    assert_eq!(noted(&first), [(0, Code::UnknownGroup, "b"), (1, Code::UnknownGroup, "never")]);
    let second = import.groups(&[group("b", Some("a")), group("a", None), group("e", Some("never"))]).await;

    assert_eq!(noted(&second), [], "said before");
    assert_eq!(tree(&world).await, words(&["a", "a/b", "a/b/c", "d", "e"]));
}

async fn a_group_that_moves_takes_along_all_below_it<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.groups(&[group("a", None), group("b", Some("a")), group("c", Some("b")), group("z", None)]).await;

    let moved = import.groups(&[group("b", Some("z"))]).await;
    assert_eq!(counts(&moved), [0, 1, 0, 0, 0]);
    assert_eq!(tree(&world).await, words(&["a", "z", "z/b", "z/b/c"]));

    import.groups(&[group("b", None)]).await;
    assert_eq!(tree(&world).await, words(&["a", "b", "b/c", "z"]));
}

async fn groups_in_a_circle_do_no_harm<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;

    let written = import.groups(&[group("a", Some("b")), group("b", Some("a")), group("c", Some("c"))]).await;

    assert_eq!(counts(&written), [3, 0, 0, 0, 0]);
    assert_eq!(tree(&world).await, ["c"]);
}
