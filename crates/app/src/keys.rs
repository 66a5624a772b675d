//! Keys of programs: made, looked at, withdrawn. Each is told on the road, so every worker knows at once.

use lockstep_store::Key;

use crate::{
    App, Caller, Error,
    error::{FieldError, FieldErrors},
    rights::Right,
    token,
};

/// The longest name, in characters.
const MAX_NAME: usize = 120;

impl App {
    /// All API keys, oldest first, without their secrets. For administrators.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn keys(&self, caller: &Caller) -> Result<Vec<Key>, Error> {
        caller.must(Right::Admin)?;
        Ok(self.0.store.keys().await?)
    }

    /// Adds an API key with these scopes. Returns it with its token, which is told this once. For administrators, who may all that a
    /// key may.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`] for an unknown scope, [`Error::Duplicate`].
    pub async fn add_key(&self, caller: &Caller, name: &str, scopes: &[String]) -> Result<(Key, String), Error> {
        caller.must(Right::Admin)?;
        let name = name.trim();
        let scopes = check(name, scopes)?;
        let token = token::fresh();
        let (id, pending) =
            self.0.store.add_key(name, &token::digest(&token), &scopes, caller.actor().as_ref()).await?;
        self.0.road.see_through(pending).await?;
        let key = self.0.store.keys().await?.into_iter().find(|key| key.program.id == id);
        Ok((key.ok_or(Error::NotFound)?, token))
    }

    /// Withdraws an API key by its id, and ends every connection that any worker keeps open for it: they hear of it on the road. For
    /// administrators.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn remove_key(&self, caller: &Caller, id: &str) -> Result<(), Error> {
        caller.must(Right::Admin)?;
        let pending = self.0.store.remove_key(id, caller.actor().as_ref()).await?;
        self.0.road.see_through(pending).await
    }
}

/// The scopes, each once, in the order in which people read rights.
fn check(name: &str, scopes: &[String]) -> Result<Vec<String>, Error> {
    let mut errors = FieldErrors::new();
    if let Some(error) = wrong_name(name) {
        errors.insert("name".to_owned(), error);
    }
    let rights = scopes.iter().map(|scope| scope.parse::<Right>()).collect::<Result<Vec<_>, _>>();
    let mut rights = rights.unwrap_or_else(|unknown| {
        errors.insert("scopes".to_owned(), FieldError::new("field.not_allowed").with("value", unknown.0));
        Vec::new()
    });
    if scopes.is_empty() {
        errors.insert("scopes".to_owned(), FieldError::new("field.required"));
    }
    rights.sort_unstable();
    rights.dedup();
    if errors.is_empty() {
        Ok(rights.iter().map(ToString::to_string).collect())
    } else {
        Err(Error::Invalid { fields: errors })
    }
}

fn wrong_name(name: &str) -> Option<FieldError> {
    match name.chars().count() {
        0 => Some(FieldError::new("field.required")),
        _ if name.chars().any(char::is_control) => Some(FieldError::new("field.format")),
        1..=MAX_NAME => None,
        _ => Some(FieldError::new("field.too_long").with("max", MAX_NAME)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, scopes: &[&str], expect: &[(&str, &str)]) {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let fields = check(name, &scopes).expect_err(name).fields();
        let told: Vec<_> = fields.iter().map(|(field, error)| (field.as_str(), error.code)).collect();
        assert_eq!(told, expect);
    }

    #[test]
    fn all_that_is_wrong_with_a_key_is_named_at_once() {
        refused("", &[], &[("name", "field.required"), ("scopes", "field.required")]);
        let both = [("name", "field.too_long"), ("scopes", "field.not_allowed")];
        refused(&"x".repeat(121), &["publish", "everything"], &both);
        refused("a\nb", &["publish"], &[("name", "field.format")]);
    }

    #[test]
    fn scopes_are_kept_once_and_in_order() {
        let given = ["publish", "files.view", "publish"].map(ToOwned::to_owned);

        assert_eq!(check("shop", &given).expect("right"), ["files.view", "publish"]);
    }
}
