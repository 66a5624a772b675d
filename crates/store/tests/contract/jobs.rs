//! Long work: who has a job, what a batch commits, how it ends.

use lockstep_protocol::{Actor, Room};
use lockstep_store::{
    Error, Store,
    jobs::{
        Cancelling, Claimant, Claimed, Ending, Enqueued, Failure, Held, Job, JobQuery, JobState, LEASE_MS, NewJob,
        NotHeld,
    },
};
use serde_json::json;

use crate::{
    races::{PROCESSES, ROUNDS, at_once},
    world::{Engine, NOON, World},
};

contract!(
    a_job_goes_its_way_and_each_step_is_told_in_its_place,
    of_one_scope_one_job_is_alive,
    of_those_who_want_a_scope_at_once_one_gets_it,
    of_those_who_look_for_work_at_once_one_gets_it,
    a_batch_keeps_the_place_and_the_lease_or_nothing,
    a_worker_that_wakes_up_after_it_was_replaced_commits_nothing,
    a_batch_that_began_before_the_lease_ran_out_is_not_overtaken,
    a_job_that_loses_its_worker_three_times_at_one_place_is_given_up,
    losses_after_progress_do_not_count_together,
    a_wish_to_end_takes_effect_at_once_where_nobody_runs_and_at_the_next_step_where_somebody_does,
    a_job_that_was_to_end_ends_with_its_lost_worker,
    what_takes_too_long_is_stopped_and_can_only_be_ended,
    a_failure_that_may_pass_is_tried_again_later_and_at_last_no_more,
    who_goes_gives_back_and_the_next_one_goes_on,
    a_job_of_another_machine_or_kind_is_left_alone,
    the_dead_of_a_machine_need_not_be_waited_for,
    the_same_again_begins_where_it_ended,
    what_follows_an_end_is_done_by_one_at_a_time_until_it_is_done,
    a_list_is_read_page_by_page_and_filtered,
    old_jobs_are_forgotten_and_running_ones_never,
);

const MAX_RUNTIME: i64 = 3_600_000;

fn scan(scope: &str) -> NewJob {
    let event = "jobs:changed".parse().expect("a name");
    let requested_by = Some(Actor { id: "1".into(), name: "Anna".into() });
    let lock_scope = Some(scope.to_owned());
    NewJob { lock_scope, requested_by, ..NewJob::new("scan", json!({"registrator": scope}), Room::Registrators, event) }
}

fn worker(name: &str) -> Claimant {
    Claimant { kinds: vec!["scan"], host: Some("here".into()), boot: name.to_owned(), max_runtime_ms: MAX_RUNTIME }
}

async fn want(store: &Store, new: &NewJob) -> Job {
    match store.enqueue_job(new).await.expect("written") {
        Enqueued::New(pending) => pending.commit().await.expect("kept").0,
        other => panic!("{other:?} is in the way"),
    }
}

async fn try_claim(store: &Store, name: &str) -> Option<Claimed> {
    let pending = store.claim_job(&worker(name)).await.expect("asked")?;
    Some(pending.commit().await.expect("kept").0)
}

async fn claim(store: &Store, name: &str) -> Claimed {
    try_claim(store, name).await.expect("there is something to do")
}

/// One committed batch without work.
async fn batch(store: &Store, held: Held, cursor: &str) -> Result<(), NotHeld> {
    store.begin_batch(held, cursor, Some(r#"{"percent":1}"#)).await?.finish().await?.commit().await?;
    Ok(())
}

async fn finish(store: &Store, held: Held, state: JobState) -> Result<Job, NotHeld> {
    let ending = Ending { state, error: None, report: Some(json!({"new": 3})), progress: None };
    Ok(store.finish_job(held, ending).await?.commit().await?.0)
}

async fn cancel(store: &Store, id: i64) -> Cancelling {
    store.cancel_job(&id.to_string()).await.expect("asked")
}

async fn cancelled(store: &Store, id: i64) -> Job {
    match cancel(store, id).await {
        Cancelling::Asked(pending) => pending.commit().await.expect("kept").0,
        other => panic!("{other:?}"),
    }
}

async fn sweep(store: &Store) -> Vec<Job> {
    match store.sweep_jobs().await.expect("asked") {
        Some(pending) => pending.commit().await.expect("kept").0,
        None => Vec::new(),
    }
}

async fn look(store: &Store, id: i64) -> Job {
    store.job(&id.to_string()).await.expect("there")
}

impl<E: Engine> World<E> {
    /// The states that were told of jobs, in their order.
    async fn told(&self) -> Vec<String> {
        let log = self.log().await;
        let told = log.iter().filter(|record| record.event.as_str() == "jobs:changed");
        let state = |data: &str| serde_json::from_str::<serde_json::Value>(data).expect("JSON")["state"].clone();
        told.map(|record| {
            let state = state(record.data.as_ref().expect("the job").get());
            format!("{} {} {}", record.id, record.reason, state.as_str().expect("text"))
        })
        .collect()
    }
}

async fn a_job_goes_its_way_and_each_step_is_told_in_its_place<E: Engine>(world: World<E>) {
    let store = &world.store;

    let job = want(store, &scan("scan:5")).await;
    let claimed = claim(store, "a").await;
    batch(store, claimed.held(), "photos/2024").await.expect("ours");
    let ended = finish(store, claimed.held(), JobState::Completed).await.expect("ours");

    assert_eq!((job.id, job.state, job.created_at), (1, JobState::Queued, NOON));
    assert_eq!((claimed.job.fence, claimed.job.attempt, claimed.job.worker), (1, 1, Some(7)));
    assert!(claimed.lost.is_none());
    assert_eq!(ended, look(store, 1).await);
    assert_eq!((ended.cursor.as_deref(), &ended.progress), (Some("photos/2024"), &Some(json!({"percent": 1}))));
    assert_eq!((ended.report, ended.finished_at), (Some(json!({"new": 3})), Some(NOON)));
    assert_eq!(world.told().await, ["1 added queued", "1 updated running", "1 updated completed"]);
    let log = world.log().await;
    assert!(log.iter().all(|record| record.scope.to_string() == "room:registrators"));
    assert!(try_claim(store, "a").await.is_none(), "nothing is left to do");
}

async fn of_one_scope_one_job_is_alive<E: Engine>(world: World<E>) {
    let store = &world.store;
    let first = want(store, &scan("scan:5")).await;
    want(store, &scan("scan:6")).await;

    for _ in 0..2 {
        match store.enqueue_job(&scan("scan:5")).await.expect("asked") {
            Enqueued::Active(job) => assert_eq!(job.id, first.id),
            other => panic!("two of one scope, or {other:?}"),
        }
        claim(store, "a").await;
    }
    finish(store, Held { id: first.id, fence: 1 }, JobState::Failed).await.expect("ours");
    let second = want(store, &scan("scan:5")).await;

    assert!(second.id > first.id);
    let free = NewJob { lock_scope: None, ..scan("") };
    assert_ne!(want(store, &free).await.id, want(store, &free).await.id, "without a scope as many as are wanted");
}

async fn of_those_who_want_a_scope_at_once_one_gets_it<E: Engine>(world: World<E>) {
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let scope = format!("scan:{round}");
        let wish = |_, store: Store| {
            let new = scan(&scope);
            async move {
                match store.enqueue_job(&new).await.expect("asked") {
                    Enqueued::New(pending) => Ok(pending.commit().await.expect("kept").0.id),
                    Enqueued::Active(job) => Err(job.id),
                    Enqueued::Missing => panic!("it needs nothing"),
                }
            }
        };
        let outcomes = at_once(&stores, wish).await;
        let got: Vec<i64> = outcomes.iter().filter_map(|outcome| outcome.ok()).collect();
        assert_eq!(got.len(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|outcome| outcome.unwrap_or_else(|id| id) == got[0]), "{outcomes:?}");
    }
}

async fn of_those_who_look_for_work_at_once_one_gets_it<E: Engine>(world: World<E>) {
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let job = want(&world.store, &scan(&format!("scan:{round}"))).await;
        let looks = at_once(&stores, |_, store| async move { try_claim(&store, "x").await }).await;
        let got: Vec<Claimed> = looks.into_iter().flatten().collect();
        assert_eq!(got.iter().map(|claimed| claimed.job.id).collect::<Vec<_>>(), [job.id]);
    }
}

async fn a_batch_keeps_the_place_and_the_lease_or_nothing<E: Engine>(world: World<E>) {
    let store = &world.store;
    want(store, &scan("scan:5")).await;
    let held = claim(store, "a").await.held();
    world.hands.set(NOON + 9_000);

    drop(store.begin_batch(held, "left in the middle", None).await.expect("ours"));
    let left = look(store, 1).await;
    batch(store, held, "kept").await.expect("ours");
    let kept = look(store, 1).await;
    world.hands.set(NOON + 20_000);
    let renewed = store.renew_job(held, None).await.expect("ours").commit().await.expect("kept");

    assert_eq!((left.cursor, left.lease_until), (None, NOON + LEASE_MS));
    assert_eq!((kept.cursor.as_deref(), kept.lease_until), (Some("kept"), NOON + 9_000 + LEASE_MS));
    assert!(!renewed.0 && renewed.1.is_empty(), "nothing is owed, and keeping a job is no news");
    let now = look(store, 1).await;
    assert_eq!((now.cursor.as_deref(), now.lease_until), (Some("kept"), NOON + 20_000 + LEASE_MS));
}

async fn a_worker_that_wakes_up_after_it_was_replaced_commits_nothing<E: Engine>(world: World<E>) {
    let [sleeper, other] = &world.several(2).await[..] else { panic!("two") };
    want(sleeper, &scan("scan:5")).await;
    let old = claim(sleeper, "a").await.held();
    batch(sleeper, old, "one").await.expect("ours");
    world.hands.set(NOON + LEASE_MS);
    assert!(try_claim(other, "b").await.is_none(), "to the last moment it is his");
    world.hands.set(NOON + LEASE_MS + 1);

    let claimed = claim(other, "b").await;
    let before = look(other, 1).await;

    assert_eq!((claimed.job.cursor.as_deref(), claimed.job.attempt), (Some("one"), 2));
    assert_eq!(claimed.lost.as_ref().and_then(|lost| lost.boot.as_deref()), Some("a"));
    let woken = batch(sleeper, old, "two").await;
    assert!(matches!(woken, Err(NotHeld::Fenced)), "{woken:?}");
    assert!(matches!(sleeper.renew_job(old, Some("{}")).await.err(), Some(NotHeld::Fenced)));
    assert!(matches!(finish(sleeper, old, JobState::Completed).await, Err(NotHeld::Fenced)));
    assert!(matches!(sleeper.release_job(old).await.err(), Some(NotHeld::Fenced)));
    let why = Failure::new("x", "x");
    assert!(matches!(sleeper.retry_job_later(old, why, NOON).await.err(), Some(NotHeld::Fenced)));
    assert!(matches!(sleeper.check_job(old).await, Err(NotHeld::Fenced)));
    assert_eq!(look(other, 1).await, before, "all of it was in vain");
    batch(other, claimed.held(), "two").await.expect("his own");
}

/// On PostgreSQL the row is held, so the lease may run out meanwhile; a file has one writer anyway.
async fn a_batch_that_began_before_the_lease_ran_out_is_not_overtaken<E: Engine>(world: World<E>) {
    let [slow, other] = &world.several(2).await[..] else { panic!("two") };
    want(slow, &scan("scan:5")).await;
    let held = claim(slow, "a").await.held();
    let batch = slow.begin_batch(held, "one", None).await.expect("ours");
    world.hands.set(NOON + 10 * LEASE_MS);

    let overtaking = async { other.claim_job(&worker("b")).await.ok().flatten() };
    let ending = async { batch.finish().await.expect("written").commit().await.expect("kept") };
    let (overtaken, _) = tokio::join!(overtaking, ending);
    // Whoever waited for the batch saw it ended, and the job as it is after it.
    let cursor = overtaken.is_some();
    drop(overtaken);
    let claimed = claim(other, "b").await;

    assert_eq!(claimed.job.cursor.as_deref(), Some("one"), "whether or not the other came to it at once ({cursor})");
    assert_eq!(claimed.job.attempt, 2, "the batch counts as progress");
}

async fn a_job_that_loses_its_worker_three_times_at_one_place_is_given_up<E: Engine>(world: World<E>) {
    let store = &world.store;
    want(store, &scan("scan:5")).await;
    for attempt in 1..=3_i64 {
        let claimed = claim(store, "a").await;
        assert_eq!(claimed.job.attempt, attempt);
        assert!(sweep(store).await.is_empty(), "its worker is not lost yet");
        world.hands.set(NOON + attempt * 2 * LEASE_MS);
    }

    assert!(try_claim(store, "b").await.is_none());
    let ended = sweep(store).await;

    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].state, ended[0].fence), (JobState::Failed, 4));
    assert_eq!(ended[0].error.as_ref().map(|error| error.code.as_str()), Some("worker_lost"));
    assert!(sweep(store).await.is_empty());
    want(store, &scan("scan:5")).await;
}

async fn losses_after_progress_do_not_count_together<E: Engine>(world: World<E>) {
    let store = &world.store;
    want(store, &scan("scan:5")).await;
    for loss in 1..=10_i64 {
        let claimed = claim(store, "a").await;
        batch(store, claimed.held(), &loss.to_string()).await.expect("ours");
        world.hands.set(NOON + loss * 2 * LEASE_MS);
        assert!(sweep(store).await.is_empty());
    }
    assert_eq!(claim(store, "b").await.job.cursor.as_deref(), Some("10"));
}

async fn a_wish_to_end_takes_effect_at_once_where_nobody_runs_and_at_the_next_step_where_somebody_does<E: Engine>(
    world: World<E>,
) {
    let store = &world.store;
    let waiting = want(store, &scan("scan:5")).await.id;
    assert_eq!(cancelled(store, waiting).await.state, JobState::Cancelled);
    assert!(matches!(cancel(store, waiting).await, Cancelling::Ended(job) if job.id == waiting));
    assert!(try_claim(store, "a").await.is_none());

    let running = want(store, &scan("scan:5")).await.id;
    let held = claim(store, "a").await.held();
    let asked = cancelled(store, running).await;
    assert_eq!((asked.state, asked.cancel_requested), (JobState::Running, true));
    assert!(matches!(cancel(store, running).await, Cancelling::Before(_)), "said twice, told once");
    assert!(matches!(batch(store, held, "x").await, Err(NotHeld::Cancelled)));
    assert!(matches!(store.check_job(held).await, Err(NotHeld::Cancelled)));
    assert_eq!(finish(store, held, JobState::Cancelled).await.expect("his to end").cursor, None);

    let told = world.told().await;
    assert_eq!(told[..2], ["1 added queued", "1 updated cancelled"]);
    assert_eq!(told[2..], ["2 added queued", "2 updated running", "2 updated running", "2 updated cancelled"]);
    assert!(matches!(store.cancel_job("99").await, Err(Error::NotFound)));
}

async fn a_job_that_was_to_end_ends_with_its_lost_worker<E: Engine>(world: World<E>) {
    let store = &world.store;
    let id = want(store, &scan("scan:5")).await.id;
    claim(store, "a").await;
    cancelled(store, id).await;
    world.hands.set(NOON + 2 * LEASE_MS);

    assert!(try_claim(store, "b").await.is_none(), "nobody begins anew what is not wanted");
    assert_eq!(sweep(store).await.iter().map(|job| job.state).collect::<Vec<_>>(), [JobState::Cancelled]);
}

async fn what_takes_too_long_is_stopped_and_can_only_be_ended<E: Engine>(world: World<E>) {
    let store = &world.store;
    want(store, &scan("scan:5")).await;
    let first = claim(store, "a").await.held();
    world.hands.set(NOON + MAX_RUNTIME - 1);
    // A second worker has no more time than the first has left.
    let second = claim(store, "b").await.held();
    batch(store, second, "in time").await.expect("ours");
    world.hands.set(NOON + MAX_RUNTIME);

    assert!(matches!(batch(store, second, "late").await, Err(NotHeld::TimedOut)));
    assert!(matches!(batch(store, first, "late").await, Err(NotHeld::Fenced)));
    let ended = finish(store, second, JobState::Failed).await.expect("his to end");
    assert_eq!(ended.cursor.as_deref(), Some("in time"));
}

async fn a_failure_that_may_pass_is_tried_again_later_and_at_last_no_more<E: Engine>(world: World<E>) {
    let store = &world.store;
    want(store, &scan("scan:5")).await;
    let mut states = Vec::new();
    for attempt in 1..=3_i64 {
        let held = claim(store, "a").await.held();
        let run_at = NOON + attempt * 5_000;
        let later = store.retry_job_later(held, Failure::new("retry", "the disk was away"), run_at).await;
        states.push(later.expect("ours").commit().await.expect("kept").0.state);
        assert!(try_claim(store, "a").await.is_none(), "not before its time");
        world.hands.set(run_at);
    }

    assert_eq!(states, [JobState::RetryWait, JobState::RetryWait, JobState::Failed]);
    assert_eq!(look(store, 1).await.error, Some(Failure::new("retry", "the disk was away")));
}

async fn who_goes_gives_back_and_the_next_one_goes_on<E: Engine>(world: World<E>) {
    let store = &world.store;
    want(store, &scan("scan:5")).await;
    let first = claim(store, "a").await.held();
    batch(store, first, "one").await.expect("ours");

    let released = store.release_job(first).await.expect("ours").commit().await.expect("kept").0;
    let claimed = claim(store, "b").await;

    assert_eq!((released.state, released.attempt), (JobState::Queued, 0));
    assert_eq!((claimed.job.cursor.as_deref(), claimed.job.attempt), (Some("one"), 1));
    assert!(claimed.lost.is_none(), "it was not lost but given back");
    assert!(matches!(batch(store, first, "two").await, Err(NotHeld::Fenced)));
}

async fn a_job_of_another_machine_or_kind_is_left_alone<E: Engine>(world: World<E>) {
    let store = &world.store;
    want(store, &NewJob { host: Some("there".into()), ..scan("scan:5") }).await;
    want(store, &NewJob { kind: "import".into(), ..scan("import") }).await;
    assert!(try_claim(store, "a").await.is_none());

    let here = want(store, &NewJob { host: Some("here".into()), ..scan("scan:6") }).await;

    assert_eq!(claim(store, "a").await.job.id, here.id);
}

async fn the_dead_of_a_machine_need_not_be_waited_for<E: Engine>(world: World<E>) {
    let store = &world.store;
    want(store, &scan("scan:5")).await;
    want(store, &scan("scan:6")).await;
    claim(store, "dead").await;
    claim(store, "alive").await;

    assert_eq!(store.bury_boot("dead").await.expect("done"), 1);

    let claimed = claim(store, "b").await;
    assert_eq!((claimed.job.id, claimed.job.fence), (1, 2));
    assert_eq!(claimed.lost.and_then(|lost| lost.boot), Some("dead".into()));
    assert!(try_claim(store, "b").await.is_none(), "the other one lives");
}

async fn the_same_again_begins_where_it_ended<E: Engine>(world: World<E>) {
    let store = &world.store;
    let boris = Some(Actor { id: "2".into(), name: "Boris".into() });
    want(store, &scan("scan:5")).await;
    let held = claim(store, "a").await.held();
    batch(store, held, "half").await.expect("ours");
    assert!(matches!(store.retry_job("1", boris.clone()).await, Ok(Enqueued::Active(job)) if job.id == 1));
    finish(store, held, JobState::Failed).await.expect("ours");

    let Ok(Enqueued::New(pending)) = store.retry_job("1", boris.clone()).await else { panic!("it has ended") };
    let again = pending.commit().await.expect("kept").0;

    assert_eq!((again.id, again.retry_of, again.cursor.as_deref()), (2, Some(1), Some("half")));
    assert_eq!((&again.requested_by, again.payload), (&boris, json!({"registrator": "scan:5"})));
    let held = claim(store, "a").await.held();
    finish(store, held, JobState::Completed).await.expect("ours");
    let Ok(Enqueued::New(pending)) = store.retry_job("2", boris).await else { panic!("it has ended") };
    assert_eq!(pending.commit().await.expect("kept").0.cursor, None, "what was completed begins anew");
}

async fn what_follows_an_end_is_done_by_one_at_a_time_until_it_is_done<E: Engine>(world: World<E>) {
    let store = &world.store;
    let id = want(store, &scan("scan:5")).await.id;
    let ended = async || {
        let jobs = store.ended_jobs(&["scan"]).await.expect("asked");
        jobs.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(ended().await, [0; 0], "it has not ended");
    cancelled(store, id).await;

    assert!(store.ended_jobs(&["import"]).await.expect("asked").is_empty());
    assert_eq!(ended().await, [id]);
    assert_eq!(ended().await, [0; 0], "somebody does it");
    world.hands.set(NOON + LEASE_MS + 1);
    assert_eq!(ended().await, [id], "he did not come to an end");
    store.settle_job(id).await.expect("done");
    world.hands.set(NOON + 10 * LEASE_MS);
    assert_eq!(ended().await, [0; 0], "all is done");
}

async fn a_list_is_read_page_by_page_and_filtered<E: Engine>(world: World<E>) {
    let store = &world.store;
    for registrator in ["5", "6", "5"] {
        let (entity, name) = ("registrators".to_owned(), "Archive".to_owned());
        let subject = lockstep_store::jobs::Subject { entity, id: registrator.to_owned(), name };
        let id = want(store, &NewJob { subject: Some(subject), ..scan("scan") }).await.id;
        if id < 3 {
            cancelled(store, id).await;
        }
    }
    let query = |limit| JobQuery { kinds: vec!["scan".into()], limit, ..JobQuery::default() };
    let ids = async |query: JobQuery| {
        let page = store.jobs(&query).await.expect("read");
        (page.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), page.next)
    };

    assert_eq!(ids(query(2)).await, (vec![3, 2], Some("2".into())));
    assert_eq!(ids(JobQuery { before: Some("2".into()), ..query(2) }).await, (vec![1], None));
    assert_eq!(ids(JobQuery { active: true, ..query(9) }).await.0, [3]);
    assert_eq!(ids(JobQuery { subject: Some("registrators:5".into()), ..query(9) }).await.0, [3, 1]);
    assert_eq!(ids(JobQuery { kinds: vec![], ..query(9) }).await.0, [0; 0]);
    assert!(matches!(
        store.jobs(&JobQuery { before: Some("x".into()), ..query(9) }).await,
        Err(Error::BadQuery { .. })
    ));
    let shown = look(store, 3).await.shown();
    assert_eq!(shown["subject"], json!({"entity": "registrators", "id": "5", "name": "Archive"}));
    assert_eq!((&shown["id"], &shown["requestedBy"]["name"]), (&json!("3"), &json!("Anna")));
    assert_eq!(store.jobs(&query(1)).await.expect("read").position.seq, world.log().await.last().expect("told").seq);
}

async fn old_jobs_are_forgotten_and_running_ones_never<E: Engine>(world: World<E>) {
    let store = &world.store;
    let old = want(store, &scan("scan:5")).await.id;
    cancelled(store, old).await;
    let running = want(store, &scan("scan:6")).await.id;
    claim(store, "a").await;
    let day_later = NOON + 86_400_000;
    assert_eq!(store.forget_jobs(day_later).await.expect("done"), 0, "not all is done that follows its end");
    store.settle_job(old).await.expect("done");

    assert_eq!(store.forget_jobs(NOON).await.expect("done"), 0, "not yet");
    assert_eq!(store.forget_jobs(day_later).await.expect("done"), 1);
    assert_eq!(store.forget_jobs(day_later).await.expect("done"), 0);

    assert!(matches!(store.job(&old.to_string()).await, Err(Error::NotFound)));
    assert_eq!(look(store, running).await.state, JobState::Running);
}
