//! `user` and `key`: accounts of people, keys of programs.

use std::{
    io::{self, BufRead},
    path::PathBuf,
};

use lockstep_app::{App, Caller, Error, Key as ProgramKey, NewUser, clock::rfc3339};
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::{
    args::{Key, KeyAction, User, UserAction},
    data,
    failure::Failure,
    output,
};

/// Letters and digits that nobody takes for one another.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Of a made-up password: 20 of 31 characters are 99 bits.
const MADE_UP: usize = 20;

pub(super) async fn user(config: Option<PathBuf>, user: User) -> Result<(), Failure> {
    match user.action {
        UserAction::Add { name, admin, group, password_stdin, json } => {
            let password = Password::choose(password_stdin)?;
            data::with_app(config, async |app| {
                let user =
                    NewUser { login: &name, name: None, password: &password.text, admin, group: group.as_deref() };
                app.add_user(&user).await.map_err(|error| refused(&name, &error))
            })
            .await?;
            password.tell(&name, json)
        }
        UserAction::Passwd { name, password_stdin, json } => {
            let password = Password::choose(password_stdin)?;
            data::with_app(config, async |app| {
                app.set_password(&name, &password.text).await.map_err(|error| refused(&name, &error))
            })
            .await?;
            password.tell(&name, json)
        }
    }
}

pub(super) async fn key(config: Option<PathBuf>, key: Key) -> Result<(), Failure> {
    match key.action {
        KeyAction::Add { name, scope, json } => add_key(config, &name, &scope, json).await,
        KeyAction::List { json } => list_keys(config, json).await,
        KeyAction::Remove { id } => remove_key(config, &id).await,
        KeyAction::Revoke { name } => revoke_key(config, &name).await,
    }
}

async fn add_key(config: Option<PathBuf>, name: &str, scope: &[String], json: bool) -> Result<(), Failure> {
    let add =
        async |app: &App| app.add_key(&Caller::operator(), name, scope).await.map_err(|error| refused(name, &error));
    let (_, token) = data::with_app(config, add).await?;
    if json {
        return output::json(&json!({"name": name, "scopes": scope, "key": token}));
    }
    output::note("this is the only time the key is shown:");
    output::answer(&token)
}

async fn list_keys(config: Option<PathBuf>, json: bool) -> Result<(), Failure> {
    let list = async |app: &App| app.keys(&Caller::operator()).await.map_err(|error| Failure::because(&error));
    let keys = data::with_app(config, list).await?;
    if json {
        return output::json(&keys.iter().map(key_as_json).collect::<Vec<_>>());
    }
    if keys.is_empty() {
        output::note("there are no keys; make one with `lockstep key add NAME --scope publish`");
        return Ok(());
    }
    output::answer(&keys.iter().map(key_as_line).collect::<Vec<_>>().join("\n"))
}

async fn remove_key(config: Option<PathBuf>, id: &str) -> Result<(), Failure> {
    let gone = |error: Error| match error {
        Error::NotFound => no_key(id),
        error => Failure::because(&error),
    };
    data::with_app(config, async |app| app.remove_key(&Caller::operator(), id).await.map_err(gone)).await?;
    output::note(&format!("key {id} is withdrawn"));
    Ok(())
}

/// The same by the key's name, which no two keys share.
async fn revoke_key(config: Option<PathBuf>, name: &str) -> Result<(), Failure> {
    let operator = Caller::operator();
    let revoke = async |app: &App| {
        let keys = app.keys(&operator).await.map_err(|error| Failure::because(&error))?;
        let key = keys.into_iter().find(|key| key.program.name == name).ok_or_else(|| no_key(name))?;
        app.remove_key(&operator, &key.program.id).await.map_err(|error| Failure::because(&error))
    };
    data::with_app(config, revoke).await?;
    output::note(&format!("key {name} is withdrawn"));
    Ok(())
}

fn no_key(key: &str) -> Failure {
    Failure::Failed(format!("there is no key `{key}`; `lockstep key list` shows their numbers and names"))
}

fn key_as_json(key: &ProgramKey) -> Value {
    let ProgramKey { program, created_by, created_at, last_used_at } = key;
    json!({
        "id": program.id,
        "name": program.name,
        "scopes": program.scopes,
        "created_by": created_by,
        "created_at": rfc3339(*created_at),
        "last_used_at": last_used_at.map(rfc3339),
    })
}

/// Columns for people and for `cut`: names hold no tabs.
fn key_as_line(key: &ProgramKey) -> String {
    let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |used| format!("last used {}", rfc3339(used)));
    format!("{}\t{}\t{}\t{used}", key.program.id, key.program.name, key.program.scopes.join(","))
}

struct Password {
    text: String,
    made_up: bool,
}

impl Password {
    fn choose(from_stdin: bool) -> Result<Self, Failure> {
        if !from_stdin {
            return Ok(Self { text: make_up(), made_up: true });
        }
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.map_err(|error| Failure::Failed(format!("cannot read a password from standard input: {error}")))?;
        let text = line.trim_end_matches(['\r', '\n']).to_owned();
        if text.is_empty() {
            return Err(Failure::Misuse("standard input holds no password; give it as one line".to_owned()));
        }
        Ok(Self { text, made_up: false })
    }

    /// A made-up password is data: alone on standard output, once.
    fn tell(&self, login: &str, json: bool) -> Result<(), Failure> {
        match (json, self.made_up) {
            (true, true) => output::json(&json!({"login": login, "password": self.text})),
            (true, false) => output::json(&json!({"login": login})),
            (false, true) => {
                output::note(&format!("{login} signs in with this password, shown only now:"));
                output::answer(&self.text)
            }
            (false, false) => {
                output::note(&format!("{login} can sign in"));
                Ok(())
            }
        }
    }
}

fn make_up() -> String {
    let mut rng = rand::rng();
    (0..MADE_UP).map(|_| char::from(*ALPHABET.choose(&mut rng).expect("the alphabet has letters"))).collect()
}

/// What is wrong with an account or key, and the cure where the words of the error alone would not tell it.
fn refused(name: &str, error: &Error) -> Failure {
    match error {
        Error::Duplicate { .. } => Failure::Failed(format!("`{name}` exists already; choose another name")),
        Error::NotFound => Failure::Failed(format!("there is no `{name}`")),
        Error::Invalid { fields } => {
            let wrong = fields.iter().map(|(field, error)| advice(field, error.code, &error.params));
            Failure::Misuse(wrong.collect::<Vec<_>>().join("\n"))
        }
        error => Failure::because(error),
    }
}

fn advice(field: &str, code: &str, params: &serde_json::Map<String, serde_json::Value>) -> String {
    let most_or_least = || params.get("min").or_else(|| params.get("max")).map(ToString::to_string).unwrap_or_default();
    match (field, code) {
        ("group", "field.no_such") => {
            "there is no such group; make it on the page of groups, or leave --group out".to_owned()
        }
        ("scopes", "field.not_allowed") => {
            let rights: Vec<String> = lockstep_app::Right::of_keys().map(|right| right.to_string()).collect();
            format!("no such scope; there are {}", rights.join(", "))
        }
        (field, "field.too_short") => format!("the {field} is too short; give at least {} characters", most_or_least()),
        (field, "field.too_long") => format!("the {field} is too long; give at most {} characters", most_or_least()),
        (field, "field.format") => {
            format!("the {field} holds characters it must not; use letters, digits, `.`, `-` and `_`")
        }
        (field, code) => format!("the {field} is refused ({code})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_passwords_are_long_and_differ() {
        assert_eq!(make_up().len(), MADE_UP);
        assert_ne!(make_up(), make_up());
    }

    #[test]
    fn an_unknown_scope_is_answered_with_those_that_exist() {
        let error = Error::field("scopes", lockstep_app::FieldError::new("field.not_allowed"));

        let failure = refused("nightly", &error);

        assert_eq!(failure.code(), 2);
        assert!(failure.to_string().contains("files.view") && failure.to_string().contains("publish"), "{failure}");
    }
}
