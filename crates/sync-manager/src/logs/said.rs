//! What a reader is told, finished in each of the three ways in which readers speak with us.
//!
//! Each way is encoded when the first reader needs it, and shared by all others.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use lockstep_protocol::{
    frame,
    log::{Filter, Line},
    packet::Packet,
};
use serde_json::json;

/// A line and its JSON, which is made once for all readers.
#[derive(Debug)]
pub(crate) struct Entry {
    line: Arc<Line>,
    json: OnceLock<Box<str>>,
}

/// What a line takes besides its texts, in bytes.
const AROUND: usize = 256;

impl Entry {
    pub(crate) fn new(line: Arc<Line>) -> Arc<Self> {
        Arc::new(Self { line, json: OnceLock::new() })
    }

    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// About how much memory it takes once it is encoded, and how long that is.
    pub(crate) fn bytes(&self) -> usize {
        let metadata = self.line.metadata.as_ref().map_or(0, |metadata| metadata.get().len());
        AROUND + self.line.message.len() + metadata
    }

    fn json(&self) -> &str {
        self.json.get_or_init(|| serde_json::to_string(&self.line).expect("a line has string keys").into())
    }
}

/// Why lines are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapWhy {
    /// The reader is too slow.
    Slow,
    /// They were lost between workers, or dropped where they came in, and are not kept.
    Wire,
    /// The reader had paused.
    Paused,
}

impl GapWhy {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            GapWhy::Slow => "slow",
            GapWhy::Wire => "wire",
            GapWhy::Paused => "paused",
        }
    }
}

/// What is told.
#[derive(Debug)]
pub enum What {
    /// What came before; it replaces what the reader has.
    Backfill {
        /// The filter that is in force from now on, where it was just set.
        filter: Option<Filter>,
        /// Whether older lines may match.
        more: bool,
    },
    /// Lines as they come.
    Lines,
    /// Lines are missing here.
    Gap {
        /// Exactly so many.
        dropped: u64,
        /// Why.
        why: GapWhy,
        /// The id of the reader's line before them, if he has any.
        after: Option<String>,
    },
    /// He is told no more until he resumes.
    Paused,
}

/// Something for a reader.
#[derive(Debug)]
pub struct Said {
    what: What,
    entries: Vec<Arc<Entry>>,
    socketio: OnceLock<Encoded>,
    stream: OnceLock<Encoded>,
    plain: OnceLock<Encoded>,
}

impl Said {
    pub(crate) fn new(what: What, entries: Vec<Arc<Entry>>) -> Arc<Self> {
        let (socketio, stream, plain) = Default::default();
        Arc::new(Self { what, entries, socketio, stream, plain })
    }

    /// What it is.
    pub fn what(&self) -> &What {
        &self.what
    }

    /// The lines of [`What::Lines`] and [`What::Backfill`], in order.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &Arc<Line>> + DoubleEndedIterator {
        self.entries.iter().map(|entry| entry.line())
    }

    pub(crate) fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// As Socket.IO packets; [`Said::event`] has the same for a transport that makes packets itself.
    pub fn socketio(&self) -> &Encoded {
        self.socketio.get_or_init(|| {
            let packet = |(name, argument): (&str, String)| Packet::event_text(name, &argument);
            self.event_of_socketio().map(packet).into_iter().collect()
        })
    }

    /// As a Socket.IO event: its name and its argument, finished JSON. A pause needs none.
    pub fn event(&self) -> Option<(&'static str, &str)> {
        let packet = self.socketio().texts().next()?;
        let name = self.name();
        let argument = packet.strip_prefix(r#"42[""#)?.strip_prefix(name)?.strip_prefix(r#"","#)?.strip_suffix(']')?;
        Some((name, argument))
    }

    fn name(&self) -> &'static str {
        match self.what {
            What::Backfill { .. } => "log:backfill",
            What::Lines => "log",
            What::Gap { .. } => "log:gap",
            What::Paused => "",
        }
    }

    fn event_of_socketio(&self) -> Option<(&'static str, String)> {
        let argument = match &self.what {
            What::Backfill { more, .. } => format!(r#"{{"lines":{},"more":{more}}}"#, self.array()),
            What::Lines => self.array(),
            What::Gap { dropped, why, after } => {
                json!({"dropped": dropped, "why": why.word(), "after": after}).to_string()
            }
            What::Paused => return None,
        };
        Some((self.name(), argument))
    }

    fn array(&self) -> String {
        let lines: Vec<&str> = self.entries.iter().map(|entry| entry.json()).collect();
        format!("[{}]", lines.join(","))
    }

    /// As the messages of `/ws/logs/stream/`.
    pub fn stream(&self) -> &Encoded {
        self.stream.get_or_init(|| match &self.what {
            What::Backfill { filter, more } => {
                let set = filter.iter().map(|filter| json!({"type": "filters_set", "filters": filter}).to_string());
                let end = json!({"type": "backfill_end", "count": self.entries.len(), "more": more}).to_string();
                set.chain(self.log_entries(r#","backfill":true"#)).chain([end]).collect()
            }
            What::Lines => self.log_entries("").collect(),
            What::Gap { .. } => self.gap().into_iter().collect(),
            What::Paused => [json!({"type": "paused"}).to_string()].into_iter().collect(),
        })
    }

    fn log_entries(&self, more: &'static str) -> impl Iterator<Item = String> {
        self.entries.iter().map(move |entry| format!(r#"{{"type":"log_entry","data":{}{more}}}"#, entry.json()))
    }

    fn gap(&self) -> Option<String> {
        let What::Gap { dropped, why, after } = &self.what else { return None };
        Some(json!({"type": "gap", "dropped": dropped, "why": why.word(), "after": after}).to_string())
    }

    /// As the messages of `/ws/logs/`, which knows neither filters nor what came before.
    pub fn plain(&self) -> &Encoded {
        self.plain.get_or_init(|| match &self.what {
            What::Lines => self.entries.iter().map(|entry| plain(entry.line())).collect(),
            What::Gap { .. } => self.gap().into_iter().collect(),
            What::Backfill { .. } | What::Paused => Encoded::from_iter([]),
        })
    }
}

fn plain(line: &Line) -> String {
    let Line { message, kind, timestamp, level, source, .. } = line;
    json!({"type": "log", "content": message, "logger": kind, "timestamp": timestamp, "level": level, "source": source})
        .to_string()
}

/// Finished text messages.
#[derive(Debug)]
pub struct Encoded {
    texts: Vec<String>,
    frames: OnceLock<Bytes>,
}

impl Encoded {
    /// Each message.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// All of them as finished WebSocket frames with nothing between, unmasked; encoded at the first call, shared by all others.
    pub fn frames(&self) -> Bytes {
        self.frames.get_or_init(|| self.framed()).clone()
    }

    fn framed(&self) -> Bytes {
        let size = self.texts.iter().map(|text| text.len() + frame::MAX_HEAD).sum();
        let mut frames = Vec::with_capacity(size);
        self.texts.iter().for_each(|text| frame::text(&mut frames, text));
        frames.into()
    }
}

impl FromIterator<String> for Encoded {
    fn from_iter<I: IntoIterator<Item = String>>(texts: I) -> Self {
        Self { texts: texts.into_iter().collect(), frames: OnceLock::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::tests::line;

    fn said(what: What, numbers: std::ops::RangeInclusive<u64>) -> Arc<Said> {
        Said::new(what, numbers.map(|n| Entry::new(Arc::new(line("a", n)))).collect())
    }

    fn check(said: &Said, event: Option<&(&str, serde_json::Value)>, stream: &[serde_json::Value], plain: usize) {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(said.event().map(|(name, argument)| (name, read(argument))).as_ref(), event);
        assert_eq!(said.stream().texts().map(read).collect::<Vec<_>>(), stream);
        assert_eq!(said.plain().texts().map(read).collect::<Vec<_>>().len(), plain);
    }

    fn json_of(n: u64) -> serde_json::Value {
        serde_json::to_value(line("a", n)).expect("string keys")
    }

    #[test]
    fn lines_are_one_event_and_a_message_each_for_the_others() {
        let entry = |n| json!({"type": "log_entry", "data": json_of(n)});
        let event = ("log", json!([json_of(1), json_of(2)]));
        check(&said(What::Lines, 1..=2), Some(&event), &[entry(1), entry(2)], 2);
    }

    #[test]
    fn what_came_before_is_marked_as_such_and_ends_with_a_count() {
        let what = What::Backfill { filter: Some(Filter::default()), more: true };
        let stream = [
            json!({"type": "filters_set", "filters": Filter::default()}),
            json!({"type": "log_entry", "data": json_of(1), "backfill": true}),
            json!({"type": "backfill_end", "count": 1, "more": true}),
        ];
        let event = ("log:backfill", json!({"lines": [json_of(1)], "more": true}));
        check(&said(what, 1..=1), Some(&event), &stream, 0);
    }

    #[test]
    fn a_gap_and_a_pause_say_what_they_are() {
        let gap = What::Gap { dropped: 7, why: GapWhy::Wire, after: Some("a1".into()) };
        let stream = [json!({"type": "gap", "dropped": 7, "why": "wire", "after": "a1"})];
        let event = ("log:gap", json!({"dropped": 7, "why": "wire", "after": "a1"}));
        check(&Said::new(gap, Vec::new()), Some(&event), &stream, 1);
        check(&Said::new(What::Paused, Vec::new()), None, &[json!({"type": "paused"})], 0);
    }

    #[test]
    fn the_older_dialect_calls_the_message_content() {
        let said = said(What::Lines, 7..=7);
        let text = said.plain().texts().next().expect("one");

        let read: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let Line { message, timestamp, source, .. } = line("a", 7);
        let expect = json!({"type": "log", "content": message, "logger": "info", "timestamp": timestamp, "level": "info",
            "source": source});
        assert_eq!(read, expect);
    }

    #[test]
    fn frames_are_the_texts_one_behind_the_other() {
        let said = said(What::Lines, 1..=3);

        let frames = said.stream().frames();

        let mut expect = Vec::new();
        said.stream().texts().for_each(|text| frame::text(&mut expect, text));
        assert_eq!(frames, expect);
    }
}
