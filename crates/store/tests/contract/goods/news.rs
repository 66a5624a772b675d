//! What pages hear of an import, and what a worker that has lost its job writes.

use lockstep_store::{
    goods::{CustomerRow, Mode},
    jobs::{JobState, LEASE_MS},
};
use serde_json::{Value as Json, json};

use super::{Import, claim, counts, group, offer, price, product, stock};
use crate::world::{Engine, NOON, World};

contract!(
    a_catalogue_is_told_in_one_event_a_second,
    products_whose_prices_change_are_named,
    a_list_that_changes_is_told_without_names,
    customers_are_never_named,
    nothing_is_told_when_nothing_has_changed,
    a_room_hears_one_thing_a_second_of_all_entities,
    a_worker_that_has_lost_its_job_writes_nothing,
);

async fn a_catalogue_is_told_in_one_event_a_second<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let rows: Vec<_> = (0..50).map(|n| product(&n.to_string())).collect();
    for (step, rows) in rows.chunks(5).enumerate() {
        world.hands.set(NOON + 300 * i64::try_from(step).expect("few"));
        import.groups(&[group(&step.to_string(), None)]).await;
        import.products(rows).await;
        let prices: Vec<_> = rows.iter().map(|row| price(&row.ext_id, "retail", "1")).collect();
        import.prices(&prices).await;
        let stocks: Vec<_> = rows.iter().map(|row| stock(&row.ext_id, None, "1")).collect();
        import.stocks(&stocks).await;
    }
    import.end(JobState::Completed).await;

    let log = world.log().await;
    let told: Vec<_> = log.iter().filter(|record| record.event.as_str() == "products:changed").collect();
    assert_eq!(told.len(), 4, "in 2.7 seconds, and the rest at the end");
    let news = world.product_news().await;
    assert!(news.iter().all(|news| news["entity"] == "product" && news["bulk"] == true), "{news:?}");
    let created: u64 = news.iter().filter_map(|news| news["created"].as_u64()).sum();
    assert_eq!(created, 50);
}

async fn products_whose_prices_change_are_named<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.products(&["a", "b", "c"].map(product)).await;
    import.offers(&[offer("a#1"), offer("a#2"), offer("b#1"), offer("c#1")]).await;
    let prices = ["a#1", "a#2", "b#1", "c#1"].map(|key| price(key, "retail", "1"));
    import.prices(&prices).await;
    import.end(JobState::Completed).await;
    let before = world.product_news().await.len();

    let next = Import::begin(&world).await;
    let rows = [price("a#1", "retail", "2"), price("a#2", "retail", "2"), price("b#1", "retail", "1")];
    next.prices(&rows).await;

    let a = world.engine.read("SELECT '' || id FROM products WHERE ext_id = 'a'").await;
    let expected = json!({"bulk": true, "entity": "product", "job": next.held.id.to_string(), "created": 0, "updated": 1,
        "deleted": 0, "ids": a});
    assert_eq!(world.product_news().await[before..], [expected]);
}

async fn a_list_that_changes_is_told_without_names<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;

    import.groups(&[group("a", None), group("b", None)]).await;

    let told = world.product_news().await;
    assert_eq!((told.len(), &told[0]["updated"], &told[0]["ids"]), (1, &json!(2), &Json::Null));
}

async fn customers_are_never_named<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let rows = ["a", "b"].map(|key| CustomerRow { ext_id: key.into(), ..CustomerRow::default() });

    let written = import.batch(async |tx| tx.write_customers(&rows, Mode::Write).await).await;

    assert_eq!(counts(&written), [2, 0, 0, 0, 0]);
    let told = world.product_news().await;
    let entity = (told[0]["entity"].clone(), told[0]["created"].clone(), told[0]["ids"].clone());
    assert_eq!((told.len(), entity), (1, (json!("customer"), json!(2), Json::Null)));
    let again = import.batch(async |tx| tx.write_customers(&rows, Mode::Write).await).await;
    assert!(again.is_idle(), "{again:?}");
}

async fn nothing_is_told_when_nothing_has_changed<E: Engine>(world: World<E>) {
    let all = async |import: &Import<'_, E>| {
        import.groups(&[group("a", None)]).await;
        import.products(&[product("a")]).await;
        import.offers(&[offer("a#1")]).await;
        import.prices(&[price("a#1", "retail", "1")]).await;
        import.stocks(&[stock("a#1", None, "1")]).await;
        import.end(JobState::Completed).await;
    };
    all(&Import::begin(&world).await).await;
    let before = world.product_news().await.len();
    world.hands.set(NOON + 5_000);

    all(&Import::begin(&world).await).await;

    assert_eq!(world.product_news().await.len(), before);
}

async fn a_room_hears_one_thing_a_second_of_all_entities<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let customer = |key: &str| CustomerRow { ext_id: key.into(), ..CustomerRow::default() };
    let entities = async || -> Vec<String> {
        let told = world.product_news().await;
        told.iter().map(|news| news["entity"].as_str().expect("a word").to_owned()).collect()
    };
    for (ms, key) in [(0, "a"), (10, "b"), (1_000, "c"), (1_010, "d"), (2_000, "e")] {
        world.hands.set(NOON + ms);
        import.products(&[product(key)]).await;
        import.batch(async |tx| tx.write_customers(&[customer(key)], Mode::Write).await).await;
    }
    assert_eq!(entities().await, ["product", "customer", "product"], "each in its turn");

    import.end(JobState::Completed).await;

    assert_eq!(entities().await, ["product", "customer", "product", "customer", "product"][..4].to_vec());
    let created: u64 = world.product_news().await.iter().filter_map(|news| news["created"].as_u64()).sum();
    assert_eq!(created, 10, "all is told in the end");
}

async fn a_worker_that_has_lost_its_job_writes_nothing<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let lost = import.held;
    let unfinished = world.store.begin_batch(lost, "dropped", None).await.expect("held");
    drop(unfinished);
    world.hands.set(NOON + LEASE_MS + 1);
    let next = Import { world: &world, held: claim(&world).await, batches: 0.into() };

    let refused = world.store.begin_batch(lost, "late", None).await;

    assert!(matches!(refused, Err(lockstep_store::jobs::NotHeld::Fenced)));
    assert_eq!(world.engine.read("SELECT ext_id FROM products").await, [""; 0]);
    assert_eq!(counts(&next.products(&[product("a")]).await), [1, 0, 0, 0, 0]);
}
