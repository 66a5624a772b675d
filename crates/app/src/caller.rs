//! Who asks: a person who is signed in, a program with a key, or the machine's own operator.

use lockstep_protocol::{Actor, Room};
use lockstep_store::Entity;
use subtle::ConstantTimeEq;

use crate::{
    error::Error,
    rights::{Right, Rights},
};

/// Who asks, with the rights of this moment.
#[derive(Debug, Clone)]
pub struct Caller {
    kind: Kind,
    rights: Rights,
}

#[derive(Debug, Clone)]
enum Kind {
    Person { user: User, secrets: Secrets },
    Program { id: String, name: String },
    Operator,
}

/// A person who is signed in, as he is shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct User {
    /// His id.
    pub id: String,
    /// What he signs in as.
    pub login: String,
    /// His name.
    pub name: String,
    /// The name of his group.
    pub group: String,
    /// The names of his rights.
    pub permissions: Vec<String>,
    /// Whether he may do everything.
    pub admin: bool,
}

/// What a session knows and nobody prints.
#[derive(Clone)]
struct Secrets {
    /// Digest of the session's token.
    session: String,
    /// The token that state-changing calls repeat.
    csrf: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Caller {
    /// Whoever runs commands on the machine itself: may do everything.
    pub fn operator() -> Self {
        Self { kind: Kind::Operator, rights: Rights::from_iter([Right::Admin]) }
    }

    pub(crate) fn person(person: lockstep_store::Person) -> Self {
        let rights = Rights::read(person.permissions.iter().map(String::as_str));
        let user = User {
            id: person.user_id,
            login: person.login,
            name: person.name,
            group: person.group,
            permissions: rights.names(),
            admin: rights.allow(Right::Admin),
        };
        let secrets = Secrets { session: person.session, csrf: person.csrf };
        Self { kind: Kind::Person { user, secrets }, rights }
    }

    pub(crate) fn program(program: lockstep_store::Program) -> Self {
        let rights = Rights::read(program.scopes.iter().map(String::as_str));
        Self { kind: Kind::Program { id: program.id, name: program.name }, rights }
    }

    /// Whether he may.
    pub fn may(&self, right: Right) -> bool {
        self.rights.allow(right)
    }

    /// Refuses what he may not.
    ///
    /// # Errors
    /// [`Error::Forbidden`] names the right.
    pub fn must(&self, right: Right) -> Result<(), Error> {
        if self.may(right) { Ok(()) } else { Err(Error::Forbidden { right }) }
    }

    /// Whether he may hear what is said in `room`. Nobody joins another person's room.
    pub fn may_join(&self, room: &Room) -> bool {
        self.must_join(room).is_ok()
    }

    /// Refuses a room that he may not join.
    ///
    /// # Errors
    /// [`Error::Forbidden`] names the right that it takes, [`Error::BadRoom`] is another person's room.
    pub fn must_join(&self, room: &Room) -> Result<(), Error> {
        let right = match room {
            Room::Index => return Ok(()),
            Room::User(id) if self.user().is_some_and(|user| *user.id == **id) => return Ok(()),
            Room::User(_) => return Err(Error::BadRoom { room: room.to_string() }),
            Room::Files => Right::View(Entity::Files),
            Room::Users => Right::View(Entity::Users),
            Room::Groups => Right::View(Entity::Groups),
            Room::Categories => Right::View(Entity::Categories),
            Room::Registrators => Right::View(Entity::Registrators),
            Room::Admin => Right::Admin,
            Room::Imports | Room::Import(_) | Room::Products => Right::ImportsRun,
            Room::Logs => Right::LogsView,
        };
        self.must(right)
    }

    /// The person, if it is one.
    pub fn user(&self) -> Option<&User> {
        match &self.kind {
            Kind::Person { user, .. } => Some(user),
            Kind::Program { .. } | Kind::Operator => None,
        }
    }

    /// The token that state-changing calls of this session must repeat; a program needs none.
    pub fn csrf(&self) -> Option<&str> {
        match &self.kind {
            Kind::Person { secrets, .. } => Some(&secrets.csrf),
            Kind::Program { .. } | Kind::Operator => None,
        }
    }

    /// Refuses a state-changing call of a session that does not repeat its token: another site's page cannot know it.
    ///
    /// # Errors
    /// [`Error::Csrf`].
    pub fn check_csrf(&self, given: Option<&str>) -> Result<(), Error> {
        let Some(csrf) = self.csrf() else { return Ok(()) };
        let same = given.is_some_and(|given| given.as_bytes().ct_eq(csrf.as_bytes()).into());
        if same { Ok(()) } else { Err(Error::Csrf) }
    }

    /// The name under which his changes are known. The operator's carry none.
    pub fn actor(&self) -> Option<Actor> {
        match &self.kind {
            Kind::Person { user, .. } => Some(Actor { id: user.id.clone(), name: user.name.clone() }),
            Kind::Program { id, name } => Some(Actor { id: format!("key:{id}"), name: name.clone() }),
            Kind::Operator => None,
        }
    }

    /// Whose keys of publications are his: one name a person, a program and the operator, without a space.
    pub(crate) fn publisher(&self) -> String {
        match &self.kind {
            Kind::Person { user, .. } => format!("user:{}", user.id),
            Kind::Program { id, .. } => format!("key:{id}"),
            Kind::Operator => "operator".to_owned(),
        }
    }

    /// Digest of the token of the session, if it is one.
    pub(crate) fn session(&self) -> Option<&str> {
        match &self.kind {
            Kind::Person { secrets, .. } => Some(&secrets.session),
            Kind::Program { .. } | Kind::Operator => None,
        }
    }

    /// The id of the key, if it is one.
    pub(crate) fn key(&self) -> Option<&str> {
        match &self.kind {
            Kind::Program { id, .. } => Some(id),
            Kind::Person { .. } | Kind::Operator => None,
        }
    }

    pub(crate) fn rights(&self) -> &Rights {
        &self.rights
    }
}
