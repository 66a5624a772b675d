//! Imports whose workers are killed, stopped and replaced, and imports of what nobody should believe: the catalogue is that of an import
//! that nothing disturbed, and nothing is written by somebody who has the session no longer.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use lockstep_commerceml::sample::Shop;
use lockstep_e2e::{Api, LIMIT, Page, Reply, Shape, eventually, within};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::orders::{Orders, TAKEOVER, until_fenced, until_job, wake};

/// Longer than any import here takes beside other tests, and than a lease.
const LONG: Duration = Duration::from_secs(240);

/// The shop of most tests: some batches of each kind.
const SHOP: Shop = Shop {
    products: 3_000,
    per_file: 500,
    properties: 3,
    price_types: 2,
    warehouses: 2,
    customers: 0,
    encoding: lockstep_commerceml::sample::Encoding::Utf8Marked,
};

/// The folder below which exchanges lie, and the orders to whoever imports them.
struct Stage {
    root: TempDir,
    orders: Orders,
}

impl Stage {
    fn new() -> Stage {
        Stage { root: TempDir::new().expect("a directory"), orders: Orders::none() }
    }

    fn shape(&self, shape: Shape) -> Shape {
        self.orders.given_to(shape.set("jobs", "import_root", &self.root.path().display().to_string()))
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn shop(&self, name: &str, shop: Shop) {
        Shop::write(&self.folder(name), shop.folders()).expect("written");
    }
}

async fn ask(admin: &Api, kind: &str, source: &str) -> Reply {
    admin.post("/api/imports", &json!({"type": kind, "source": source})).await
}

async fn begin(admin: &Api, kind: &str, source: &str) -> String {
    let session = ask(admin, kind, source).await.expect(202).json();
    session["id"].as_str().expect("an id").to_owned()
}

async fn over(admin: &Api, id: &str) -> Value {
    until_job(admin, id, "the end of the import", LONG, |session| session["finishedAt"].is_string()).await
}

async fn import(admin: &Api, kind: &str, source: &str) -> Value {
    over(admin, &begin(admin, kind, source).await).await
}

/// Every product as the catalogue shows it, without what differs from one database to the next.
async fn catalogue(admin: &Api) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let path = format!("/api/catalog/products?deleted=all&sort=sku&per_page=200&page={page}");
        let list = admin.get(&path).await.expect(200).json();
        let items = list["items"].as_array().expect("rows");
        rows.extend(items.iter().map(|row| {
            let prices: Vec<&Value> =
                row["prices"].as_array().expect("prices").iter().map(|price| &price["amount"]).collect();
            json!([
                row["extId"],
                row["sku"],
                row["name"],
                row["brand"]["name"],
                prices,
                row["stock"],
                row["variants"],
                row["deleted"]
            ])
        }));
        if items.len() < 200 {
            break;
        }
    }
    rows.sort_by_key(ToString::to_string);
    rows
}

/// The catalogue that an import of this shop leaves where nothing disturbs it.
async fn undisturbed(shop: Shop) -> Vec<Value> {
    let stage = Stage::new();
    stage.shop("shop", shop);
    let cluster = stage.shape(Shape::embedded()).start().await;
    let admin = cluster.admin().await;
    let session = import(&admin, "catalog", "shop").await;
    assert_eq!(session["state"], "completed", "{session}");
    catalogue(&admin).await
}

/// What the session has counted is what is in the shop, however often somebody else went on with it.
fn assert_counted(session: &Value, shop: Shop) {
    let totals = shop.totals();
    let expected = [
        ("products", totals.products),
        ("offers", totals.offers),
        ("prices", totals.prices),
        ("stocks", totals.stocks),
    ];
    for (kind, number) in expected {
        let counts = &session["counts"][kind];
        assert_eq!((&counts["created"], &counts["read"]), (&json!(number), &json!(number)), "{kind}: {session}");
    }
}

/// The sum of what pages were told of new and changed products.
async fn told(admin: &Api) -> (usize, u64) {
    let changes = admin.get("/api/changes?limit=200").await.expect(200).json();
    let events: Vec<&Value> =
        changes["items"].as_array().expect("events").iter().filter(|event| event["scope"] == "room:products").collect();
    let created = events.iter().filter_map(|event| event["data"]["created"].as_u64()).sum();
    (events.len(), created)
}

#[tokio::test]
async fn an_import_whose_workers_are_killed_at_any_step_ends_as_if_nothing_had_happened() {
    let stage = Stage::new();
    stage.shop("shop", SHOP);
    let mut cluster = stage.shape(Shape::workers(2)).start().await;
    let admin = cluster.admin().await;
    let places = ["job:fence", "job:work", "job:commit", "job:publish"];
    places.iter().for_each(|place| stage.orders.give(place));

    let id = begin(&admin, "catalog", "shop").await;
    // Each place kills one worker, however many times the supervisor starts a new one.
    for place in places {
        eventually(place, TAKEOVER, || std::future::ready(stage.orders.is_obeyed(place).then_some(()))).await;
    }
    for number in 0..2 {
        cluster.ready(number).await;
    }
    let admin = cluster.admin().await;
    let session = over(&admin, &id).await;

    assert_eq!(session["state"], "completed", "{session}");
    assert!(session["fence"].as_u64() >= Some(5), "four workers were lost: {session}");
    assert_counted(&session, SHOP);
    assert_eq!(catalogue(&admin).await, undisturbed(SHOP).await);
    assert!(ask(&admin, "catalog", "shop").await.status.is_success(), "the lock is free");
}

#[tokio::test]
async fn a_lone_server_that_is_killed_goes_on_with_its_import_as_soon_as_it_is_back() {
    let stage = Stage::new();
    stage.shop("shop", SHOP);
    let mut cluster = stage.shape(Shape::embedded()).start().await;
    let admin = cluster.admin().await;
    let id = begin(&admin, "catalog", "shop").await;
    until_job(&admin, &id, "some products", LONG, |session| {
        session["counts"]["products"]["created"].as_u64() > Some(0)
    })
    .await;
    stage.orders.give("job:work");
    within("its death", LIMIT, cluster.server().ended()).await;

    cluster.serve().await;
    let admin = cluster.admin().await;
    let session = over(&admin, &id).await;

    assert_eq!((&session["state"], &session["fence"]), (&json!("completed"), &json!(2)), "{session}");
    let lost = session["lost"].as_array().expect("a list");
    assert_eq!(lost.len(), 1, "{session}");
    assert!(lost[0]["file"].is_string() && lost[0]["by"].is_u64(), "who, and where: {session}");
    assert_counted(&session, SHOP);
    assert_eq!(catalogue(&admin).await, undisturbed(SHOP).await);
}

/// Stopped after its batch, it holds nothing; stopped in the middle of one, PostgreSQL ends its transaction after ten seconds.
#[tokio::test]
async fn a_worker_that_slept_through_its_replacement_writes_nothing_into_the_catalogue() {
    for place in ["job:publish:stop", "job:work:stop"] {
        let stage = Stage::new();
        stage.shop("shop", SHOP);
        let mut sleeper = stage.shape(Shape::embedded().on_postgres()).start().await;
        let admin = sleeper.admin().await;
        stage.orders.give(place);
        let id = begin(&admin, "catalog", "shop").await;
        stage.orders.stands_at(place, &mut sleeper).await;

        let other = stage.shape(Shape::embedded().beside(&sleeper)).start().await;
        let there = admin.at(&other.worker(0));
        let session = over(&there, &id).await;
        let before = (catalogue(&there).await, told(&there).await);
        wake(&mut sleeper);
        sleeper.ready(0).await;
        until_fenced(&admin).await;

        assert_eq!((&session["state"], &session["fence"]), (&json!("completed"), &json!(2)), "{place}: {session}");
        assert_counted(&session, SHOP);
        assert_eq!(
            (catalogue(&there).await, told(&there).await),
            before,
            "{place}: whoever woke up has written something"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_gives_its_import_back() {
    let stage = Stage::new();
    stage.shop("shop", SHOP);
    let mut cluster = stage.shape(Shape::embedded()).start().await;
    let admin = cluster.admin().await;
    stage.orders.give("job:publish:stop");
    let id = begin(&admin, "catalog", "shop").await;
    stage.orders.stands_at("job:publish:stop", &mut cluster).await;

    cluster.terminate();
    cluster.server().signal(Signal::CONT);
    within("its end", LIMIT, cluster.server().ended()).await;
    cluster.serve().await;
    let admin = cluster.admin().await;
    let session = over(&admin, &id).await;

    assert_eq!(
        (&session["state"], &session["attempt"]),
        (&json!("completed"), &json!(1)),
        "it was given back: {session}"
    );
    assert_eq!(session["lost"], json!([]), "nobody died");
    assert_counted(&session, SHOP);
}

#[tokio::test]
async fn an_import_that_is_cancelled_on_another_worker_keeps_its_part_and_a_second_try_the_rest() {
    let stage = Stage::new();
    stage.shop("shop", SHOP);
    let mut importing = stage.shape(Shape::embedded().on_postgres()).start().await;
    let other = stage.shape(Shape::embedded().beside(&importing)).set("jobs", "concurrency", "0").start().await;
    let admin = importing.admin().await;
    let there = admin.at(&other.worker(0));
    let id = begin(&admin, "catalog", "shop").await;
    until_job(&admin, &id, "some products", LONG, |session| {
        session["counts"]["products"]["created"].as_u64() > Some(0)
    })
    .await;
    stage.orders.give("job:publish:stop");
    stage.orders.stands_at("job:publish:stop", &mut importing).await;

    let asked = there.post(&format!("/api/imports/{id}/cancel"), &Value::Null).await.expect(202).json();
    wake(&mut importing);
    let session = over(&there, &id).await;

    assert_eq!((&asked["state"], &asked["cancelRequested"]), (&json!("running"), &json!(true)));
    assert_eq!((&session["state"], &session["status"]), (&json!("cancelled"), &json!("CANCELLED")), "{session}");
    let kept = catalogue(&there).await.len();
    assert!((1..3_000).contains(&kept), "{kept} products are kept");
    let retried = there.post(&format!("/api/imports/{id}/retry"), &json!({})).await.expect(202).json();
    assert_eq!(retried["retryOf"], json!(id), "{retried}");
    let session = over(&there, retried["id"].as_str().expect("an id")).await;
    assert_eq!(session["state"], "completed", "{session}");
    assert_eq!(catalogue(&there).await, undisturbed(SHOP).await);
}

#[tokio::test]
async fn of_two_imports_that_are_started_at_once_on_two_workers_one_runs() {
    let stage = Stage::new();
    stage.shop("shop", SHOP);
    let cluster = stage.shape(Shape::workers(2)).start().await;
    let admin = cluster.admin().await;
    let there = admin.at(&cluster.worker(1));

    let (one, two) = tokio::join!(ask(&admin, "catalog", "shop"), ask(&there, "catalog", "shop"));

    let (taken, refused) = if one.status == 202 { (one, two) } else { (two, one) };
    let (taken, said) = (taken.expect(202).json(), refused.json());
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "import.running".to_owned()), "{said}");
    assert_eq!(said["session"]["id"], taken["id"], "{said}");
    let session = over(&admin, taken["id"].as_str().expect("an id")).await;
    assert_counted(&session, SHOP);
    let sessions = admin.get("/api/imports").await.expect(200).json();
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(1), "{sessions}");
}

#[tokio::test]
async fn prices_before_any_catalogue_are_refused_with_what_to_do() {
    let stage = Stage::new();
    stage.shop("shop", Shop { products: 10, ..SHOP });
    for list in ["goods", "groups", "offers"] {
        fs::remove_dir_all(stage.folder("shop").join(list)).expect("gone");
    }
    let cluster = stage.shape(Shape::embedded()).start().await;
    let admin = cluster.admin().await;

    let refused = ask(&admin, "prices", "shop").await;

    let said = refused.json();
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "import.catalog_required".to_owned()), "{said}");
    assert_eq!(admin.get("/api/imports").await.expect(200).json()["items"], json!([]));
}

/// It dies of the same place each time: a file that takes the process with it.
#[tokio::test]
async fn an_import_that_kills_whoever_does_it_is_given_up_and_the_next_one_may_start() {
    let stage = Stage::new();
    stage.shop("shop", Shop { products: 30, ..SHOP });
    let cluster = stage.shape(Shape::workers(2)).start().await;
    let admin = cluster.admin().await;
    stage.orders.give("job:fence");
    let id = begin(&admin, "catalog", "shop").await;
    let mut deaths = 0;
    while deaths < 3 {
        eventually("a death", LONG, || std::future::ready(stage.orders.is_obeyed("job:fence").then_some(()))).await;
        deaths += 1;
        if deaths < 3 {
            stage.orders.give("job:fence");
        }
    }

    let session = over(&admin, &id).await;

    let expected = (&json!("failed"), &json!("worker_lost"));
    assert_eq!((&session["state"], &session["error"]["code"]), expected, "{session}");
    let next = import(&admin, "catalog", "shop").await;
    assert_eq!(next["state"], "completed", "{next}");
}

#[tokio::test]
async fn a_file_that_is_cut_off_stops_the_import_before_anything_is_written() {
    let stage = Stage::new();
    stage.shop("shop", Shop { products: 60, per_file: 20, ..SHOP });
    let goods = files(&stage.folder("shop/goods"));
    let text = fs::read(&goods[1]).expect("read");
    fs::write(&goods[1], &text[..text.len() / 2]).expect("written");
    let cluster = stage.shape(Shape::embedded()).start().await;
    let admin = cluster.admin().await;

    let session = import(&admin, "catalog", "shop").await;

    let said = session["error"]["message"].as_str().unwrap_or_default();
    let name = goods[1].file_name().and_then(|name| name.to_str()).expect("a name");
    assert_eq!(
        (&session["state"], &session["error"]["code"]),
        (&json!("failed"), &json!("import.broken_file")),
        "{session}"
    );
    assert!(said.contains(name) && said.contains(':'), "the file and the place are named: {said}");
    assert_eq!(catalogue(&admin).await, Vec::<Value>::new());
    assert_eq!(told(&admin).await, (0, 0));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn an_import_goes_on_without_redis_and_pages_follow() {
    let stage = Stage::new();
    stage.shop("shop", SHOP);
    let mut cluster = stage.shape(Shape::workers(2)).start().await;
    let admin = cluster.admin().await;
    let mut page = Page::open(&cluster.worker(1), &admin).await;
    let _ = page.join("imports").await;
    let id = begin(&admin, "catalog", "shop").await;
    until_job(&admin, &id, "some products", LONG, |session| {
        session["counts"]["products"]["created"].as_u64() > Some(0)
    })
    .await;

    cluster.redis().crash();
    let ended = within("the end, on a page", LONG, async {
        page.event_where("imports:changed", |event| event["data"]["finishedAt"].is_string()).await
    })
    .await;

    assert_eq!(ended.body["data"]["state"], "completed");
    assert_counted(&over(&admin, &id).await, SHOP);
}

/// What a page hears of many products: first news at once, then once a second, and how it ended.
#[tokio::test]
async fn six_thousand_products_are_a_handful_of_events_and_the_same_once_more_are_none() {
    let stage = Stage::new();
    stage.shop("shop", Shop { products: 6_200, per_file: 1_000, ..SHOP });
    let cluster = stage.shape(Shape::embedded()).start().await;
    let admin = cluster.admin().await;

    let first = import(&admin, "catalog", "shop").await;
    let (events, created) = told(&admin).await;
    let again = import(&admin, "catalog", "shop").await;

    assert_eq!(first["counts"]["products"]["created"], 6_200, "{first}");
    assert!(created >= 6_200, "{created} rows in {events} events");
    let seconds = first["seconds"].as_f64().expect("a time");
    assert!(events as f64 <= seconds + 3.0, "{events} events in {seconds} s");
    for kind in ["products", "offers", "prices", "stocks"] {
        let counts = &again["counts"][kind];
        assert_eq!((&counts["created"], &counts["updated"]), (&json!(0), &json!(0)), "{kind}: {again}");
        assert_eq!(counts["unchanged"], counts["read"], "{kind}: {again}");
    }
    assert_eq!(told(&admin).await, (events, created), "the same once more is no news");
}
