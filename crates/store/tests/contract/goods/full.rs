//! The end of a full load: what was not in it is gone, and its row stays.

use lockstep_protocol::Room;
use lockstep_store::{
    goods::{CustomerRow, Kind, Mode, ProductRow, Unseen},
    jobs::{Enqueued, Held, JobState, NewJob},
};
use serde_json::json;

use super::{Import, claim, counts, group, offer, product, some, words};
use crate::world::{Engine, World};

contract!(
    what_a_full_load_has_not_met_becomes_deleted_and_comes_back,
    rows_that_are_new_do_not_hide_how_many_are_gone,
    what_is_gone_is_found_some_rows_at_a_time,
    every_kind_of_row_can_be_gone,
    another_try_knows_what_the_first_had_met,
    what_a_completed_import_has_met_is_swept_away,
    what_a_job_has_kept_goes_with_it,
    stocks_cannot_be_wanted_before_there_is_a_catalogue,
);

impl<E: Engine> Import<'_, E> {
    async fn see(&self, kind: Kind, keys: &[&str]) {
        self.batch(async |tx| tx.note_seen(kind, keys.iter().copied()).await).await;
    }

    async fn unseen(&self, kind: Kind) -> (u64, u64) {
        let Unseen { live, unseen } = self.world.store.count_unseen(self.held.id, kind).await.expect("counted");
        (live, unseen)
    }

    /// Ends a full load of a kind; how many rows are gone, in how many steps.
    pub(super) async fn close(&self, kind: Kind, mode: Mode) -> (u64, u64) {
        let (mut gone, mut steps, mut after) = (0, 0, Some(0));
        while let Some(place) = after {
            let (written, next) = self.batch(async |tx| tx.deactivate_unseen(kind, place, mode).await).await;
            (gone, steps, after) = (gone + written.deactivated, steps + 1, next);
        }
        (gone, steps)
    }
}

/// The keys of products that are not deleted.
async fn live<E: Engine>(world: &World<E>) -> Vec<String> {
    world.engine.read("SELECT ext_id FROM products WHERE deleted = 0 ORDER BY ext_id").await
}

async fn what_a_full_load_has_not_met_becomes_deleted_and_comes_back<E: Engine>(world: World<E>) {
    let before = Import::begin(&world).await;
    before.products(&["a", "b", "c"].map(product)).await;
    before.end(JobState::Completed).await;

    let import = Import::begin(&world).await;
    import.products(&[ProductRow { name: some("New"), ..product("a") }]).await;
    import.see(Kind::Product, &["a", "b"]).await;
    assert_eq!(import.unseen(Kind::Product).await, (3, 1));
    assert_eq!(import.close(Kind::Product, Mode::Write).await.0, 1);
    assert_eq!(import.close(Kind::Product, Mode::Write).await.0, 0, "it is gone already");
    import.end(JobState::Completed).await;

    assert_eq!(live(&world).await, ["a", "b"]);
    let next = Import::begin(&world).await;
    assert_eq!(counts(&next.products(&["a", "b", "c"].map(product)).await), [0, 2, 0, 1, 0]);
    assert_eq!(live(&world).await, ["a", "b", "c"]);
}

async fn rows_that_are_new_do_not_hide_how_many_are_gone<E: Engine>(world: World<E>) {
    let before = Import::begin(&world).await;
    before.products(&["a", "b"].map(product)).await;
    before.end(JobState::Completed).await;

    let import = Import::begin(&world).await;
    import.products(&["1", "2", "3", "4", "5", "6", "7", "8"].map(product)).await;
    import.see(Kind::Product, &["1", "2", "3", "4", "5", "6", "7", "8", "b"]).await;

    assert_eq!(import.unseen(Kind::Product).await, (2, 1));
}

async fn what_is_gone_is_found_some_rows_at_a_time<E: Engine>(world: World<E>) {
    let before = Import::begin(&world).await;
    let keys: Vec<String> = (0..4_500).map(|n| n.to_string()).collect();
    let rows: Vec<ProductRow> = keys.iter().map(|key| product(key)).collect();
    before.products(&rows).await;
    before.end(JobState::Completed).await;

    let import = Import::begin(&world).await;
    let seen: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !key.ends_with('7')).collect();
    import.see(Kind::Product, &seen).await;

    assert_eq!(import.unseen(Kind::Product).await, (4_500, 450));
    assert_eq!(import.close(Kind::Product, Mode::Write).await, (450, 3));
    assert_eq!(world.engine.read("SELECT '' || count(*) FROM products WHERE deleted = 0").await, ["4050"]);
}

async fn every_kind_of_row_can_be_gone<E: Engine>(world: World<E>) {
    let before = Import::begin(&world).await;
    before.groups(&[group("g", None)]).await;
    before.products(&[product("a")]).await;
    before.offers(&[offer("a#1")]).await;
    let customer = CustomerRow { ext_id: "c".into(), ..CustomerRow::default() };
    before.batch(async |tx| tx.write_customers(&[customer], Mode::Write).await).await;
    before.end(JobState::Completed).await;

    let import = Import::begin(&world).await;
    for (kind, gone) in [(Kind::Group, 1), (Kind::Offer, 1), (Kind::Customer, 1), (Kind::Price, 0), (Kind::Unit, 0)] {
        assert_eq!(import.unseen(kind).await, (gone, gone), "{kind:?}");
        assert_eq!(import.close(kind, Mode::Write).await.0, gone, "{kind:?}");
    }
    let left = "SELECT ext_id FROM product_groups WHERE deleted = 0 UNION SELECT ext_id FROM variants WHERE deleted = 0 \
                UNION SELECT ext_id FROM customers WHERE deleted = 0 UNION SELECT ext_id FROM products WHERE deleted = 0";
    assert_eq!(world.engine.read(left).await, ["a"]);
}

async fn another_try_knows_what_the_first_had_met<E: Engine>(world: World<E>) {
    let before = Import::begin(&world).await;
    before.products(&["a", "b", "c"].map(product)).await;
    before.end(JobState::Completed).await;
    let first = Import::begin(&world).await;
    first.see(Kind::Product, &["a"]).await;
    first.end(JobState::Failed).await;

    let second = Import::begin(&world).await;
    while second.batch(async |tx| tx.inherit_traces(first.held.id).await).await {}
    second.see(Kind::Product, &["b"]).await;

    assert_eq!(second.unseen(Kind::Product).await, (3, 1));
    second.close(Kind::Product, Mode::Write).await;
    assert_eq!(live(&world).await, ["a", "b"]);
}

async fn traces<E: Engine>(world: &World<E>) -> Vec<String> {
    let select =
        "SELECT 'seen ' || ext_id FROM import_seen UNION ALL SELECT 'would ' || ext_id FROM import_would ORDER BY 1";
    world.engine.read(select).await
}

async fn what_a_completed_import_has_met_is_swept_away<E: Engine>(world: World<E>) {
    let first = Import::begin(&world).await;
    first.see(Kind::Product, &["a"]).await;
    first.batch(async |tx| tx.write_groups(&[group("g", None)], Mode::Dry).await).await;
    first.end(JobState::Cancelled).await;
    assert_eq!(traces(&world).await, words(&["seen a", "would g"]), "another try may need it");

    let second = Import::begin(&world).await;
    while second.batch(async |tx| tx.inherit_traces(first.held.id).await).await {}
    second.end(JobState::CompletedWithErrors).await;

    assert_eq!(traces(&world).await, [""; 0]);
}

async fn what_a_job_has_kept_goes_with_it<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    import.see(Kind::Product, &["a"]).await;
    import.batch(async |tx| tx.write_groups(&[group("g", None)], Mode::Dry).await).await;
    import.batch(async |tx| tx.add_issues(&[super::issues::issue("unknown_product")]).await).await;
    import.batch(async |tx| tx.put_import_files(&[super::issues::file("a.xml", "00")], Mode::Write).await).await;
    import.end(JobState::Failed).await;

    assert_eq!(world.store.forget_jobs(crate::world::NOON + 1).await.expect("forgotten"), 1);

    let left = "SELECT 'issue' FROM import_issues UNION ALL SELECT 'total' FROM import_totals UNION ALL SELECT 'file' FROM import_files";
    assert_eq!((world.engine.read(left).await, traces(&world).await), (Vec::new(), Vec::new()));
}

async fn stocks_cannot_be_wanted_before_there_is_a_catalogue<E: Engine>(world: World<E>) {
    let event = "imports:changed".parse().expect("a name");
    let stocks = NewJob {
        requires_products: true,
        lock_scope: some("import"),
        ..NewJob::new("import.catalog", json!({}), Room::Imports, event)
    };
    let catalogue = NewJob { requires_products: false, ..stocks.clone() };
    let want = async |job: &NewJob| world.store.enqueue_job(job).await.expect("asked");
    assert!(matches!(want(&stocks).await, Enqueued::Missing));

    let Enqueued::New(pending) = want(&catalogue).await else { panic!("it needs nothing") };
    pending.commit().await.expect("kept");
    assert!(matches!(want(&stocks).await, Enqueued::Active(job) if job.id == 1), "what runs is the nearer reason");
    let held: Held = claim(&world).await;
    let import = Import { world: &world, held, batches: 0.into() };
    import.products(&[product("a")]).await;
    import.end(JobState::Completed).await;

    assert!(matches!(want(&stocks).await, Enqueued::New(_)));
}
