//! Shops that are made up, and known to the last cent.

use lockstep_app::{ImportOrder, ImportType, NoticeQuery, Only, jobs::JobState};
use lockstep_commerceml::sample::{Encoding, Shop, Totals};
use serde_json::json;

use super::site::{Held, catalog, changed, counts};
use crate::common::{World, world};

fn check(held: &Held, totals: &Totals, customers: u64) {
    let rows = |name: &str| u64::try_from(held.rows[name]).expect("a count");
    assert_eq!(rows("groups"), totals.groups);
    assert_eq!((rows("products"), rows("products_deleted")), (totals.products, totals.deleted));
    assert_eq!(rows("variants"), totals.offers);
    assert_eq!((rows("prices"), held.sum_price), (totals.prices, totals.sum_price));
    assert_eq!((rows("stocks"), held.sum_qty), (totals.stocks, totals.sum_quantity));
    assert_eq!(rows("customers"), customers);
}

/// Imports it as it should be done: dry, for good, again, and its customers.
async fn check_shop(shop: Shop, packed: bool) {
    let world = world().await;
    let source = if packed { "shop.zip" } else { "shop" };
    match packed {
        true => Shop::pack(&world.imports().join(source), shop.folders()).expect("packed"),
        false => Shop::write(&world.imports().join(source), shop.folders()).expect("written"),
    }
    let dry = world.import(ImportOrder { dry_run: true, ..catalog(source) }).await;
    assert_eq!(dry.state, JobState::Completed, "{:?}", dry.error);
    assert!(world.held().await.is_nothing(), "a dry run writes nothing");

    let first = world.import(catalog(source)).await;

    assert_eq!(first.state, JobState::Completed, "{:?}", first.error);
    assert_eq!(first.shown()["counts"], dry.shown()["counts"], "the dry run has counted what came");
    let totals = shop.totals();
    check(&world.held().await, &totals, 0);
    assert_eq!(counts(&first, "products"), [totals.products, totals.products, 0, 0, 0, 0]);
    assert_eq!(counts(&first, "prices"), [totals.prices, totals.prices, 0, 0, 0, 0]);

    let (held, told) = (world.held().await, world.news().len());
    let second = world.import(catalog(source)).await;
    assert_eq!((second.state, changed(&second)), (JobState::Completed, 0));
    assert_eq!(counts(&second, "stocks"), [totals.stocks, 0, 0, totals.stocks, 0, 0]);
    assert_eq!((world.held().await, world.news().len()), (held, told), "nothing is new, so nothing is told");

    let customers = world.import(ImportOrder::new(ImportType::Customers, source)).await;
    assert_eq!(counts(&customers, "customers"), [totals.customers, totals.customers, 0, 0, 0, 0]);
    check(&world.held().await, &totals, totals.customers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_in_folders_is_held_to_the_last_cent_and_twice_the_same() {
    check_shop(Shop::default(), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_is_as_good_as_a_folder() {
    check_shop(Shop { encoding: Encoding::Utf8, ..Shop::default() }, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn windows_1251_is_as_good_as_utf_8() {
    check_shop(Shop { encoding: Encoding::Windows1251, ..Shop::default() }, false).await;
}

async fn pair(world: &World, shop: Shop) {
    Shop::write(&world.imports().join("pair"), shop.pair()).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_and_stocks_are_taken_from_a_pair_once_its_catalogue_is_there() {
    let (world, shop) = (world().await, Shop { customers: 0, ..Shop::default() });
    pair(&world, shop).await;
    world.import(ImportOrder { only: vec![Only::Goods], ..catalog("pair") }).await;
    let held = world.held().await;
    assert_eq!((held.rows["products"], held.rows["variants"], held.rows["prices"]), (60, 0, 0));

    world.import(ImportOrder { only: vec![Only::Offers], ..catalog("pair") }).await;
    let prices = world.import(ImportOrder::new(ImportType::Prices, "pair")).await;
    let between = world.held().await;
    let stocks = world.import(ImportOrder::new(ImportType::Stocks, "pair")).await;

    let totals = shop.totals();
    assert_eq!(counts(&prices, "prices"), [totals.prices, totals.prices, 0, 0, 0, 0]);
    assert_eq!(between.rows["stocks"], 0, "prices bring no stocks");
    assert_eq!(counts(&stocks, "stocks"), [totals.stocks, totals.stocks, 0, 0, 0, 0]);
    check(&world.held().await, &totals, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_products_are_told_in_a_handful_of_events() {
    let (world, products) = (world().await, 6_200);
    let shop = Shop { products, per_file: 1_000, price_types: 1, warehouses: 1, ..Shop::default() };
    Shop::write(&world.imports().join("shop"), shop.folders()).expect("written");

    let job = world.import(catalog("shop")).await;

    assert_eq!(job.state, JobState::Completed, "{:?}", job.error);
    let news = world.news();
    assert!(news.len() <= 10, "{} events", news.len());
    let created: u64 = news.iter().map(|data| data["created"].as_u64().expect("a number")).sum();
    assert_eq!(created, products, "each new product is told of once");
    assert!(news.iter().all(|data| data["bulk"] == json!(true)), "{news:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_says_what_it_has_done_and_who_wanted_it_is_told() {
    let (world, shop) = (world().await, Shop::default());
    Shop::write(&world.imports().join("1c/2026-11"), shop.folders()).expect("written");
    let person = world.person("anna", &["imports.run"]).await;

    let order = ImportOrder { partial: false, ..catalog("1c/2026-11") };
    let job = world.app.start_import(&person, order).await.expect("started");
    world.until_over(&job).await;
    let told = async || {
        let query = NoticeQuery::read([]).expect("right");
        let page = world.app.notices(&person, &query).await.expect("read");
        page.items.iter().map(|notice| serde_json::to_value(notice).expect("JSON")).collect::<Vec<_>>()
    };
    world.run_until(async || !told().await.is_empty()).await;

    let news = told().await;
    assert_eq!((&news[0]["type"], &news[0]["status"]), (&json!("import_complete"), &json!("success")), "{news:?}");
    assert_eq!(news[0]["data"]["counts"]["products"]["created"], json!(60));
    let (session, _) = world.app.import_session(&person, &job.id.to_string()).await.expect("there");
    let shown =
        json!([session["type"], session["source"], session["state"], session["status"], session["import_type"]]);
    assert_eq!(shown, json!(["catalog", "1c/2026-11", "completed", "COMPLETED", "CATALOG"]));
    assert_eq!(session["report_details"]["products_created"], json!(60));
    let files = session["files"].as_array().expect("a list");
    assert!(files.iter().all(|file| file["state"] == "done" && file["done"] == file["rows"]), "{files:?}");
    let stages = session["progress"]["stages"].as_array().expect("a list");
    assert!(stages.iter().all(|stage| stage["done"] == stage["total"]), "{stages:?}");
    assert_eq!((&session["progress"]["percent"], &session["issuesTotal"]), (&json!(100), &json!(0)));
}
