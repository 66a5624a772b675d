//! Who looks at what and who edits it: what a page may say of itself, and what it may know of others.
//!
//! Persons only. To say that one looks takes the right to see the entity, that one edits the right to edit it. What is taken away is
//! gone at once.

use std::sync::Arc;

use lockstep_app::{Caller, Entity, Right};
use lockstep_protocol::{
    Refusal, Room,
    presence::{Mode, State, Wish, shown},
};
use lockstep_sync_manager::{SyncManager, Unavailable};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Door, seat::Seat};
use crate::{clock, metrics::Label};

/// The answer to `presence:get`.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    ok: bool,
    #[serde(flatten)]
    state: &'a State,
}

impl<'a> Told<'a> {
    pub(super) fn of(state: &'a State) -> Self {
        Self { ok: true, state }
    }
}

impl Door {
    /// The answer to a `presence:set`.
    pub(super) async fn show(&self, seat: &Arc<Seat>, wish: Wish) -> Value {
        match self.try_show(seat, wish).await {
            Ok(tab) => json!({"ok": true, "tab": tab}),
            Err(why) => {
                self.state().metrics.presence_refused.get_or_create(&Label { kind: why.code() }).inc();
                json!({"ok": false, "error": why.code()})
            }
        }
    }

    async fn try_show(&self, seat: &Arc<Seat>, wish: Wish) -> Result<Arc<str>, Refusal> {
        let caller = seat.caller();
        let user = caller.user().ok_or(Refusal::Forbidden)?;
        if wish.mode.is_some_and(|mode| !may_show(&caller, &wish.entity, mode)) {
            return Err(Refusal::Forbidden);
        }
        let member = seat.member(self.sync()).await.map_err(|Unavailable| Refusal::Unavailable)?;
        let tab = self.sync().show(member, wish, shown(&user.id, &user.name), clock::now_ms()).await?;
        // The right may have been taken away meanwhile.
        if !Arc::ptr_eq(&caller, &seat.caller()) {
            seat.keep_shown(self.sync()).await;
        }
        Ok(tab)
    }

    /// Gives `tell` who is present at `entity`, in order with what is told of changes.
    pub(super) async fn tell_present(
        &self,
        seat: &Seat,
        entity: Room,
        tell: impl FnOnce(&State) + Send + 'static,
    ) -> Result<(), Refusal> {
        if !seat.caller().may_join(&entity) {
            return Err(Refusal::Forbidden);
        }
        self.sync().present_and(entity, tell).await.map(drop).map_err(|Unavailable| Refusal::Unavailable)
    }
}

impl Seat {
    /// What its page shows and the caller may not show goes.
    pub(super) async fn keep_shown(&self, sync: &SyncManager) {
        let Some(member) = self.known_member() else { return };
        let caller = self.caller();
        sync.keep_shown(member, move |entity, mode| may_show(&caller, entity, mode)).await;
    }
}

fn may_show(caller: &Caller, entity: &Room, mode: Mode) -> bool {
    let Some(entity) = Entity::ALL.into_iter().find(|known| known.room() == *entity) else { return false };
    caller.may(match mode {
        Mode::View => Right::View(entity),
        Mode::Edit => Right::Edit(entity),
    })
}
