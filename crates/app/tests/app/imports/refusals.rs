//! What is refused, where, and that nothing is half written then.

use std::fs;

use lockstep_app::{Caller, Error, ImportOrder, ImportType, Only, jobs::JobState};
use lockstep_commerceml::sample::Shop;
use serde_json::json;

use super::site::{catalog, changed, counts};
use crate::common::{World, told, world};

/// A set of one file.
fn write(world: &World, source: &str, text: &str) {
    let folder = world.imports().join(source);
    fs::create_dir_all(&folder).expect("made");
    fs::write(folder.join("goods.xml"), text).expect("written");
}

fn framed(inner: &str) -> String {
    format!("<КоммерческаяИнформация ВерсияСхемы=\"2.07\">\n{inner}\n</КоммерческаяИнформация>")
}

fn product(id: &str) -> String {
    format!("<Товар><Ид>{id}</Ид><Наименование>{id}</Наименование></Товар>")
}

fn goods(ids: &[&str], full: bool) -> String {
    let (products, changes) = (ids.iter().map(|id| product(id)).collect::<String>(), !full);
    framed(&format!("<Каталог СодержитТолькоИзменения=\"{changes}\"><Товары>{products}</Товары></Каталог>"))
}

fn offer(id: &str, inner: &str) -> String {
    format!("<Предложение><Ид>{id}</Ид>{inner}</Предложение>")
}

fn offers(inner: &str) -> String {
    framed(&format!("<ПакетПредложений><Предложения>{inner}</Предложения></ПакетПредложений>"))
}

fn price(kind: &str, amount: &str) -> String {
    format!("<Цены><Цена><ЦенаЗаЕдиницу>{amount}</ЦенаЗаЕдиницу><ИдТипаЦены>{kind}</ИдТипаЦены></Цена></Цены>")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stocks_cannot_be_imported_before_a_catalogue() {
    let world = world().await;
    Shop::write(&world.imports().join("shop"), Shop::default().folders()).expect("written");
    let stocks = ImportOrder::new(ImportType::Stocks, "shop");
    let operator = Caller::operator();

    assert_eq!(told(world.app.start_import(&operator, stocks.clone()).await).0, "import.catalog_required");
    let only = ImportOrder { only: vec![Only::Rests], ..catalog("shop") };
    assert_eq!(told(world.app.start_import(&operator, only).await).0, "import.catalog_required");
    let sources = world.app.import_sources(&operator).await.expect("listed");
    let locked = sources.types.iter().filter(|ready| ready.why.is_some()).map(|ready| ready.import_type.name());
    assert_eq!(locked.collect::<Vec<_>>(), ["stocks", "prices"]);

    // The catalogue went while the job waited.
    world.import(catalog("shop")).await;
    let job = world.want(stocks).await;
    world.empty().await;
    let job = world.until_over(&job).await;
    assert_eq!((job.state, job.error.expect("why").code.as_str()), (JobState::Failed, "import.catalog_required"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_import_writes_to_the_catalogue_at_a_time_and_the_other_is_named() {
    let world = world().await;
    Shop::write(&world.imports().join("shop"), Shop::default().folders()).expect("written");
    let first = world.want(catalog("shop")).await;

    let second = world.app.start_import(&Caller::operator(), ImportOrder::new(ImportType::Prices, "shop")).await;

    let Err(Error::JobRunning { code, job }) = second else { panic!("not refused: {second:?}") };
    assert_eq!((code, job.id), ("import.running", first.id));
    world.want(ImportOrder::new(ImportType::Customers, "shop")).await;
    let sources = world.app.import_sources(&Caller::operator()).await.expect("listed");
    assert_eq!(sources.active.map(|job| job.id), Some(first.id));
    assert!(sources.types.iter().all(|ready| ready.why.as_ref().expect("locked").code == "import.running"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_stops_an_import_before_anything_is_written() {
    let whole = goods(&["c"], false);
    let cut = whole.strip_suffix("</КоммерческаяИнформация>").expect("its end");
    let doctype = format!("<!DOCTYPE x [<!ENTITY e \"e\">]>\n{}", goods(&["a"], false));
    for (text, why) in [(cut, "ends too early"), (doctype.as_str(), "DOCTYPE"), ("", "is empty")] {
        let world = world().await;
        write(&world, "set", text);
        fs::write(world.imports().join("set/whole.xml"), &whole).expect("written");

        let job = world.import(catalog("set")).await;

        let error = job.error.clone().expect("why");
        assert_eq!((job.state, error.code.as_str()), (JobState::Failed, "import.broken_file"));
        assert!(error.message.starts_with("goods.xml:") && error.message.contains(why), "{}", error.message);
        assert_eq!(job.progress.as_ref().expect("noted")["stage"], "scan");
        assert!(world.held().await.is_nothing() && world.news().is_empty());
        let (session, _) = world.app.import_session(&Caller::operator(), &job.id.to_string()).await.expect("there");
        assert_eq!(session["files"][0]["state"], json!("broken"));
        assert!(session["files"][0]["error"]["line"].is_number(), "{}", session["files"][0]);

        let skipping = world.import(ImportOrder { skip_broken: true, ..catalog("set") }).await;
        assert_eq!(skipping.state, JobState::CompletedWithErrors, "{:?}", skipping.error);
        assert_eq!(world.issues(&skipping).await, ["error broken_file in goods.xml"]);
        assert_eq!(counts(&skipping, "products"), [1, 1, 0, 0, 0, 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_not_there_leads_elsewhere_or_has_nothing_is_refused() {
    let world = world().await;
    fs::create_dir_all(world.imports().join("empty")).expect("made");
    write(&world, "goods", &goods(&["a"], false));
    let start = async |source: &str| told(world.app.start_import(&Caller::operator(), catalog(source)).await).0;

    for source in ["nowhere", "../imports/goods", "/etc", "empty"] {
        assert_eq!(start(source).await, "import.no_source", "{source}");
    }
    let customers = world.import(ImportOrder::new(ImportType::Customers, "goods")).await;
    let error = customers.error.expect("why");
    assert_eq!((customers.state, error.code.as_str()), (JobState::Failed, "import.nothing"));
    assert!(error.message.contains("customer"), "{}", error.message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_rows_are_problems_with_their_place_and_each_element_is_named_once() {
    let world = world().await;
    write(&world, "set", &goods(&["a", "b"], false));
    let bad = [
        offer("a", &price("retail", "12,50")),
        offer("b", &price("retail", "dear")),
        offer("gone", &format!("{}<Количество>5</Количество>", price("retail", "1"))),
        offer("a#red", "<Количество>5</Количество>"),
        "<Предложение><Наименование>nobody</Наименование></Предложение>".to_owned(),
    ];
    fs::write(world.imports().join("set/offers.xml"), offers(&bad.join("\n"))).expect("written");

    let job = world.import(catalog("set")).await;

    assert_eq!(job.state, JobState::CompletedWithErrors, "{:?}", job.error);
    let mut issues = world.issues(&job).await;
    issues.sort();
    let expected = [
        "error bad_number in offers.xml",
        "error no_id in offers.xml",
        "error unknown_offer in offers.xml",
        "error unknown_product in offers.xml",
        "warning unknown_price_type in offers.xml",
    ];
    assert_eq!(issues, expected);
    let held = world.held().await;
    assert_eq!((held.rows["products"], held.rows["prices"], held.sum_price.to_string().as_str()), (2, 1, "12.5"));

    let again = world.app.retry_import(&Caller::operator(), &job.id.to_string(), true).await.expect("wanted");
    let again = world.until_over(&again).await;
    assert_eq!(again.payload["only_files"], json!(["offers.xml"]));
    assert_eq!((again.retry_of, changed(&again)), (Some(job.id), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_load_does_not_bring_is_gone_unless_that_is_most_of_it() {
    let world = world().await;
    write(&world, "set", &goods(&["a", "b", "c", "d", "e"], true));
    world.import(catalog("set")).await;

    write(&world, "set", &goods(&["a", "b", "c", "d"], false));
    world.import(catalog("set")).await;
    assert_eq!(world.held().await.rows["products_deleted"], 0, "changes alone take nothing away");
    write(&world, "set", &goods(&["a", "b", "c", "d"], true));
    world.import(ImportOrder { dry_run: true, ..catalog("set") }).await;
    assert_eq!(world.held().await.rows["products_deleted"], 0);
    let full = world.import(catalog("set")).await;
    assert_eq!(full.shown()["counts"]["products"]["deactivated"], json!(1));
    assert_eq!(world.held().await.rows["products_deleted"], 1);

    write(&world, "set", &goods(&["a"], true));
    let asked = world.import(catalog("set")).await;
    assert_eq!(asked.state, JobState::CompletedWithErrors);
    assert_eq!(world.issues(&asked).await, ["error mass_delete_skipped in ?"]);
    assert_eq!(world.held().await.rows["products_deleted"], 1);
    let part = world.import(ImportOrder { partial: true, ..catalog("set") }).await;
    assert_eq!((part.state, changed(&part)), (JobState::Completed, 0), "a part of a set takes nothing away");
    let told = world.import(ImportOrder { allow_mass_delete: true, ..catalog("set") }).await;
    assert_eq!(told.state, JobState::Completed);
    assert_eq!(world.held().await.rows["products_deleted"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_says_what_is_in_a_source_and_whether_it_can_be_imported() {
    let world = world().await;
    Shop::write(&world.imports().join("1c/shop"), Shop::default().folders()).expect("written");
    write(&world, "broken", "<КоммерческаяИнформация>");
    let operator = Caller::operator();
    let look = async |import_type, source: &str| {
        world.app.preview_import(&operator, import_type, source).await.expect("looked")
    };

    let catalogue = look(ImportType::Catalog, "1c/shop").await;
    assert!(catalogue.ready && catalogue.brings_goods && !catalogue.full);
    assert!(look(ImportType::Customers, "1c/shop").await.full, "its customers are all that there are");
    assert_eq!((catalogue.counts["product"], catalogue.counts["price"]), (60, 300));
    assert!(catalogue.files.iter().all(|file| file.seen_before.is_none() && file.error.is_none()));
    assert_eq!(look(ImportType::Stocks, "1c/shop").await.why.expect("locked").code, "import.catalog_required");
    assert_eq!(look(ImportType::Catalog, "broken").await.why.expect("locked").code, "import.broken_file");

    let job = world.import(catalog("1c/shop")).await;
    let again = look(ImportType::Catalog, "1c/shop").await;
    assert!(again.files.iter().all(|file| file.seen_before == Some(job.id.to_string())), "{:?}", again.files);
    let sources = world.app.import_sources(&operator).await.expect("listed");
    let names: Vec<_> = sources.items.iter().map(|item| (item.name.as_str(), item.kind)).collect();
    assert_eq!(names, [("1c", "folder"), ("1c/shop", "folder"), ("broken", "folder")]);
}

#[tokio::test]
async fn who_has_not_the_right_can_neither_start_nor_see_an_import() {
    let world = world().await;
    let person = world.person("anna", &["files.view"]).await;

    assert_eq!(told(world.app.start_import(&person, catalog("x")).await).0, "forbidden");
    assert_eq!(told(world.app.import_sources(&person).await).0, "forbidden");
    assert_eq!(told(world.app.import_session(&person, "1").await).0, "forbidden");
    assert_eq!(told(world.app.preview_import(&person, ImportType::Catalog, "x").await).0, "forbidden");
}
