//! What happens to pages.

use std::time::Duration;

use tokio::time::sleep;

use super::{Fault, Target};
use crate::crowd::Order;

/// A page that loses its network notices after so long at the most: the interval of the heartbeat and the time for its answer.
const NOTICED: Duration = Duration::from_secs(15);

pub(super) async fn misbehave(target: &mut impl Target, fault: Fault) -> Result<(), String> {
    let order = match fault {
        Fault::ReadersSlow => Order::Slow,
        Fault::ReadersStopped => Order::Frozen,
        _ => Order::Deaf,
    };
    target.order(order);
    if fault == Fault::HalfOpen {
        sleep(NOTICED).await;
    }
    Ok(())
}
