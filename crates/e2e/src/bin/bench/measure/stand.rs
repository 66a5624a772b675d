//! A place to measure at: a room full of sockets, and the way in.

use std::rc::Rc;

use crate::{
    crowd::Crowd,
    figures::Kind,
    publisher::{Door, Publisher},
    score::Score,
    system::System,
};

/// A system with its crowd in the room.
pub(crate) struct Stand {
    pub(crate) kind: Kind,
    pub(crate) score: Rc<Score>,
    pub(crate) carriers: Vec<u32>,
    pub(crate) sockets: usize,
    door: Door,
    _crowd: Crowd,
}

impl Stand {
    /// Fills the room.
    pub(crate) async fn build(system: &System, sockets: usize) -> Result<Stand, String> {
        let score = Score::new(sockets);
        let mut crowd = Crowd::new(score.clone());
        crowd.grow(sockets, &system.addresses, &system.greeting).await?;
        Ok(Stand::new(system.kind, system.carriers(), system.door.clone(), score, crowd, sockets))
    }

    /// Of a crowd that is in the room already.
    pub(crate) fn new(
        kind: Kind,
        carriers: Vec<u32>,
        door: Door,
        score: Rc<Score>,
        crowd: Crowd,
        sockets: usize,
    ) -> Stand {
        Stand { kind, score, carriers, sockets, door, _crowd: crowd }
    }

    /// Connections to publish over.
    pub(crate) async fn publishers(&self, count: usize) -> Result<Vec<Publisher>, String> {
        let mut open = Vec::with_capacity(count);
        for _ in 0..count {
            open.push(self.door.open().await.map_err(|error| format!("the publisher's connection: {error}"))?);
        }
        Ok(open)
    }
}
