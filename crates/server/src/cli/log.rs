//! `log`: the same door as `POST /api/logs`, for shell scripts.
//!
//! Standard input is sent while it comes: what another program writes is seen at once, and a flood goes in large requests. A server that
//! says "not so fast" is asked again; then the program before the pipe waits, and no line is lost.

use std::{
    io::{self, BufRead},
    path::PathBuf,
    time::Duration,
};

use lockstep_protocol::log::{MAX_BATCH, MAX_MESSAGE};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::sleep};

use super::{
    args::Log,
    client::{self, Target},
    failure::Failure,
    output,
};

/// Lines of one request: few enough that the largest stay below the usual limit of a body.
const LINES: usize = MAX_BATCH / 10;

/// Pause before a request that was refused for coming too soon is sent again, and how often.
const AGAIN: (Duration, u32) = (Duration::from_secs(1), 60);

pub(super) async fn run(config: Option<PathBuf>, log: Log) -> Result<(), Failure> {
    let rest = rest(&log)?;
    let target = log.connection.target(config)?;
    log.connection.key()?;
    if log.message == "-" {
        return stream(&log, &target, &rest).await;
    }
    let answer = send(&log, &target, &line(&rest, &log.message)).await?;
    match log.json {
        true => output::json(&answer),
        false => output::answer(answer["ids"][0].as_str().unwrap_or_default()),
    }
}

/// Sends standard input to its end.
async fn stream(log: &Log, target: &Target, rest: &Value) -> Result<(), Failure> {
    let (lines, mut queue) = mpsc::channel(LINES);
    let reader = tokio::task::spawn_blocking(move || read(&lines));
    let (mut taken, mut some) = (0, Vec::new());
    while queue.recv_many(&mut some, LINES).await > 0 {
        let body: Value = some.drain(..).map(|text: String| line(rest, &text)).collect();
        send(log, target, &body).await?;
        taken += body.as_array().map_or(0, Vec::len);
    }
    let cannot_read = |error: io::Error| Failure::Failed(format!("cannot read standard input: {error}"));
    reader.await.map_err(|error| Failure::because(&error))?.map_err(cannot_read)?;
    match log.json {
        true => output::json(&json!({ "accepted": taken })),
        false => output::answer(&taken.to_string()),
    }
}

/// Lines that say something, as far as they are text, until nobody wants any.
fn read(lines: &mpsc::Sender<String>) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut bytes = Vec::new();
    while input.read_until(b'\n', &mut bytes)? > 0 {
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end();
        if !text.is_empty() && lines.blocking_send(shortened(text)).is_err() {
            break;
        }
        bytes.clear();
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_MESSAGE)].to_owned()
}

async fn send(log: &Log, target: &Target, body: &Value) -> Result<Value, Failure> {
    let (pause, mut tries) = AGAIN;
    loop {
        match client::post(target, "/api/logs", log.connection.key()?, body).await {
            Err(Failure::Failed(why)) if why.ends_with("(rate_limited)") && tries > 0 => {
                tries -= 1;
                sleep(pause).await;
            }
            answer => return answer,
        }
    }
}

/// All but the message.
fn rest(log: &Log) -> Result<Value, Failure> {
    let no_json = |error| Failure::Misuse(format!("--metadata is no JSON: {error}"));
    let metadata = log.metadata.as_deref().map(serde_json::from_str::<Value>).transpose().map_err(no_json)?;
    Ok(json!({
        "type": log.kind,
        "level": log.level,
        "source": log.source,
        "environment": log.environment,
        "metadata": metadata,
    }))
}

fn line(rest: &Value, message: &str) -> Value {
    let mut line = rest.clone();
    line["message"] = message.into();
    line
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, args::Command};

    fn body_of(line_: &[&str]) -> Result<Value, Failure> {
        let line_ = ["lockstep", "log"].iter().chain(line_);
        match Cli::try_parse_from(line_).expect("understood").command {
            Command::Log(log) => Ok(line(&rest(&log)?, &log.message)),
            _ => panic!("another command"),
        }
    }

    #[test]
    fn arguments_become_the_line_that_the_api_takes() {
        let given = ["-- full --", "--level", "warn", "--source", "disk", "--metadata", r#"{"free": 0}"#];

        let body = body_of(&given).expect("right");

        let expected = json!({"message": "-- full --", "type": null, "level": "warning", "source": "disk", "environment": null,
            "metadata": {"free": 0}});
        assert_eq!(body, expected);
    }

    #[test]
    fn wrong_words_are_wrong_use() {
        assert_eq!(body_of(&["x", "--metadata", "{a:1}"]).expect_err("no JSON").code(), 2);
        let error = Cli::try_parse_from(["lockstep", "log", "x", "--level", "loud"]).expect_err("no level");
        assert!(error.to_string().contains("debug, info, warning, error, critical"), "{error}");
    }

    #[test]
    fn a_line_of_input_is_no_longer_than_a_message() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"я".repeat(MAX_MESSAGE)).len(), MAX_MESSAGE);
    }
}
