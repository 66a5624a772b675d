//! Groups of products: a tree, and what is in it.

use serde_json::{Value as Json, json};

use super::{
    Code, GroupRow, Mode, Written,
    known::array,
    sheet::{Entry, GROUPS, Verdict},
};
use crate::{engine::sql, error::Error, jobs::BatchTx};

/// Groups within groups, at most: a circle of groups has no end.
const MAX_DEPTH: i64 = 64;

impl BatchTx {
    /// Takes groups, in any order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_groups(&mut self, rows: &[GroupRow], mode: Mode) -> Result<Written, Error> {
        let entry = |(n, row): (usize, &GroupRow)| {
            Entry::new(n, &row.ext_id, row.name.as_deref(), row.deleted, vec![json!(row.parent)], &Json::Null)
        };
        let (mut written, judged) = self.take(&GROUPS, rows.iter().enumerate().map(entry).collect(), mode).await?;
        if mode == Mode::Write && !judged.news.is_empty() {
            self.grow_tree().await?;
            self.fill(array(judged.keys(Verdict::Created))).await?;
        }
        self.owe_list(&written, mode);

        let parents: Vec<_> =
            rows.iter().enumerate().filter_map(|(n, row)| Some((n, row.parent.as_deref()?))).collect();
        let known = self.known(&GROUPS, parents.iter().map(|(_, key)| *key), mode).await?;
        let unknown: Vec<_> = parents.into_iter().filter(|(_, key)| !known.contains_key(*key)).collect();
        written.noted = self.warn(Code::UnknownGroup, &unknown).await?;
        Ok(written)
    }

    /// Finds the parents by their keys, and the paths from the root.
    async fn grow_tree(&mut self) -> Result<(), Error> {
        let parent = "(SELECT p.id FROM product_groups p WHERE p.ext_id = product_groups.parent_ext AND p.id <> product_groups.id)";
        let mut parents = sql("UPDATE product_groups SET parent_id = ");
        parents.push(parent).push(" WHERE parent_id IS DISTINCT FROM ").push(parent);
        self.tx().run(parents).await?;
        let paths = "WITH RECURSIVE tree (id, path, depth) AS ( \
                       SELECT id, '/' || CAST(id AS TEXT) || '/', 1 FROM product_groups WHERE parent_id IS NULL \
                       UNION ALL SELECT g.id, tree.path || CAST(g.id AS TEXT) || '/', tree.depth + 1 \
                       FROM product_groups g JOIN tree ON g.parent_id = tree.id WHERE tree.depth < $1) \
                     UPDATE product_groups SET path = tree.path FROM tree \
                     WHERE product_groups.id = tree.id AND product_groups.path <> tree.path";
        self.tx().run(sql(paths).bind(MAX_DEPTH)).await?;
        Ok(())
    }

    /// Puts products into groups that they have waited for.
    async fn fill(&mut self, keys: String) -> Result<(), Error> {
        let mut insert = sql("INSERT INTO product_in_group (product_id, group_id) SELECT w.product_id, g.id \
                              FROM product_wants_group w JOIN product_groups g ON g.ext_id = w.group_ext \
                              WHERE w.group_ext IN (SELECT value->>0 FROM ");
        self.tx().push_rows(&mut insert, keys.clone());
        insert.push(") ON CONFLICT DO NOTHING");
        self.tx().run(insert).await?;
        let mut delete = sql("DELETE FROM product_wants_group WHERE group_ext IN (SELECT value->>0 FROM ");
        self.tx().push_rows(&mut delete, keys);
        delete.push(")");
        self.tx().run(delete).await?;
        Ok(())
    }
}
