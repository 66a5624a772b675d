//! Offers, of products that are known.

use lockstep_store::goods::{CharacteristicRow, Code, OfferRow};

use super::{Import, counts, offer, product, skipped, some, words};
use crate::world::{Engine, World};

contract!(
    offers_are_new_changed_or_left_alone,
    offers_of_unknown_products_are_left_out,
    an_offer_that_nobody_declares_is_the_product_itself_or_nothing,
    a_declaration_beside_its_bearers_is_what_counts,
);

/// Variants and their products.
async fn variants<E: Engine>(world: &World<E>) -> Vec<String> {
    let select = "SELECT v.ext_id || ' of ' || p.ext_id || ': ' || v.name FROM variants v JOIN products p \
                  ON p.id = v.product_id ORDER BY v.ext_id";
    world.engine.read(select).await
}

fn bearer(key: &str) -> OfferRow {
    OfferRow { ext_id: key.to_owned(), ..OfferRow::default() }
}

async fn offers_are_new_changed_or_left_alone<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.products(&[product("a"), product("b")]).await;
    let red = CharacteristicRow { ext_id: None, name: some("Colour"), value: some("Red") };
    let coloured = OfferRow { characteristics: vec![red], ..offer("a#1") };
    let nameless = OfferRow { name: None, sku: some("1"), ..offer("b") };

    let rows = [coloured.clone(), offer("a#2"), nameless.clone()];
    assert_eq!(counts(&import.offers(&rows).await), [3, 0, 0, 0, 0]);
    assert_eq!(counts(&import.offers(&rows).await), [0, 0, 0, 3, 0]);
    let rows = [offer("a#1"), OfferRow { deleted: true, ..offer("a#2") }, nameless];
    assert_eq!(counts(&import.offers(&rows).await), [0, 1, 1, 1, 0]);

    assert_eq!(variants(&world).await, words(&["a#1 of a: Offer a#1", "a#2 of a: Offer a#2", "b of b: Product b"]));
    assert_eq!(counts(&import.offers(&[coloured]).await), [0, 1, 0, 0, 0]);
    let kept = "SELECT characteristics FROM variants WHERE ext_id = 'a#1'";
    assert_eq!(world.engine.read(kept).await, [r#"[{"id":null,"name":"Colour","value":"Red"}]"#]);
}

async fn offers_of_unknown_products_are_left_out<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.products(&[product("a")]).await;

    let written = import.offers(&[offer("never#1"), offer("a#1"), offer("never"), bearer("nor#1")]).await;

    assert_eq!(counts(&written), [1, 0, 0, 0, 3]);
    let unknown = Code::UnknownProduct;
    assert_eq!(skipped(&written), [(0, unknown), (2, unknown), (3, unknown)]);
}

async fn an_offer_that_nobody_declares_is_the_product_itself_or_nothing<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.products(&[product("a")]).await;

    let written = import.offers(&[bearer("a"), bearer("a#1"), bearer("a")]).await;

    assert_eq!((counts(&written), skipped(&written)), ([1, 0, 0, 1, 1], vec![(1, Code::UnknownOffer)]));
    assert_eq!(variants(&world).await, words(&["a of a: Product a"]));
    assert_eq!(counts(&import.offers(&[bearer("a")]).await), [0, 0, 0, 1, 0]);
    assert_eq!(counts(&import.offers(&[offer("a")]).await), [0, 1, 0, 0, 0], "what 1C says of it is news");
    assert_eq!(counts(&import.offers(&[bearer("a")]).await), [0, 0, 0, 1, 0], "and is not forgotten");
    assert_eq!(variants(&world).await, words(&["a of a: Offer a"]));
}

async fn a_declaration_beside_its_bearers_is_what_counts<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.products(&[product("a")]).await;

    let written = import.offers(&[bearer("a"), offer("a"), bearer("a"), bearer("a#1"), offer("a#1")]).await;

    assert_eq!(counts(&written), [2, 0, 0, 3, 0]);
    assert_eq!(variants(&world).await, words(&["a of a: Offer a", "a#1 of a: Offer a#1"]));
}
