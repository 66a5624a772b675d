//! Long work over a real store, with a handler written for the test and a clock that only tests move.

mod site;
mod tasks;

use std::time::Duration;

use lockstep_app::{
    Caller,
    jobs::{Job, JobState, JobsQuery},
};
use serde_json::{Value as Json, json};

use self::{site::Site, tasks::Order};
use crate::common::told;
use tokio::time::{sleep, timeout};

/// The longest a test waits for something that is to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until there is something that nobody tells of.
async fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let found = timeout(PATIENCE, async {
        loop {
            match look() {
                Some(found) => return found,
                None => sleep(Duration::from_millis(5)).await,
            }
        }
    });
    found.await.unwrap_or_else(|_| panic!("{what}: waited in vain"))
}

/// How long a worker has a job after it last said so, in milliseconds.
const LEASE: i64 = lockstep_store::jobs::LEASE_MS;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_done_and_its_room_hears_how_it_goes() {
    let site = Site::new().await;
    let worker = site.worker().await;

    let job = worker.want(&Order::steps(3)).await;
    let ended = worker.until_state(job.id, JobState::Completed).await;

    assert_eq!(ended.report, Some(json!({"steps": 3})));
    assert_eq!(ended.progress.as_ref().map(|progress| progress["percent"].clone()), Some(json!(100)));
    assert_eq!(worker.states(job.id), ["queued", "running", "completed"]);
    assert_eq!(worker.files_told(), ["1", "2", "3"]);
    let told = until("progress", || {
        let told = worker.progress();
        (!told.is_empty()).then_some(told)
    })
    .await;
    assert_eq!((&told[0]["id"], &told[0]["fence"], &told[0]["n"]), (&json!("1"), &json!(1), &json!(1)));
    assert_eq!((&told[0]["registrator"], &told[0]["state"]), (&json!("5"), &json!("running")));
    worker.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_the_end_is_done_until_it_is_done() {
    let site = Site::new().await;
    let worker = site.worker().await;
    worker.tasks.refuse_to_follow(1);

    let job = worker.want(&Order::steps(1)).await;
    until("a first try", || (worker.tasks.followed_in_vain() == 1).then_some(())).await;
    site.forward(LEASE + 1);
    worker.app.look_at_jobs();

    until("a second try", || (worker.tasks.followed() == [(job.id, JobState::Completed)]).then_some(())).await;
    worker.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn such_work_is_wanted_once_at_a_time_and_the_one_under_way_is_named() {
    let site = Site::new().await;
    let worker = site.worker().await;
    let job = worker.want(&Order::endless()).await;

    let refused = worker.app.enqueue(&Caller::operator(), Order::steps(1).wish()).await.expect_err("it runs");

    assert_eq!((refused.code(), refused.params()["job"].clone()), ("scan.running", json!(job.id.to_string())));
    worker.cancel(job.id).await;
    worker.until_state(job.id, JobState::Cancelled).await;
    let next = worker.want(&Order::steps(1)).await;
    worker.until_state(next.id, JobState::Completed).await;
    assert_eq!(told(worker.try_cancel(job.id).await).0, "job.finished");
    worker.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_not_wanted_any_more_ends_though_its_handler_hears_nothing() {
    let site = Site::new().await;
    let worker = site.worker().await;
    let job = worker.want(&Order { wait_after: Some(1), ..Order::steps(2) }).await;
    worker.tasks.until_waiting().await;

    let asked = worker.cancel(job.id).await;
    let ended = worker.until_state(job.id, JobState::Cancelled).await;

    assert!(asked.cancel_requested);
    assert_eq!(ended.cursor.as_deref(), Some("1"), "what was committed stays");
    until("its end", || (worker.tasks.dropped() == 1).then_some(())).await;
    assert_eq!(worker.states(job.id), ["queued", "running", "running", "cancelled"]);
    worker.leave().await;
}

/// The wish comes from another worker, and this one hears of it as it hears of every event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_hears_of_what_others_want_and_end() {
    let site = Site::new().await;
    let (worker, other) = (site.worker().await, site.onlooker().await);

    let job = other.want(&Order::endless()).await;
    other.pass_on_to(&worker);
    worker.until_state(job.id, JobState::Running).await;
    worker.tasks.until_waiting().await;
    other.cancel(job.id).await;
    other.pass_on_to(&worker);

    worker.until_state(job.id, JobState::Cancelled).await;
    worker.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_hears_nothing_looks_for_itself() {
    let site = Site::new().await;
    let (worker, other) = (site.worker().await, site.onlooker().await);

    let job = other.want(&Order::steps(1)).await;

    worker.until_state(job.id, JobState::Completed).await;
    worker.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_wakes_up_after_another_took_over_commits_nothing() {
    let site = Site::new().await;
    // Each does one at a time, so that the sleeper does not take its own job over.
    let sleeper = site.worker_of(1).await;
    let job = sleeper.want(&Order { wait_after: Some(1), ..Order::steps(3) }).await;
    sleeper.tasks.until_waiting().await;

    let other = site.worker_of(1).await;
    // Not really asleep, it renews its lease now and then.
    until("the lease to run out", || {
        site.forward(LEASE + 1);
        (other.app.job_counts().taken_over.get() == 1).then_some(())
    })
    .await;
    let ended = other.until_state(job.id, JobState::Completed).await;
    let before = other.app.job(&Caller::operator(), &job.id.to_string()).await.expect("there");
    sleeper.tasks.wake();
    until("the sleeper to find out", || (sleeper.app.job_counts().fenced.get() == 1).then_some(())).await;

    assert_eq!((ended.fence, ended.cursor.as_deref()), (2, Some("3")));
    let after = other.app.job(&Caller::operator(), &job.id.to_string()).await.expect("there");
    // Who sees to what follows the end has the row for a while, which depends on how far the clock was moved.
    assert_eq!(after, Job { lease_until: after.lease_until, ..before });
    let told: Vec<String> = [sleeper.files_told(), other.files_told()].concat();
    assert_eq!(told, ["1", "2", "3"], "each step was done once, whoever did it");
    sleeper.leave().await;
    other.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_goes_ends_its_batch_and_the_next_one_goes_on_at_once() {
    let site = Site::new().await;
    let worker = site.worker().await;
    let job = worker.want(&Order { wait_in: Some(2), ..Order::steps(3) }).await;
    worker.tasks.until_waiting().await;

    let leaving = worker.begin_to_leave();
    worker.tasks.wake();
    leaving.await;
    let released = worker.app.job(&Caller::operator(), &job.id.to_string()).await.expect("there");
    let next = site.worker().await;
    let ended = next.until_state(job.id, JobState::Completed).await;

    assert_eq!((released.state, released.cursor.as_deref()), (JobState::Queued, Some("2")));
    assert_eq!((ended.attempt, ended.fence), (1, 2));
    assert_eq!([worker.files_told(), next.files_told()].concat(), ["1", "2", "3"]);
    next.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_may_pass_is_tried_again_and_one_that_will_not_is_final() {
    let site = Site::new().await;
    let worker = site.worker().await;
    worker.tasks.fail(&["retry", "panic"]);

    let job = worker.want(&Order::steps(1)).await;
    for put_off in 1..=2 {
        until("it is put off", || (worker.app.job_counts().retried.get() == put_off).then_some(())).await;
        site.forward(60_000);
        worker.app.look_at_jobs();
    }
    worker.until_state(job.id, JobState::Completed).await;
    worker.tasks.fail(&["fatal"]);
    let second = worker.want(&Order::steps(1)).await;
    let failed = worker.until_state(second.id, JobState::Failed).await;

    let error = failed.error.expect("says why");
    assert_eq!((error.code.as_str(), error.message.as_str()), ("test.broken", "it is broken"));
    worker.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_too_long_is_stopped() {
    let site = Site::new().await;
    let worker = site.worker_of(1).await;
    let job = worker.want(&Order::endless()).await;
    worker.tasks.until_waiting().await;

    site.forward(i64::try_from(site::MAX_RUNTIME.as_millis()).expect("small"));
    worker.app.look_at_jobs();

    let failed = worker.until_state(job.id, JobState::Failed).await;
    assert_eq!(failed.error.map(|error| error.code), Some("timed_out".to_owned()));
    worker.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_jobs_of_a_dead_process_of_this_machine_are_gone_on_with_at_once() {
    let site = Site::new().await;
    let worker = site.worker().await;
    let job = worker.want(&Order { wait_after: Some(1), ..Order::steps(2) }).await;
    worker.tasks.until_waiting().await;

    worker.die().await;
    let next = site.worker().await;

    let ended = next.until_state(job.id, JobState::Completed).await;
    assert_eq!((ended.fence, next.files_told()), (2, vec!["2".to_owned()]), "no lease was waited for");
    next.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_again_goes_on_where_it_was_cancelled() {
    let site = Site::new().await;
    let worker = site.worker().await;
    let job = worker.want(&Order { wait_after: Some(1), ..Order::steps(2) }).await;
    worker.tasks.until_waiting().await;
    worker.cancel(job.id).await;
    worker.until_state(job.id, JobState::Cancelled).await;

    let again = worker.app.retry_job(&Caller::operator(), &job.id.to_string()).await.expect("it has ended");
    let ended = worker.until_state(again.id, JobState::Completed).await;

    assert_eq!(ended.retry_of, Some(job.id));
    assert_eq!(worker.files_told(), ["1", "2"]);
    worker.leave().await;
}

#[tokio::test]
async fn who_may_not_run_such_work_may_look_at_it_and_who_may_not_look_is_shown_none() {
    let site = Site::new().await;
    let onlooker = site.onlooker().await;
    let job = onlooker.want(&Order::steps(1)).await;
    let id = job.id.to_string();
    let viewer = onlooker.person("viewer", &["registrators.view"]).await;
    let runner = onlooker.person("runner", &["scans.run"]).await;
    let list = async |caller: &Caller, query: &[(&str, &str)]| {
        let words = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let page = onlooker.app.jobs(caller, &JobsQuery::read(words)?).await?;
        Ok::<_, lockstep_app::Error>(page.jobs.len())
    };

    assert_eq!(list(&viewer, &[("active", "1"), ("subject", "registrators:5")]).await.expect("he may"), 1);
    assert_eq!(onlooker.app.job(&viewer, &id).await.expect("he may").id, job.id);
    assert_eq!(told(onlooker.app.cancel_job(&viewer, &id).await).0, "forbidden");
    assert_eq!(told(onlooker.app.retry_job(&viewer, &id).await).0, "forbidden");
    assert_eq!(told(onlooker.app.enqueue(&viewer, Order::steps(1).wish()).await).0, "forbidden");
    assert_eq!(list(&runner, &[]).await.expect("nothing to see"), 0);
    assert_eq!(told(list(&runner, &[("kind", "scan")]).await).0, "forbidden");
    assert_eq!(told(onlooker.app.job(&runner, &id).await).0, "forbidden");
    for (name, value, code) in [
        ("kind", "cake", "field.not_allowed"),
        ("active", "maybe", "field.not_a_bool"),
        ("limit", "201", "field.out_of_range"),
        ("before", "x", "field.not_allowed"),
        ("colour", "red", "field.unknown"),
    ] {
        let (_, fields) = told(list(&viewer, &[(name, value)]).await);
        assert_eq!(fields, [(name.to_owned(), code)]);
    }
    assert_eq!(onlooker.app.cancel_job(&runner, &id).await.expect("he may").state, JobState::Cancelled);
    let again = onlooker.app.retry_job(&runner, &id).await.expect("he may");
    assert_eq!(again.requested_by.map(|actor| actor.name), Some("runner".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_does_no_more_at_once_than_it_is_to() {
    let site = Site::new().await;
    let worker = site.worker_of(1).await;
    let first = worker.want(&Order::endless()).await;
    worker.tasks.until_waiting().await;
    let second = worker.want(&Order { scope: "scan:6", ..Order::steps(1) }).await;
    worker.app.look_at_jobs();

    assert_eq!(worker.app.running_jobs(), 1);
    worker.cancel(first.id).await;
    worker.until_state(second.id, JobState::Completed).await;

    let states: Vec<Json> = worker.order_of_states();
    assert_eq!(states, [json!("1 cancelled"), json!("2 running")], "the second began when the first had ended");
    worker.leave().await;
}
