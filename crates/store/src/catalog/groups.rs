//! The tree of groups, with how many products each has.

use std::collections::{BTreeSet, HashMap};

use lockstep_protocol::Position;
use serde_json::{Value as Json, json};

use crate::{
    Store,
    engine::{Tx, sql},
    error::Error,
    ledger,
};

/// A group, and the one above it.
struct Group {
    id: i64,
    name: String,
    parent: Option<i64>,
    deleted: bool,
}

impl Store {
    /// All groups, each brother by name, and how many products that are there each has with those below it: as many as a list of the
    /// group shows.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn product_groups(&self) -> Result<(Vec<Json>, Position), Error> {
        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let groups = groups(&mut tx).await?;
        let products = Branches::new(&groups).count(&mut tx).await?;
        let shown = groups.iter().map(|group| {
            json!({
                "id": group.id.to_string(),
                "name": group.name,
                "parentId": group.parent.map(|id| id.to_string()),
                "products": products.get(&group.id).copied().unwrap_or_default(),
                "deleted": group.deleted,
            })
        });
        Ok((shown.collect(), position))
    }
}

async fn groups(tx: &mut Tx) -> Result<Vec<Group>, Error> {
    let rows = tx.all(sql("SELECT id, name, parent_id, deleted FROM product_groups ORDER BY folded, id")).await?;
    let read = rows.iter().map(|row| {
        let (id, name, parent) = (row.some_int(0)?, row.some_text(1)?, row.int(2)?);
        Ok(Group { id, name, parent, deleted: row.some_int(3)? != 0 })
    });
    read.collect()
}

/// Who is above whom.
struct Branches(HashMap<i64, Option<i64>>);

impl Branches {
    fn new(groups: &[Group]) -> Self {
        Self(groups.iter().map(|group| (group.id, group.parent)).collect())
    }

    /// The group and all above it. A circle ends where it began.
    fn up(&self, group: i64) -> BTreeSet<i64> {
        let mut above = BTreeSet::new();
        let mut next = Some(group);
        while let Some(group) = next.filter(|group| above.insert(*group)) {
            next = self.0.get(&group).copied().flatten();
        }
        above
    }

    /// Sums what each group has itself, then takes off what was counted twice: few products are in several groups, so only those are
    /// looked at one by one.
    async fn count(&self, tx: &mut Tx) -> Result<HashMap<i64, i64>, Error> {
        let mut products: HashMap<i64, i64> = HashMap::new();
        for (group, own) in own(tx).await? {
            for group in self.up(group) {
                *products.entry(group).or_default() += own;
            }
        }
        for groups in several(tx).await?.into_values() {
            let mut times: HashMap<i64, i64> = HashMap::new();
            groups.iter().flat_map(|group| self.up(*group)).for_each(|group| *times.entry(group).or_default() += 1);
            for (group, times) in times {
                *products.entry(group).or_default() -= times - 1;
            }
        }
        Ok(products)
    }
}

/// How many products that are there each group has itself: all it has, less the deleted ones. Those are few, and to look at every
/// product instead would be to read the whole table.
async fn own(tx: &mut Tx) -> Result<Vec<(i64, i64)>, Error> {
    let all = sql("SELECT group_id, count(*) FROM product_in_group GROUP BY group_id");
    let deleted = sql("SELECT i.group_id, count(*) FROM (SELECT id FROM products WHERE deleted = 1) t \
                       JOIN product_in_group i ON i.product_id = t.id GROUP BY i.group_id");
    let mut own: HashMap<i64, i64> = HashMap::new();
    for (rows, sign) in [(tx.all(all).await?, 1), (tx.all(deleted).await?, -1)] {
        for row in rows {
            *own.entry(row.some_int(0)?).or_default() += sign * row.some_int(1)?;
        }
    }
    Ok(own.into_iter().collect())
}

/// Products that are there and in more than one group, with their groups.
async fn several(tx: &mut Tx) -> Result<HashMap<i64, Vec<i64>>, Error> {
    let select = sql("SELECT i.product_id, i.group_id FROM \
                      (SELECT product_id FROM product_in_group GROUP BY product_id HAVING count(*) > 1) m \
                      JOIN products t ON t.id = m.product_id AND t.deleted = 0 \
                      JOIN product_in_group i ON i.product_id = m.product_id");
    let mut several: HashMap<i64, Vec<i64>> = HashMap::new();
    for row in tx.all(select).await? {
        several.entry(row.some_int(0)?).or_default().push(row.some_int(1)?);
    }
    Ok(several)
}
