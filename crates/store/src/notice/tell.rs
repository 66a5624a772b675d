//! Telling somebody something.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_protocol::{Actor, Draft, EventName, Reason};

use super::{Key, NewNotice, Shape, Unread, corrupt, count_unread, hold_persons};
use crate::{
    PendingBatch, Store,
    engine::{Tuple, Tx, sql},
    error::Error,
    ledger,
    row::{can_be_kept, parse_id},
};

/// Recipients of one transaction. Each is an event of up to twenty kilobytes, and meanwhile nobody else writes to the ledger.
pub const MAX_RECIPIENTS: usize = 500;

/// Who is to be told, of those who may sign in.
#[derive(Debug, Clone)]
pub enum Audience<'a> {
    /// A person, by his id or else by what he signs in as.
    User(&'a str),
    /// All in a group, by its id or else by its name.
    Group(&'a str),
    /// All in these groups.
    Groups(&'a [String]),
    /// Everybody.
    All,
}

/// A notice that some have been told, but for the commit.
#[derive(Debug)]
pub struct Told {
    /// Its id; of one person who was told anew, that of the notice he had. None when nobody was told.
    pub id: Option<i64>,
    /// How many were told.
    pub recipients: usize,
    /// Its events.
    pub pending: PendingBatch,
}

/// What a recipient has under the same key.
struct Earlier {
    id: i64,
    content: i64,
    count: i64,
}

impl Store {
    /// The persons meant, by rising id. A person who may not sign in is nobody, and so is everybody in an empty group.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such person or group.
    pub async fn audience(&self, whom: &Audience<'_>) -> Result<Vec<i64>, Error> {
        let mut select = sql("SELECT id FROM users WHERE enabled = 1");
        match whom {
            Audience::User(name) => drop(select.push(" AND id = ").push_bind(self.known("users", name).await?)),
            Audience::Group(name) => drop(select.push(" AND group_id = ").push_bind(self.known("groups", name).await?)),
            Audience::Groups(ids) => {
                let ids = ids.iter().filter_map(|id| parse_id(id));
                select.push(" AND group_id IN (").push_list(ids).push(")");
            }
            Audience::All => {}
        }
        select.push(" ORDER BY id");
        self.engine.all(select).await?.iter().map(|row| row.some_int(0)).collect()
    }

    /// The names of what each group may do, by its id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rights_of_groups(&self) -> Result<Vec<(String, Vec<String>)>, Error> {
        let rows = self.engine.all(sql("SELECT id, permissions FROM groups ORDER BY id")).await?;
        let read = |row: &Tuple| {
            let names = serde_json::from_str(&row.some_text(1)?).map_err(corrupt)?;
            Ok((row.some_int(0)?.to_string(), names))
        };
        rows.iter().map(read).collect()
    }

    /// The number of a person or group by id or else by name: who is called `7` is found where nobody has that id.
    async fn known(&self, table: &'static str, name: &str) -> Result<i64, Error> {
        let (by_id, by_name) = match table {
            "users" => ("SELECT id FROM users WHERE id = $1", "SELECT id FROM users WHERE login = $1"),
            _ => ("SELECT id FROM groups WHERE id = $1", "SELECT id FROM groups WHERE name = $1"),
        };
        if let Some(id) = parse_id(name)
            && let Some(row) = self.engine.first(sql(by_id).bind(id)).await?
        {
            return row.some_int(0);
        }
        if !can_be_kept(name) {
            return Err(Error::NotFound);
        }
        // What people sign in as is kept in lower case.
        let name = if table == "users" { name.to_lowercase() } else { name.to_owned() };
        self.engine.first(sql(by_name).bind(name)).await?.ok_or(Error::NotFound)?.some_int(0)
    }

    /// Tells these persons, [`MAX_RECIPIENTS`] at most; those who are gone by now are left out. `id` is that of the notice where others
    /// were told it before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn notify(
        &self,
        notice: &NewNotice,
        id: Option<i64>,
        persons: &[i64],
        actor: Option<&Actor>,
    ) -> Result<Told, Error> {
        let mut tx = self.engine.write().await?;
        let persons = hold_persons(&mut tx, persons).await?;
        ledger::hold(&mut tx).await?;
        let now = self.clock.now_ms();
        let persons = match &notice.key {
            Some(key) if notice.once => untold(&mut tx, key, persons, now).await?,
            _ => persons,
        };
        if persons.is_empty() {
            return Ok(Told { id, recipients: 0, pending: PendingBatch::many(tx, Vec::new()) });
        }
        let content = write(&mut tx, notice, id, now).await?;
        let earlier = match &notice.key {
            Some(key) => earlier(&mut tx, key, &persons, now).await?,
            None => BTreeMap::new(),
        };
        replace(&mut tx, notice, content, &earlier, now).await?;
        let fresh = persons.iter().copied().filter(|person| !earlier.contains_key(person));
        add(&mut tx, notice, content, fresh.collect(), now).await?;
        let unread = count_unread(&mut tx, &persons).await?;
        let drafts = self.drafts(notice, content, &persons, &earlier, &unread, now, actor)?;
        let alone = earlier.values().next().filter(|_| persons.len() == 1 && id.is_none());
        let id = alone.map_or(content, |earlier| earlier.id);
        let recipients = persons.len();
        Ok(Told { id: Some(id), recipients, pending: self.say(tx, drafts).await? })
    }

    #[expect(clippy::too_many_arguments, reason = "they are what the transaction has found out")]
    fn drafts(
        &self,
        notice: &NewNotice,
        content: i64,
        persons: &[i64],
        earlier: &BTreeMap<i64, Earlier>,
        unread: &Unread,
        now: i64,
        actor: Option<&Actor>,
    ) -> Result<Vec<Draft>, Error> {
        let draft = |person: &i64| {
            let earlier = earlier.get(person);
            let reason = if earlier.is_some() { Reason::Updated } else { Reason::Added };
            let id = earlier.map_or(content, |earlier| earlier.id).to_string();
            let count = earlier.map_or(0, |earlier| earlier.count) + notice.times;
            let notice = shape(notice, count, unread.get(person).copied().unwrap_or_default(), now).notice()?;
            let draft = self.draft(EventName::NOTIFICATION, *person, reason, id, &notice)?;
            Ok(Draft { actor: actor.cloned(), ..draft })
        };
        persons.iter().map(draft).collect()
    }
}

fn shape(notice: &NewNotice, count: i64, unread: i64, now: i64) -> Shape {
    Shape {
        kind: notice.kind.clone(),
        data: notice.data.get().to_owned(),
        message: notice.message.clone(),
        status: notice.status,
        counted: notice.counted,
        count,
        told_at: now,
        read: false,
        archived: false,
        unread: Some(unread),
    }
}

/// Writes down what is told. Where others were told it before, it is there, unless all of them have been told something newer since.
async fn write(tx: &mut Tx, notice: &NewNotice, id: Option<i64>, now: i64) -> Result<i64, Error> {
    let mut insert = sql("INSERT INTO notices (");
    insert.push(if id.is_some() { "id, " } else { "" });
    insert.push("type, data, message, status, counted, created_at) VALUES (");
    if let Some(id) = id {
        insert.push_bind(id).push(", ");
    }
    insert.push_bind(notice.kind.as_str()).push(", ").push_bind(notice.data.get());
    insert.push(", ").push_bind(notice.message.clone());
    insert.push(", ").push_bind(notice.status.map(|status| status.name().to_owned()));
    insert.push(", ").push_bind(notice.counted).push(", ").push_bind(now);
    let Some(id) = id else {
        insert.push(") RETURNING id");
        return tx.number(insert).await;
    };
    insert.push(") ON CONFLICT DO NOTHING");
    tx.run(insert).await?;
    Ok(id)
}

/// Those of these persons who were not told anything under this key that is young enough, read or not.
async fn untold(tx: &mut Tx, key: &Key, persons: Vec<i64>, now: i64) -> Result<Vec<i64>, Error> {
    let mut select = sql("SELECT DISTINCT user_id FROM notice_recipients WHERE key = ");
    select.push_bind(key.name.as_str()).push(" AND began_at > ").push_bind(now - key.window_ms);
    select.push(" AND user_id IN (").push_list(persons.iter().copied()).push(")");
    let told: BTreeSet<i64> = tx.numbers(select).await?.into_iter().collect();
    Ok(persons.into_iter().filter(|person| !told.contains(person)).collect())
}

/// What these persons have under this key that is unread and young enough, by person; of several the latest.
async fn earlier(tx: &mut Tx, key: &Key, persons: &[i64], now: i64) -> Result<BTreeMap<i64, Earlier>, Error> {
    let mut select = sql("SELECT user_id, id, content, count FROM notice_recipients WHERE read = 0 AND key = ");
    select.push_bind(key.name.as_str()).push(" AND began_at > ").push_bind(now - key.window_ms);
    select.push(" AND user_id IN (").push_list(persons.iter().copied()).push(") ORDER BY id");
    let read = |row: &Tuple| {
        let earlier = Earlier { id: row.some_int(1)?, content: row.some_int(2)?, count: row.some_int(3)? };
        Ok((row.some_int(0)?, earlier))
    };
    tx.all(select).await?.iter().map(read).collect()
}

/// Puts the new in the place of what these persons had, and removes what nobody has any more.
async fn replace(
    tx: &mut Tx,
    notice: &NewNotice,
    content: i64,
    earlier: &BTreeMap<i64, Earlier>,
    now: i64,
) -> Result<(), Error> {
    let mut persons_by_id: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (person, Earlier { id, .. }) in earlier {
        persons_by_id.entry(*id).or_default().push(*person);
    }
    for (id, persons) in persons_by_id {
        let mut update = sql("UPDATE notice_recipients SET archived = 0, content = ");
        update.push_bind(content).push(", told_at = ").push_bind(now);
        update.push(", count = count + ").push_bind(notice.times).push(" WHERE id = ").push_bind(id);
        update.push(" AND user_id IN (").push_list(persons).push(")");
        tx.run(update).await?;
    }
    let contents: BTreeSet<i64> = earlier.values().map(|earlier| earlier.content).collect();
    if contents.is_empty() {
        return Ok(());
    }
    let mut delete = sql("DELETE FROM notices WHERE id IN (");
    delete.push_list(contents);
    delete.push(") AND NOT EXISTS (SELECT 1 FROM notice_recipients r WHERE r.content = notices.id)");
    tx.run(delete).await?;
    Ok(())
}

async fn add(tx: &mut Tx, notice: &NewNotice, content: i64, persons: Vec<i64>, now: i64) -> Result<(), Error> {
    if persons.is_empty() {
        return Ok(());
    }
    let mut insert = sql("INSERT INTO notice_recipients \
                          (user_id, id, content, key, began_at, told_at, count, read, archived) SELECT id, ");
    insert.push_bind(content).push(", ").push_bind(content).push(", ");
    insert.push_bind(notice.key.as_ref().map(|key| key.name.clone()));
    insert.push(", ").push_bind(now).push(", ").push_bind(now).push(", ").push_bind(notice.times);
    insert.push(", 0, 0 FROM users WHERE id IN (").push_list(persons).push(")");
    tx.run(insert).await?;
    Ok(())
}
