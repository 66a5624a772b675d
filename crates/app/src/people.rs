//! What an operator does from the command line: accounts, and a new life for a ledger that came from a backup.

use lockstep_protocol::Epoch;
use lockstep_store::{Entity, Query};
use serde_json::{Value as Json, json};

use crate::{App, Caller, Edited, Error, error::FieldError, rights::Right};

/// The group of those who may do everything.
const ADMINISTRATORS: &str = "Administrators";

/// The group of those of whom nothing else was said: they may look at everything and change nothing.
const READERS: &str = "Readers";

/// A person to add.
pub struct NewUser<'a> {
    /// What he signs in as.
    pub login: &'a str,
    /// His name; the login when absent.
    pub name: Option<&'a str>,
    /// His password, at least eight characters.
    pub password: &'a str,
    /// Whether he may do everything.
    pub admin: bool,
    /// The name of his group, which must exist. Without it and without `admin` he may look at everything.
    pub group: Option<&'a str>,
}

impl App {
    /// Whether nobody can sign in yet because there is nobody.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn first_run(&self) -> Result<bool, Error> {
        Ok(self.0.store.count(Entity::Users).await? == 0)
    }

    /// Adds a person. The groups `Administrators` and `Readers` are made when they are needed for the first time.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Duplicate`]; an unknown group is an invalid `group`.
    pub async fn add_user(&self, user: &NewUser<'_>) -> Result<Edited, Error> {
        let group = match (user.group, user.admin) {
            (Some(name), false) => self.group(name).await?.ok_or_else(|| unknown("group", "field.no_such"))?,
            (Some(_), true) => return Err(unknown("group", "field.not_allowed")),
            (None, true) => self.group_or_new(ADMINISTRATORS, &[Right::Admin]).await?,
            (None, false) => {
                let views: Vec<Right> = Entity::ALL.into_iter().map(Right::View).collect();
                self.group_or_new(READERS, &views).await?
            }
        };
        let fields = json!({
            "login": user.login,
            "name": user.name.unwrap_or(user.login),
            "password": user.password,
            "group_id": group,
        });
        self.create(&Caller::operator(), Entity::Users, &fields, None).await
    }

    /// Gives a person another password and ends his sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`].
    pub async fn set_password(&self, login: &str, password: &str) -> Result<Edited, Error> {
        let login = login.trim().to_ascii_lowercase();
        let user = self.0.store.credentials(&login).await?.ok_or(Error::NotFound)?;
        let fields = json!({ "password": password });
        self.patch(&Caller::operator(), Entity::Users, &user.user_id, None, &fields, None).await
    }

    /// Begins a new life of the ledger, as after a restore from a backup: every page and worker reads its data anew.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn new_epoch(&self) -> Result<Epoch, Error> {
        Ok(self.0.store.new_epoch().await?)
    }

    /// The id of the group of that name.
    async fn group(&self, name: &str) -> Result<Option<String>, Error> {
        self.by_name(Entity::Groups, name).await
    }

    async fn group_or_new(&self, name: &str, rights: &[Right]) -> Result<String, Error> {
        let permissions: Json = rights.iter().map(ToString::to_string).collect();
        self.by_name_or_new(Entity::Groups, &json!({ "name": name, "permissions": permissions })).await
    }

    /// The id of the row of that name.
    pub(crate) async fn by_name(&self, entity: Entity, name: &str) -> Result<Option<String>, Error> {
        let query =
            Query { q: Some(name.to_owned()), page: 1, per_page: lockstep_store::MAX_PER_PAGE, ..Query::default() };
        let rows = self.0.store.list(entity, &query).await?;
        let found = rows.items.into_iter().find(|row| row.get("name").and_then(Json::as_str) == Some(name));
        Ok(found.and_then(|row| row.get("id").and_then(Json::as_str).map(ToOwned::to_owned)))
    }

    /// The id of the row of that name, which is made when it is missing.
    pub(crate) async fn by_name_or_new(&self, entity: Entity, fields: &Json) -> Result<String, Error> {
        let name = fields.get("name").and_then(Json::as_str).unwrap_or_default();
        if let Some(id) = self.by_name(entity, name).await? {
            return Ok(id);
        }
        match self.create(&Caller::operator(), entity, fields, None).await {
            Err(Error::Duplicate { .. }) => self.by_name(entity, name).await?.ok_or(Error::NotFound),
            made => Ok(made?.row.id),
        }
    }
}

fn unknown(field: &str, code: &'static str) -> Error {
    Error::field(field, FieldError::new(code))
}
