//! Clients that others wrote: socket.io-client on Node and python-socketio, through nginx, over both transports. And the one that we wrote
//! for others, whose tests are its own.

use std::path::PathBuf;

use lockstep_e2e::{Api, Cluster, Launch, lockstep, repository};

use crate::story::category;

#[tokio::test]
async fn socket_io_client_on_node_follows_by_websocket() {
    follows(node, "websocket").await;
}

#[tokio::test]
async fn socket_io_client_on_node_follows_by_polling() {
    follows(node, "polling").await;
}

#[tokio::test]
async fn socket_io_client_on_node_follows_across_the_upgrade() {
    follows(node, "polling,websocket").await;
}

#[tokio::test]
async fn python_socketio_follows_by_websocket() {
    follows(python, "websocket").await;
}

#[tokio::test]
async fn python_socketio_follows_by_polling() {
    follows(python, "polling").await;
}

#[test]
fn the_python_client_passes_its_tests_against_this_server() {
    let tests = Launch::new("pytest", interpreter(), &repository().join("clients/python"))
        .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"])
        .env("LOCKSTEP_BINARY", lockstep().to_str().expect("a path in UTF-8"))
        .env("PYTHONDONTWRITEBYTECODE", "1");

    let run = tests.run("");

    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains(" passed in "), "no test was run: {said}");
}

/// The client joins `categories`, says so, and prints the first event it hears.
async fn follows(client: fn(&Cluster) -> Launch, transports: &str) {
    let cluster = Cluster::workers(3).await;
    let author: Api = cluster.admin().await;
    let launch =
        client(&cluster).arg(cluster.nginx().address().url()).arg(&author.cookie).args([transports, "categories"]);

    let mut running = launch.start();
    running.says("joined {").await;
    category(&author, "Contracts").await;

    running.says("event {").await;
    assert!(running.log().contains(r#""name":"Contracts""#), "{}", running.log());
    assert_eq!(running.ended().await.code(), Some(0));
}

fn node(cluster: &Cluster) -> Launch {
    Launch::new("client", "node", cluster.directory()).arg(repository().join("crates/e2e/peers/node/client.mjs"))
}

fn python(cluster: &Cluster) -> Launch {
    Launch::new("client", interpreter(), cluster.directory())
        .arg(repository().join("crates/e2e/peers/python/client.py"))
}

fn interpreter() -> PathBuf {
    let python = repository().join("target/venv/bin/python");
    assert!(python.exists(), "the Python client is not installed; run `scripts/install.sh test` first");
    python
}
