//! `publish`: the same door as `POST /api/publish`, for shell scripts.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use serde_json::{Value, json};

use super::{args::Publish, client, failure::Failure, output};

/// More than any event may carry; what is longer is refused by the server anyway.
const MOST_INPUT: u64 = 1 << 20;

pub(super) async fn run(config: Option<PathBuf>, publish: Publish) -> Result<(), Failure> {
    let body = body(&publish)?;
    let target = publish.connection.target(config)?;
    let answer = client::post(&target, "/api/publish", publish.connection.key()?, &body).await?;
    if publish.json {
        return output::json(&answer);
    }
    let text =
        |field: &str| answer.get(field).map(|value| value.to_string().trim_matches('"').to_owned()).unwrap_or_default();
    if answer.get("duplicate") == Some(&Value::Bool(true)) {
        output::note("it had been published before; nothing was added");
    }
    output::answer(&format!("{} {}", text("seq"), text("epoch")))
}

fn body(publish: &Publish) -> Result<Value, Failure> {
    let mut body = json!({"event": publish.event, "reason": publish.reason, "id": publish.id});
    let fields = body.as_object_mut().expect("made as one");
    if let Some(data) = &publish.data {
        fields.insert("data".to_owned(), parse(data)?);
    }
    if let Some(room) = &publish.room {
        fields.insert("room".to_owned(), room.to_string().into());
    }
    if let Some(key) = &publish.once {
        fields.insert("key".to_owned(), key.as_str().into());
    }
    Ok(body)
}

/// What `--data` gives, here or on standard input.
pub(super) fn parse(data: &str) -> Result<Value, Failure> {
    let text = given_or_read(data)?;
    serde_json::from_str(&text).map_err(|error| Failure::Misuse(format!("--data is no JSON: {error}")))
}

/// The text as it is given, or standard input for `-`.
pub(super) fn given_or_read(text: &str) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut text = String::new();
    let read = io::stdin().take(MOST_INPUT).read_to_string(&mut text);
    read.map_err(|error| Failure::Failed(format!("cannot read standard input: {error}")))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, args::Command};

    fn body_of(line: &[&str]) -> Result<Value, Failure> {
        let line = ["lockstep", "publish"].iter().chain(line);
        match Cli::try_parse_from(line).expect("understood").command {
            Command::Publish(publish) => body(&publish),
            _ => panic!("another command"),
        }
    }

    #[test]
    fn arguments_become_the_body_that_the_api_takes() {
        let line = [
            "files:changed",
            "--reason",
            "added",
            "--id",
            "8",
            "--data",
            r#"{"a":1}"#,
            "--room",
            "index",
            "--once",
            "k",
        ];

        let body = body_of(&line).expect("right");

        let expected = json!({"event": "files:changed", "reason": "added", "id": "8", "data": {"a": 1}, "room": "index", "key": "k"});
        assert_eq!(body, expected);
    }

    #[test]
    fn data_that_is_no_json_is_wrong_use() {
        let failure =
            body_of(&["files:changed", "--reason", "added", "--id", "8", "--data", "{a:1}"]).expect_err("no JSON");

        assert_eq!(failure.code(), 2);
    }
}
