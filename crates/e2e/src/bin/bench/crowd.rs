//! A crowd of pages that count what they get.

use std::{cell::RefCell, net::SocketAddr, rc::Rc};

use tokio::task::JoinSet;

use crate::{
    member::{Greeting, Member},
    score::Score,
};

/// Connections being set up at a time: a rush of all at once would measure the accept queue.
pub(crate) const CONNECTING: usize = 50;

/// What one read takes at most.
pub(crate) const READ: usize = 256 * 1024;

/// Connected sockets; dropped, they close.
pub(crate) struct Crowd {
    tasks: JoinSet<()>,
    score: Rc<Score>,
    buffer: Rc<RefCell<Vec<u8>>>,
}

impl Crowd {
    /// An empty one that reports to `score`.
    pub(crate) fn new(score: Rc<Score>) -> Crowd {
        Crowd { tasks: JoinSet::new(), score, buffer: Rc::new(RefCell::new(vec![0; READ])) }
    }

    /// Connects `count` more, spread evenly over the addresses; they are in the room when this returns.
    pub(crate) async fn grow(
        &mut self,
        count: usize,
        addresses: &[SocketAddr],
        greeting: &Greeting,
    ) -> Result<(), String> {
        self.admit(count, addresses, CONNECTING, |_| greeting.clone(), |_, _| Ok(())).await
    }

    /// The same with a greeting for each, `connecting` at a time. `hear` is given each one's answer to the join.
    pub(crate) async fn admit(
        &mut self,
        count: usize,
        addresses: &[SocketAddr],
        connecting: usize,
        greeting: impl Fn(usize) -> Greeting,
        mut hear: impl FnMut(usize, &str) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut arriving = JoinSet::new();
        let mut remaining = self.tasks.len()..self.tasks.len() + count;
        loop {
            while arriving.len() < connecting {
                let Some(number) = remaining.next() else { break };
                let (address, greeting) = (addresses[number % addresses.len()], greeting(number));
                arriving.spawn_local(async move {
                    let greeted = Member::greet(address, &greeting).await;
                    greeted.map(|(member, answer)| (number, member, answer, greeting.event))
                });
            }
            let Some(arrived) = arriving.join_next().await else { return Ok(()) };
            let (number, member, answer, event) =
                arrived.map_err(|error| error.to_string())?.map_err(|error| format!("connecting: {error}"))?;
            hear(number, &answer)?;
            let (score, buffer) = (self.score.clone(), self.buffer.clone());
            self.tasks.spawn_local(async move {
                let count = |payload: &[u8], now| {
                    if payload.starts_with(event.as_bytes()) {
                        score.delivered(number, payload.len(), now);
                    }
                };
                member.listen(buffer, count).await;
                score.closed();
            });
        }
    }
}
