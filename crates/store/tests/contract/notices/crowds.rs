//! Many who are told, many who tell, and persons who go meanwhile.

use lockstep_store::{Audience, Entity, Error, Listed, MAX_RECIPIENTS, NewNotice};
use serde_json::json;

use super::{data, heard, keyed, listed, notice, persons, tell, try_tell};
use crate::{
    races::{PROCESSES, ROUNDS, at_once},
    world::{Engine, NOON, World},
};

contract!(
    persons_are_found_by_id_and_by_name_and_only_those_who_may_sign_in,
    a_list_longer_than_a_transaction_is_one_notice,
    a_notice_that_all_have_had_a_newer_one_of_since_is_still_told_to_the_rest,
    a_person_who_is_removed_takes_his_notices_along,
    several_who_tell_under_one_key_are_counted_to_the_last,
    telling_somebody_who_is_being_removed_comes_before_or_not_at_all,
);

async fn persons_are_found_by_id_and_by_name_and_only_those_who_may_sign_in<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let [group, lonely] = ["Storekeepers", "Nobody"].map(|name| json!({ "name": name }));
    let group = world.add(Entity::Groups, &group).await.row.id;
    let lonely = world.add(Entity::Groups, &lonely).await.row.id;
    let number = json!({"login": "77", "name": "Number", "group_id": group});
    let number = world.add(Entity::Users, &number).await.row.id;
    world.change(Entity::Users, &boris, &json!({"enabled": false})).await.expect("disabled");
    let found = async |whom: Audience<'_>| {
        let found = world.store.audience(&whom).await;
        found.map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>())
    };

    assert_eq!(found(Audience::User(&anna)).await.expect("there"), std::slice::from_ref(&anna));
    assert_eq!(found(Audience::User("Anna")).await.expect("there"), std::slice::from_ref(&anna));
    assert_eq!(found(Audience::User("77")).await.expect("there"), std::slice::from_ref(&number));
    assert!(found(Audience::User("boris")).await.expect("there").is_empty(), "he may not sign in");
    for group in [group.as_str(), "Storekeepers"] {
        assert_eq!(found(Audience::Group(group)).await.expect("there"), std::slice::from_ref(&number));
    }
    assert!(found(Audience::Group(&lonely)).await.expect("there").is_empty());
    let groups = [group, lonely, "x".into()];
    assert_eq!(found(Audience::Groups(&groups)).await.expect("there"), std::slice::from_ref(&number));
    assert!(found(Audience::Groups(&[])).await.expect("there").is_empty());
    assert_eq!(found(Audience::All).await.expect("there"), [anna, number]);
    for nobody in [Audience::User("zoe"), Audience::User("999"), Audience::User("a\0"), Audience::Group("Anna")] {
        assert!(matches!(found(nobody.clone()).await, Err(Error::NotFound)), "{nobody:?}");
    }
    assert_eq!(try_tell(&world.store, &notice("alert", &json!({})), &["999"]).await.expect("nothing to do"), None);
}

/// So many persons in one group, past the store.
async fn crowd<E: Engine>(world: &World<E>, number: usize) -> Vec<i64> {
    let group = world.add(Entity::Groups, &json!({"name": "Crowd"})).await.row.id;
    let row = |n: usize| format!("(1, 0, 0, 'crowd{n}', 'crowd{n}', 'crowd{n}', 'crowd{n}', {group}, 1, 'x')");
    let rows: Vec<String> = (0..number).map(row).collect();
    let insert = "INSERT INTO users (rev, created_at, updated_at, folded, search, login, name, group_id, enabled, password_hash)";
    world.engine.run(&format!("{insert} VALUES {}", rows.join(", "))).await;
    world.store.audience(&Audience::Group("Crowd")).await.expect("there")
}

async fn a_list_longer_than_a_transaction_is_one_notice<E: Engine>(world: World<E>) {
    let crowd = crowd(&world, MAX_RECIPIENTS + 3).await;
    let before = world.log().await.len();
    let alert = notice("alert", &json!({"to": "all"}));

    let mut id = None;
    for persons in crowd.chunks(MAX_RECIPIENTS) {
        let told = world.store.notify(&alert, id, persons, None).await.expect("told");
        assert_eq!(told.recipients, persons.len());
        told.pending.commit().await.expect("committed");
        id = told.id;
    }

    let log = world.log().await.split_off(before);
    assert_eq!(log.len(), MAX_RECIPIENTS + 3);
    let id = id.expect("told").to_string();
    assert!(log.iter().all(|record| record.id == id && data(record)["unread"] == 1));
    assert!(log.windows(2).all(|pair| pair[1].gprev == pair[0].seq));
    let last = crowd.last().expect("a crowd").to_string();
    assert_eq!(listed(&world.store, &last).await[0].id, id);
}

/// Between the two transactions of a long list all who had been told were told something newer under the same key, and what the second was
/// about to point at was gone.
async fn a_notice_that_all_have_had_a_newer_one_of_since_is_still_told_to_the_rest<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let old = keyed("disk", &json!({"free": 5}));
    let id = tell(&world.store, &old, &[&anna]).await;
    tell(&world.store, &keyed("disk", &json!({"free": 4})), &[&anna]).await;

    let told = world.store.notify(&old, Some(id), &[boris.parse().expect("a number")], None).await.expect("told");
    told.pending.commit().await.expect("committed");

    let free = |items: Vec<Listed>| items[0].notice.data.get().to_owned();
    assert_eq!(free(listed(&world.store, &anna).await), r#"{"free":4}"#);
    assert_eq!(free(listed(&world.store, &boris).await), r#"{"free":5}"#);
}

async fn a_person_who_is_removed_takes_his_notices_along<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    tell(&world.store, &notice("alert", &json!({})), &[&anna, &boris]).await;
    tell(&world.store, &notice("alert", &json!({})), &[&boris]).await;

    world.delete(Entity::Users, &boris).await.expect("removed");
    world.hands.set(NOON + 1);
    let forgotten = world.store.forget_notices(NOON + 1).await.expect("forgotten").expect("hers, told before");
    forgotten.commit().await.expect("committed");
    let orphans = world.store.forget_notices(NOON + 1).await.expect("forgotten").expect("those that nobody has");
    orphans.commit().await.expect("committed");

    assert!(world.store.forget_notices(NOON + 1).await.expect("asked").is_none());
    assert!(listed(&world.store, &anna).await.is_empty());
}

async fn several_who_tell_under_one_key_are_counted_to_the_last<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let stores = world.several(PROCESSES).await;
    let (annas, both) =
        ([anna.parse().expect("a number")], [anna.parse().expect("a number"), boris.parse().expect("a number")]);

    at_once(&stores, |number, store| async move {
        for round in 0..ROUNDS {
            let storm = NewNotice { times: 3, counted: true, ..keyed("storm", &json!({"from": [number, round]})) };
            let persons = if round % 2 == 0 { &both[..] } else { &annas[..] };
            let told = store.notify(&storm, None, persons, None).await.expect("told");
            told.pending.commit().await.expect("committed");
        }
    })
    .await;

    let annas = listed(&world.store, &anna).await;
    let boriss = listed(&world.store, &boris).await;
    let (all, half) = (ROUNDS as i64 * 3, ROUNDS.div_ceil(2) as i64 * 3);
    assert_eq!(annas.iter().map(|item| item.notice.count).collect::<Vec<_>>(), [Some(i64::from(PROCESSES) * all)]);
    assert_eq!(boriss.iter().map(|item| item.notice.count).collect::<Vec<_>>(), [Some(i64::from(PROCESSES) * half)]);
    let heard = heard(&world, &anna).await;
    let counts: Vec<i64> =
        heard.iter().map(|record| data(record)["data"]["count"].as_i64().expect("how often")).collect();
    assert_eq!(counts, (1..=i64::from(PROCESSES) * ROUNDS as i64).map(|number| number * 3).collect::<Vec<_>>());
    assert!(heard.iter().all(|record| data(record)["unread"] == 1));
}

async fn telling_somebody_who_is_being_removed_comes_before_or_not_at_all<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let stores = world.several(2).await;
    for round in 0..ROUNDS {
        let gone = world.person(&format!("gone{round}"), &[]).await;
        let alert = notice("alert", &json!({}));

        let outcomes = at_once(&stores, |number, store| {
            let (anna, gone, alert) = (anna.clone(), gone.clone(), alert.clone());
            async move {
                match number {
                    0 => try_tell(&store, &alert, &[&anna, &gone]).await.map(drop),
                    _ => {
                        store.delete(Entity::Users, &gone, None, &crate::world::anna()).await?.commit().await.map(drop)
                    }
                }
            }
        })
        .await;

        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(world.store.unread(&anna).await.expect("counted").0, 1 + round as i64);
        assert!(listed(&world.store, &gone).await.is_empty());
    }
}
