//! Callers that go away in the middle: whatever step they leave at, nothing is half done and the next one is served.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use lockstep_store::Entity;
use serde_json::json;

use crate::world::{Engine, World, anna, fields};

contract!(a_caller_who_leaves_at_any_step_leaves_nothing_half_done);

/// More waits than an edit has, so that it is left at each of them and a few times finished. How often it waits at all is up to the
/// system: on a busy machine an answer may be there before one asks.
const STEPS: usize = 60;

async fn a_caller_who_leaves_at_any_step_leaves_nothing_half_done<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Categories, &json!({"name": "c"})).await.row.id;
    for steps in 1..=STEPS {
        let before = world.log().await.len();
        let given = fields(&json!({"description": format!("left at {steps}")}));

        let edit = async { world.store.update(Entity::Categories, &id, None, &given, &anna()).await?.commit().await };
        drop(leave_at(steps, edit).await);

        // The next writer gets its turn, which is also when one knows that the one before is done.
        let next = world.change(Entity::Categories, &id, &json!({"description": format!("after {steps}")})).await;
        let next = next.expect("served").row;
        let log = world.log().await;
        assert!(log.len() == before + 1 || log.len() == before + 2, "left at {steps}");
        let revs: Vec<_> = log.iter().map(|record| record.rev.expect("a row's event")).collect();
        assert_eq!(revs, (1..=next.rev).collect::<Vec<_>>(), "each revision has its event, left at {steps}");
    }
}

/// Polls `work` so many times at most, then drops it.
async fn leave_at<T>(steps: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = steps;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => {
            left -= 1;
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}
