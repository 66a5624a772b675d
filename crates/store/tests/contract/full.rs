//! A file that takes no more for a while.

use lockstep_store::{Entity, Error};
use serde_json::json;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::world::{Engine, Sqlite, World};

contract!(for sqlite_alone = Sqlite: edits_go_on_once_the_disk_takes_them_again);

/// SQLite itself ends a transaction that meets a full disk. The connection did not know, and refused every edit from then on, until the
/// process was started anew. A trigger that rolls back ends a transaction in the same way.
async fn edits_go_on_once_the_disk_takes_them_again(world: World<Sqlite>) {
    let category = world.add(Entity::Categories, &json!({"name": "Contracts"})).await;
    let id = category.row.id;
    let mut disk = beside(&world).await;
    run(&mut disk, "CREATE TRIGGER full BEFORE UPDATE ON categories BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END")
        .await;
    for _ in 0..3 {
        let refused = world.change(Entity::Categories, &id, &json!({"description": "more"})).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    }

    run(&mut disk, "DROP TRIGGER full").await;

    world.change(Entity::Categories, &id, &json!({"description": "more"})).await.expect("there is room again");
    assert_eq!(world.log().await.len(), 2);
}

async fn beside(world: &World<Sqlite>) -> SqliteConnection {
    let options: SqliteConnectOptions = world.engine.url().parse().expect("a URL");
    options.connect().await.expect("the file is there")
}

async fn run(connection: &mut SqliteConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(&mut *connection).await.expect("done");
    connection.ping().await.expect("well");
}
