//! A mark in a real Redis: who takes it, who is kept out, and that it is left behind by nobody.

mod common;

use std::{process::Command, time::Duration};

use common::{PATIENCE, RedisServer, fleet::Fleet};
use lockstep_protocol::SharedSecret;
use lockstep_sync_manager::{
    Mark,
    bus::{RedisAddress, RedisOptions},
};

const KEY: &str = "lockstep-test:import";

/// A mark whose connection stands.
async fn mark(options: &RedisOptions) -> Mark {
    let mark = Mark::open(options, KEY).expect("settings are right");
    until_seen(&mark).await;
    mark
}

/// Waits until Redis answers it.
async fn until_seen(mark: &Mark) {
    let seen = tokio::time::timeout(PATIENCE, async { while mark.others().await.is_err() {} });
    seen.await.expect("redis answers");
}

fn of_others(options: &RedisOptions) -> RedisOptions {
    RedisOptions { secret: SharedSecret::new([2; 32]), ..options.clone() }
}

/// What an operator asks, and what he is told.
fn ask(options: &RedisOptions, words: &[&str]) -> String {
    let RedisAddress::Unix(path) = &options.address else { panic!("on a socket") };
    let mut cli = Command::new("redis-cli");
    let output = cli.arg("-s").arg(path).args(words).output().expect("redis-cli comes with redis-server");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn an_operator_sees_which_session_is_under_way_and_that_it_has_ended() {
    let server = RedisServer::start();
    let options = server.options();
    let mark = mark(&options).await;
    let value = mark.value(42, 3);

    assert_eq!(mark.take(&value).await, Ok(None));

    let (seen, left) = (ask(&options, &["GET", KEY]), ask(&options, &["PTTL", KEY]));
    assert!(seen == value && seen.starts_with("42:3:"), "{seen}");
    let left: u64 = left.parse().expect("milliseconds");
    assert!((1..=30_000).contains(&left), "{left}");
    assert_eq!(mark.release(&value).await, Ok(()));
    assert_eq!(ask(&options, &["EXISTS", KEY]), "0");
    mark.close().await;
}

#[tokio::test]
async fn the_value_of_another_program_keeps_us_out_and_stays_as_it_is() {
    let server = RedisServer::start();
    let options = server.options();
    let mark = mark(&options).await;
    let value = mark.value(42, 1);

    for theirs in ["8c1f2d", "41:1:nobody", "41:1:0badcafe-1", "", "::"] {
        ask(&options, &["SET", KEY, theirs]);
        assert_eq!(mark.others().await, Ok(Some(theirs.into())));
        assert_eq!(mark.take(&value).await, Ok(Some(theirs.into())));
        assert_eq!(mark.renew(&value).await, Ok(Some(theirs.into())));
        assert_eq!(mark.release(&value).await, Ok(()));
        assert_eq!(ask(&options, &["GET", KEY]), theirs);
    }
}

#[tokio::test]
async fn another_installation_on_the_same_redis_is_another_program() {
    let server = RedisServer::start();
    let (ours, theirs) = (mark(&server.options()).await, mark(&of_others(&server.options())).await);
    let value = theirs.value(1, 1);
    theirs.take(&value).await.expect("redis runs");

    assert_eq!(ours.others().await, Ok(Some(value.clone())));
    assert_eq!(ours.take(&ours.value(999, 9)).await, Ok(Some(value)));
}

/// A worker that was killed leaves its mark for half a minute: whom the database lets go on does not wait for that.
#[tokio::test]
async fn who_goes_on_takes_the_mark_of_a_lost_worker_and_the_lost_one_cannot_take_it_back() {
    let server = RedisServer::start();
    let options = server.options();
    let (lost, next) = (mark(&options).await, mark(&options).await);
    let (old, new, of_next_session) = (lost.value(42, 1), next.value(42, 2), next.value(43, 1));
    lost.take(&old).await.expect("redis runs");
    assert_eq!(next.others().await, Ok(None), "one of ours is none of others");

    assert_eq!(next.take(&new).await, Ok(None));

    assert_eq!(lost.take(&old).await, Ok(Some(new.clone())));
    assert_eq!(lost.renew(&old).await, Ok(Some(new.clone())));
    lost.release(&old).await.expect("redis runs");
    assert_eq!(ask(&options, &["GET", KEY]), new);
    assert_eq!(next.take(&of_next_session).await, Ok(None), "a session that ended without a word");
    assert_eq!(lost.take(&new).await, Ok(Some(of_next_session)));
}

#[tokio::test]
async fn a_mark_that_redis_forgot_is_put_back() {
    let mut server = RedisServer::start();
    let options = server.options();
    let mark = mark(&options).await;
    let value = mark.value(7, 1);
    mark.take(&value).await.expect("redis runs");

    server.stop();
    assert!(mark.renew(&value).await.is_err());
    server.restart();
    until_seen(&mark).await;

    assert_eq!(ask(&options, &["EXISTS", KEY]), "0");
    assert_eq!(mark.renew(&value).await, Ok(None));
    assert_eq!(ask(&options, &["GET", KEY]), value);
}

#[tokio::test]
async fn without_redis_an_answer_comes_soon_all_the_same() {
    let mut server = RedisServer::start();
    let options = server.options();
    server.stop();
    let mark = Mark::open(&options, KEY).expect("settings are right");
    let value = mark.value(7, 1);

    let asked = async { (mark.others().await, mark.take(&value).await, mark.release(&value).await) };
    let (others, taken, released) = tokio::time::timeout(PATIENCE, asked).await.expect("an answer");

    assert!(others.is_err() && taken.is_err() && released.is_err(), "{others:?} {taken:?} {released:?}");
}

#[tokio::test]
async fn in_a_cluster_the_mark_lies_where_everybody_finds_it() {
    let nodes = [7000, 7001, 7002];
    let fleet = Fleet::cluster(nodes);
    let (one, other) = (mark(&fleet.nodes(&nodes[..1])).await, mark(&fleet.nodes(&nodes[2..])).await);
    let value = one.value(42, 1);

    assert_eq!(one.take(&value).await, Ok(None));

    assert_eq!(other.renew(&value).await, Ok(None));
    assert_eq!(other.take(&other.value(41, 1)).await, Ok(Some(value)));
}

#[tokio::test]
async fn the_mark_follows_the_master_that_sentinels_name() {
    let (master, replica, sentinel) = (6379, 6380, 26379);
    let mut fleet = Fleet::new();
    fleet.server(master, &[]);
    fleet.replica(replica, master);
    fleet.sentinel(sentinel, master, 1);
    fleet.until_watched(sentinel);
    let mark = mark(&fleet.sentinels(&[sentinel])).await;
    let value = mark.value(42, 1);
    assert_eq!(mark.take(&value).await, Ok(None));

    fleet.kill(master);
    let renewed = tokio::time::timeout(PATIENCE, async {
        while mark.renew(&value).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    renewed.await.expect("the replica takes its place");

    fleet.until("the new master has it", |fleet| fleet.ask(replica, &format!("GET {KEY}")) == value);
}

#[tokio::test]
async fn a_user_with_the_lines_of_the_handbook_may_and_one_without_them_is_told() {
    let server = RedisServer::start();
    let options = server.options();
    let line = "ACL SETUSER lockstep reset on >hunter2 &lockstep-test:* ~lockstep-test:import +hello +select +client|setname \
                +client|id +info +ping +subscribe +publish +quit +evalsha +script|load +get +set +del";
    assert_eq!(ask(&options, &line.split_whitespace().collect::<Vec<_>>()), "OK");
    let user = RedisOptions { username: Some("lockstep".into()), password: Some("hunter2".into()), ..options.clone() };
    let allowed = mark(&user).await;
    let value = allowed.value(1, 1);
    assert_eq!(allowed.take(&value).await, Ok(None));
    assert_eq!(allowed.release(&value).await, Ok(()));

    let elsewhere = Mark::open(&user, "other:key").expect("settings are right");
    let refused = elsewhere.take(&elsewhere.value(1, 1)).await.expect_err("no such key is ours");

    assert!(refused.to_string().contains("refused"), "{refused}");
}
