//! What happens to messages on their way, and what strangers say.

use std::time::{Duration, Instant};

use lockstep_e2e::{Mood, redis::encode};
use rand::RngExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

use super::{Fault, Target};
use crate::stage::Stage;

pub(super) fn misbehave(target: &impl Target, fault: Fault) -> Result<(), String> {
    let mood = match fault {
        Fault::MessagesLost => Mood { lose: 0.33, ..Mood::default() },
        Fault::Silence => Mood { lose: 1.0, ..Mood::default() },
        Fault::MessagesDoubled => Mood { double: 0.5, ..Mood::default() },
        Fault::MessagesReordered => Mood { late: 0.5, late_by: Duration::from_millis(100), ..Mood::default() },
        Fault::MessagesDelayed => Mood { late: 0.5, late_by: Duration::from_secs(3), ..Mood::default() },
        other => return Err(format!("{} cannot happen here", other.word())),
    };
    target.relay().set(mood);
    Ok(())
}

pub(super) fn behave(target: &impl Target) {
    target.relay().set(Mood::default());
}

/// Listens to what the workers say and answers with lies, for as long as it lasts.
pub(super) async fn forge(stage: &mut Stage, lasting: Duration) -> Result<(), String> {
    let socket = stage.cluster.redis().socket();
    let failed = |error: std::io::Error| format!("redis: {error}");
    let mut ear = UnixStream::connect(&socket).await.map_err(failed)?;
    let mut mouth = UnixStream::connect(&socket).await.map_err(failed)?;
    ear.write_all(&encode(&["PSUBSCRIBE", "*events"])).await.map_err(failed)?;
    let started = Instant::now();
    let (mut heard, mut answer) = (vec![0; 256 * 1024], vec![0; 64 * 1024]);
    while started.elapsed() < lasting {
        let read = timeout(lasting, ear.read(&mut heard)).await.map_err(|_| "nothing was said".to_owned())?;
        let length = read.map_err(failed)?;
        let told = String::from_utf8_lossy(&heard[..length]).into_owned();
        for (channel, lie) in lies(&told, &mut stage.random) {
            let command = [&b"*3\r\n$7\r\nPUBLISH\r\n"[..], &bulk(channel.as_bytes()), &bulk(&lie)].concat();
            mouth.write_all(&command).await.map_err(failed)?;
        }
        while timeout(Duration::ZERO, mouth.read(&mut answer)).await.is_ok() {}
    }
    Ok(())
}

/// What can be made of one message: an event that would follow it, the same with the old signature, itself again, and noise.
fn lies(told: &str, random: &mut impl RngExt) -> Vec<(String, Vec<u8>)> {
    let Some(message) = told.rsplit("\r\n").find(|part| part.contains("\"gprev\"")) else { return Vec::new() };
    let Some(channel) = told.split("\r\n").find(|part| part.ends_with("events") && !part.starts_with('*')) else {
        return Vec::new();
    };
    let (signature, body) = message.split_at(message.find(['{', '[']).unwrap_or(0));
    let mut noise = vec![0; random.random_range(0..2_000)];
    random.fill(&mut noise[..]);
    let mut lies = vec![message.as_bytes().to_vec(), noise, b"{}".to_vec(), vec![b'['; 5_000], vec![b'x'; 70_000]];
    if let Some(forged) = follow_up(body) {
        lies.push(forged.clone().into_bytes());
        lies.push(format!("{signature}{forged}").into_bytes());
    }
    lies.into_iter().map(|lie| (channel.to_owned(), lie)).collect()
}

/// An event that nobody committed, in the place right behind this one.
fn follow_up(body: &str) -> Option<String> {
    let mut record: serde_json::Value = serde_json::from_str(body).ok()?;
    if let Some(last) = record.as_array().and_then(|records| records.last()) {
        record = last.clone();
    }
    let seq = record["seq"].as_i64()?;
    record["gprev"] = seq.into();
    record["seq"] = (seq + 1).into();
    record["rev"] = 1_000_000.into();
    record["data"] = serde_json::json!({"name": "forged"});
    Some(record.to_string())
}

fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
