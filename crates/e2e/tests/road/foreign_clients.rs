//! Clients that others wrote: socket.io-client on Node and python-socketio, through nginx, over both transports.

use lockstep_e2e::{Api, Cluster, Launch, repository};

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
    let python = repository().join("target/venv/bin/python");
    assert!(python.exists(), "the Python client is not installed; run `scripts/install.sh test` first");
    Launch::new("client", python, cluster.directory()).arg(repository().join("crates/e2e/peers/python/client.py"))
}
