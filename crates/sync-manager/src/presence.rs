//! What the door asks about who is present: what a page shows, what it still may, and who is there.

use std::sync::Arc;

use lockstep_protocol::{
    Actor as Person, Refusal, Room,
    presence::{Mode, State, Wish},
};

use crate::{
    MemberId, SyncManager, Unavailable,
    actor::{AboutPresence, Command, Shown},
};

impl SyncManager {
    /// The page of `member` says what it shows; the name under which others hear of the page. The caller has checked that `user` may.
    /// `since` is now, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] where the page or all together have as many entries as they may, [`Refusal::Unavailable`] when the worker
    /// does not answer or does not know the socket any more.
    pub async fn show(&self, member: MemberId, wish: Wish, user: Person, since: i64) -> Result<Arc<str>, Refusal> {
        let shown = Shown { member, wish, user, since };
        let answer = self.ask(|reply| Command::Presence(AboutPresence::Show(Box::new(shown), reply))).await;
        answer.unwrap_or(Err(Refusal::Unavailable))
    }

    /// From now on the page of `member` shows only what is `allowed`; the rest is gone at once, without the grace that a socket has
    /// which is merely lost.
    pub async fn keep_shown(&self, member: MemberId, allowed: impl Fn(&Room, Mode) -> bool + Send + 'static) {
        let _ = self.commands.send(Command::Presence(AboutPresence::Keep(member, Box::new(allowed)))).await;
    }

    /// Forgets a socket as [`SyncManager::detach`] does, and at once what its page shows.
    pub async fn expel(&self, member: MemberId) {
        let _ = self.commands.send(Command::Expel(member)).await;
    }

    /// Who is present at an entity, on all workers.
    ///
    /// # Errors
    /// [`Unavailable`] when there is no answer within five seconds.
    pub async fn present(&self, entity: Room) -> Result<State, Unavailable> {
        self.present_and(entity, |_| {}).await
    }

    /// The same; `tell` is given it after every diff that came before and ahead of every diff that comes after. It must not wait.
    ///
    /// # Errors
    /// As [`SyncManager::present`].
    pub async fn present_and(
        &self,
        entity: Room,
        tell: impl FnOnce(&State) + Send + 'static,
    ) -> Result<State, Unavailable> {
        self.ask(|reply| Command::Presence(AboutPresence::State(entity, Box::new(tell), reply))).await
    }
}
