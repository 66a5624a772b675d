use lockstep_protocol::log::Filter;
use serde_json::{Value as Json, json};

use super::{
    narrow::Narrow,
    read::{Cursor, LogQuery, Place, Way},
    *,
};
use crate::{Options, SharedClock};

async fn plan(store: &Store, statement: Statement) -> Vec<String> {
    let rows = store.engine.all(statement.explained()).await.expect("a plan");
    rows.iter().map(|row| row.some_text(3).expect("a step")).collect()
}

/// A million lines are an ordinary day; a question that walks through all of them, or sorts them, would stop the database.
#[tokio::test]
async fn no_question_walks_through_all_lines() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let options = Options::new(format!("sqlite:{}", dir.path().join("test.db").display()));
    let store = Store::open(&options, SharedClock::system()).await.expect("opened");
    let place: Cursor = "5-5".parse().expect("a place");
    let check = async |said: Json, index: &str| {
        let filter = Filter::parse(&said).expect("a filter");
        let query = LogQuery { filter, from: Some(1), to: Some(9), place: Place::Newest, limit: 10 };
        for way in [Way::Older, Way::Newer] {
            let narrow = Narrow::new(&query, way);
            for statement in
                [narrow.end(Some(place), 50), narrow.rows(Some(place), Some(place), 10), narrow.end(None, 50)]
            {
                let plan = plan(&store, statement).await;
                assert!(
                    plan.iter().all(|step| !step.contains("SCAN") && !step.contains("TEMP B-TREE")),
                    "{said} {plan:?}"
                );
                assert!(plan.iter().any(|step| step.contains(index)), "{said} {plan:?}");
            }
        }
    };

    check(json!({}), "INDEX log_lines_at (").await;
    check(json!({"text": "x", "level": "debug", "environment": "production"}), "INDEX log_lines_at (").await;
    check(json!({"source": "scan-*", "environment": "a,b"}), "INDEX log_lines_at (").await;
    check(json!({"source": "scan-7"}), "INDEX log_lines_source (source=? AND").await;
    check(json!({"level": "error"}), "INDEX log_lines_grave (").await;
    for names in [SOURCES, ENVIRONMENTS] {
        let mut select = sql(names);
        select.push_bind(5);
        let plan = plan(&store, select).await;
        assert!(plan.iter().all(|step| !step.contains("SCAN log_lines") && !step.contains("SCAN l")), "{plan:?}");
    }
}
