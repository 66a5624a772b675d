//! `notify`: the same door as `POST /api/notifications`, for shell scripts.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{
    args::{Addressee, Notify},
    client,
    failure::Failure,
    output,
    publish::{given_or_read, parse},
};

pub(super) async fn run(config: Option<PathBuf>, notify: Notify) -> Result<(), Failure> {
    let body = body(&notify)?;
    let target = notify.connection.target(config)?;
    let answer = client::post(&target, "/api/notifications", notify.connection.key()?, &body).await?;
    if notify.json {
        return output::json(&answer);
    }
    let recipients = answer["recipients"].as_u64().unwrap_or_default();
    if recipients == 0 {
        output::note("nobody was told: whoever was meant may not sign in");
    }
    output::answer(&format!("{} {recipients}", answer["id"].as_str().unwrap_or("-")))
}

fn body(notify: &Notify) -> Result<Value, Failure> {
    if [&notify.data, &notify.message].iter().all(|text| text.as_deref() == Some("-")) {
        return Err(Failure::Misuse("--data and --message cannot both be read from standard input".to_owned()));
    }
    let mut body = Map::from_iter([("to".to_owned(), to(&notify.to)), ("type".to_owned(), json!(notify.kind))]);
    if let Some(data) = &notify.data {
        body.insert("data".to_owned(), parse(data)?);
    }
    if let Some(message) = &notify.message {
        // The line that a command prints ends in a new line that is not part of the sentence.
        body.insert("message".to_owned(), given_or_read(message)?.trim_end().into());
    }
    if let Some(status) = notify.status {
        body.insert("status".to_owned(), status.name().into());
    }
    if let Some(key) = &notify.under {
        body.insert("key".to_owned(), key.as_str().into());
    }
    Ok(Value::Object(body))
}

fn to(to: &Addressee) -> Value {
    match (&to.user, &to.group) {
        (Some(user), _) => json!({ "user": user }),
        (None, Some(group)) => json!({ "group": group }),
        (None, None) => json!({ "all": true }),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, args::Command};

    fn body_of(line: &[&str]) -> Result<Value, Failure> {
        let line = ["lockstep", "notify"].iter().chain(line);
        match Cli::try_parse_from(line).expect("understood").command {
            Command::Notify(notify) => body(&notify),
            _ => panic!("another command"),
        }
    }

    #[test]
    fn arguments_become_the_body_that_the_api_takes() {
        let line =
            ["--user", "anna", "--type", "alert", "--data", r#"{"a":1}"#, "--message", "Hi\n", "--status", "error"];

        let body = body_of(&[&line[..], &["--under", "k"]].concat()).expect("right");

        let expected = json!({"to": {"user": "anna"}, "type": "alert", "data": {"a": 1}, "message": "Hi", "status": "error", "key": "k"});
        assert_eq!(body, expected);
        let to = |line: &[&str]| body_of(&[line, &["--type", "x"]].concat()).expect("right")["to"].clone();
        assert_eq!(to(&["--all"]), json!({"all": true}));
        assert_eq!(to(&["--group", "Storekeepers"]), json!({"group": "Storekeepers"}));
    }

    #[test]
    fn nobody_and_two_at_once_are_wrong_use() {
        for line in [&["--type", "x"][..], &["--type", "x", "--all", "--user", "anna"], &["--all"]] {
            assert!(Cli::try_parse_from(["lockstep", "notify"].iter().chain(line)).is_err(), "{line:?}");
        }
        let failure =
            body_of(&["--all", "--type", "x", "--data", "-", "--message", "-"]).expect_err("one standard input");
        assert_eq!(failure.code(), 2);
    }
}
