//! A Redis Cluster of three masters without replicas: what is said at one node is heard at all, and one of them is enough.

mod common;

use std::sync::Arc;

use common::{
    Book, Ears, PREFIX,
    fleet::Fleet,
    wire::{End, contract, talk},
};
use lockstep_protocol::Room;
use lockstep_sync_manager::{
    Identity, Options, SyncManager,
    bus::{Redis, RedisAddress, RedisOptions},
};

const NODES: [u16; 3] = [7000, 7001, 7002];

fn bus(options: &RedisOptions) -> Redis {
    Redis::connect(options.clone()).expect("settings are right")
}

/// Where these workers listen.
fn listening(fleet: &Fleet, node: u16) -> usize {
    let answer = fleet.ask(node, &format!("PUBSUB NUMSUB {PREFIX}events"));
    answer.lines().nth(1).and_then(|count| count.parse().ok()).unwrap_or_default()
}

#[tokio::test]
async fn the_wire_over_a_cluster_keeps_the_contract() {
    let fleet = Fleet::cluster(NODES);

    contract(|| bus(&fleet.nodes(&NODES))).await;
}

#[tokio::test]
async fn workers_at_different_nodes_hear_each_other() {
    let fleet = Fleet::cluster(NODES);
    let mut ends = Vec::new();
    for node in NODES {
        ends.push(End::up(bus(&fleet.nodes(&[node]))).await);
    }

    let [one, two, three] = &mut ends[..] else { panic!("three nodes") };
    talk(one, two, "from the first to the second").await;
    talk(two, three, "from the second to the third").await;
    talk(three, one, "from the third to the first").await;

    assert_eq!(NODES.map(|node| listening(&fleet, node)), [1, 1, 1]);
}

/// With slots that nobody serves a cluster refuses commands on keys; the bus has none.
#[tokio::test]
async fn whichever_node_is_killed_the_bus_comes_back_on_those_that_are_left() {
    let mut fleet = Fleet::cluster(NODES);
    let options = fleet.nodes(&NODES);
    let (mut one, mut other) = (End::up(bus(&options)).await, End::up(bus(&options)).await);
    talk(&mut one, &mut other, "whole").await;

    for node in NODES {
        fleet.kill(node);
        talk(&mut one, &mut other, &format!("without {node}")).await;
        fleet.restart(node);
        fleet.until("the cluster is whole again", |fleet| {
            NODES.into_iter().all(|node| fleet.ask(node, "CLUSTER INFO").contains("cluster_state:ok"))
        });
    }

    talk(&mut one, &mut other, "whole again").await;
}

#[tokio::test]
async fn one_node_that_is_left_is_enough() {
    let mut fleet = Fleet::cluster(NODES);
    let options = RedisOptions { address: RedisAddress::Url(fleet.url(&NODES)), ..fleet.nodes(&NODES) };
    let (mut one, mut other) = (End::up(bus(&options)).await, End::up(bus(&options)).await);

    fleet.kill(NODES[0]);
    fleet.kill(NODES[1]);

    talk(&mut one, &mut other, "alone").await;
}

#[tokio::test]
async fn pages_of_all_workers_follow_while_a_whole_cluster_is_away_and_after_it_is_back() {
    let mut fleet = Fleet::cluster(NODES);
    let (book, options) = (Arc::new(Book::default()), fleet.nodes(&NODES));
    let worker = |number: u32| {
        let identity = Identity { worker: number, name: format!("w{number}"), ..Identity::default() };
        SyncManager::start(book.clone(), Arc::new(bus(&options)), Options::new(identity))
    };
    let (one, other) = (worker(1), worker(2));
    let ears = Ears::open();
    let member = other.attach(ears.clone()).await.expect("the worker answers");
    other.join(member, vec![(Room::Files, None)]).await.expect("the worker answers");
    let mut committed = Vec::new();
    let mut edit = async || {
        let record = book.commit(&Room::Files);
        one.publish(&record);
        ears.until_seq("files:changed", record.seq).await;
        committed.push(record.seq.0);
    };

    for away in [false, true, false] {
        for node in NODES.into_iter().filter(|_| away) {
            fleet.kill(node);
        }
        for worker in [&one, &other] {
            edit().await;
            worker.status().wait_for(|status| status.bus != away).await.expect("it lives");
        }
        edit().await;
        for node in NODES.into_iter().filter(|_| away) {
            fleet.restart(node);
        }
    }

    assert!(one.status().borrow().is_ready());
    assert_eq!(ears.seqs("files:changed"), committed);
    one.close().await;
    other.close().await;
}
