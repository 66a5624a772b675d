//! Which bytes belong to which row: those of an uploaded file lie under a name that its row keeps as `content`. Where they lie is the
//! application's business.

use crate::{Store, engine::sql, error::Error, row::parse_id};

impl Store {
    /// The name under which the bytes of this file lie; none when nobody has uploaded any.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file.
    pub async fn content(&self, id: &str) -> Result<Option<String>, Error> {
        let id = parse_id(id).ok_or(Error::NotFound)?;
        let row = self.engine.first(sql("SELECT content FROM files WHERE id = $1").bind(id)).await?;
        row.ok_or(Error::NotFound)?.text(0)
    }

    /// Which of these names are those of a row's bytes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn owned_contents(&self, names: &[String]) -> Result<Vec<String>, Error> {
        let mut owned = Vec::new();
        for names in names.chunks(AT_ONCE) {
            let mut select = sql("SELECT content FROM files WHERE content IN (");
            select.push_list(names.iter().map(String::as_str)).push(")");
            for row in self.engine.all(select).await? {
                owned.push(row.some_text(0)?);
            }
        }
        Ok(owned)
    }
}

/// Names of one question.
const AT_ONCE: usize = 500;
