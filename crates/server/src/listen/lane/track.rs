//! Where in its own output the engine stands.
//!
//! Fed with every byte the kernel has taken from the engine, in order, it tells where a frame of ours may be put between two of the
//! engine's: never inside a frame, never between the fragments of a message, never before the page has been told that it is connected.
//! What it does not recognise it never opens for; the engine's way is always there. Frames are those of RFC 6455, section 5.2.

/// The longest head of a frame that a server sends: two bytes and a length of eight.
const LONGEST_HEAD: usize = 10;

/// How the answer begins by which a connection becomes a WebSocket.
const SWITCHING: &[u8] = b"HTTP/1.1 101 ";

/// How the packet begins that tells a page that it is connected.
const CONNECTED: &[u8] = b"40";

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Requests and their answers.
    Http,
    /// The next answer is the last: it makes the connection a WebSocket.
    Switching,
    /// Within that answer; so many bytes of its end have been seen.
    Answer(usize),
    /// Before a frame or within its head, of which so many bytes have been seen.
    Head(usize),
    /// Within the payload of a frame.
    Payload { seen: u64, left: u64 },
    /// Nothing follows.
    Closed,
}

/// The state of one connection's output.
#[derive(Debug)]
pub(super) struct Track {
    phase: Phase,
    head: [u8; LONGEST_HEAD],
    /// Between the first fragment of a message and its last.
    fragmented: bool,
    /// The present frame may still be the one that says "connected".
    may_connect: bool,
    connected: bool,
}

impl Default for Track {
    fn default() -> Self {
        Self { phase: Phase::Http, head: [0; LONGEST_HEAD], fragmented: false, may_connect: false, connected: false }
    }
}

impl Track {
    /// The answer that is written next makes this connection a WebSocket that speaks Socket.IO.
    pub(super) fn switching(&mut self) {
        if self.phase == Phase::Http {
            self.phase = Phase::Switching;
        }
    }

    /// The same for one that speaks nothing but WebSocket: there is nobody but us who tells the page that it is connected.
    pub(super) fn switching_to_raw(&mut self) {
        self.switching();
        self.connected = true;
    }

    /// Whether it is known to be a WebSocket that has not been closed.
    pub(super) fn is_websocket(&self) -> bool {
        matches!(self.phase, Phase::Head(_) | Phase::Payload { .. })
    }

    /// Whether the engine has said its last.
    pub(super) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Nothing follows any more.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Closed;
    }

    /// Whether a frame of ours may be written now.
    pub(super) fn is_open(&self) -> bool {
        self.connected && !self.fragmented && self.phase == Phase::Head(0)
    }

    /// The kernel has taken these bytes of the engine's, from one write.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.phase {
                Phase::Http | Phase::Closed => return,
                // It is looked for at the beginning of a write alone: within one it might be part of somebody's data.
                Phase::Switching if !bytes.starts_with(SWITCHING) => return,
                Phase::Switching => self.phase = Phase::Answer(0),
                Phase::Answer(seen) => {
                    self.answer(byte, seen);
                    bytes = rest;
                }
                Phase::Head(seen) => {
                    self.head(byte, seen);
                    bytes = rest;
                }
                Phase::Payload { seen, left } => bytes = self.payload(bytes, seen, left),
            }
        }
    }

    fn answer(&mut self, byte: u8, seen: usize) {
        let seen = match (byte == END_OF_HEAD[seen], byte) {
            (true, _) => seen + 1,
            (false, b'\r') => 1,
            (false, _) => 0,
        };
        self.phase = if seen == END_OF_HEAD.len() { Phase::Head(0) } else { Phase::Answer(seen) };
    }

    fn head(&mut self, byte: u8, seen: usize) {
        self.head[seen] = byte;
        self.phase = Phase::Head(seen + 1);
        let Some(length) = payload_length(&self.head[..=seen]) else { return };
        self.may_connect = !self.connected && self.head[0] & 0x0f == 1 && length >= CONNECTED.len() as u64;
        if length == 0 { self.end_frame() } else { self.phase = Phase::Payload { seen: 0, left: length } }
    }

    fn payload<'a>(&mut self, bytes: &'a [u8], seen: u64, left: u64) -> &'a [u8] {
        let taken = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (here, rest) = bytes.split_at(taken);
        if self.may_connect {
            let place = usize::try_from(seen).unwrap_or(usize::MAX);
            let wanted = CONNECTED.get(place..).unwrap_or_default();
            self.may_connect = wanted.iter().zip(here).all(|(wanted, byte)| wanted == byte);
        }
        match left - taken as u64 {
            0 => self.end_frame(),
            left => self.phase = Phase::Payload { seen: seen + taken as u64, left },
        }
        rest
    }

    fn end_frame(&mut self) {
        const CLOSE: u8 = 8;
        let (last, kind) = (self.head[0] & 0x80 != 0, self.head[0] & 0x0f);
        self.connected |= self.may_connect;
        if kind < CLOSE {
            self.fragmented = !last;
        }
        self.phase = if kind == CLOSE { Phase::Closed } else { Phase::Head(0) };
    }
}

/// The length of the payload, once its head is complete. A server's frames have no mask.
fn payload_length(head: &[u8]) -> Option<u64> {
    match (*head.get(1)? & 0x7f, head.len()) {
        (126, 4) => Some(u64::from(u16::from_be_bytes([head[2], head[3]]))),
        (127, LONGEST_HEAD) => Some(u64::from_be_bytes(head[2..].try_into().expect("eight bytes"))),
        (short @ ..126, 2) => Some(u64::from(short)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\r\n";

    fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![head];
        match payload.len() {
            short @ ..126 => frame.push(short as u8),
            medium @ ..65_536 => frame.extend([126].into_iter().chain((medium as u16).to_be_bytes())),
            long => frame.extend([127].into_iter().chain((long as u64).to_be_bytes())),
        }
        frame.extend(payload);
        frame
    }

    fn connected() -> Track {
        let mut track = Track::default();
        track.switching();
        track.feed(ANSWER);
        track.feed(&frame(0x81, b"40{\"sid\":\"x\"}"));
        assert!(track.is_open());
        track
    }

    /// Feeds `bytes` one by one; the places, counted in bytes fed, at which it is open.
    fn open_after(track: &mut Track, bytes: &[u8]) -> Vec<usize> {
        let feed = |(place, byte): (usize, &u8)| {
            track.feed(std::slice::from_ref(byte));
            track.is_open().then_some(place + 1)
        };
        bytes.iter().enumerate().filter_map(feed).collect()
    }

    #[test]
    fn it_opens_once_the_page_has_been_told_that_it_is_connected_and_not_before() {
        let mut track = Track::default();
        track.switching();
        track.feed(ANSWER);
        assert!(track.is_websocket() && !track.is_open());

        for other in [&b"0{\"sid\":\"x\"}"[..], b"2", b"44{\"message\":\"unauthorized\"}", b""] {
            assert_eq!(open_after(&mut track, &frame(0x81, other)), [0; 0], "{other:?}");
        }
        assert_eq!(open_after(&mut track, &frame(0x82, b"40")), [0; 0], "not a text");
        let connect = frame(0x81, b"40{\"sid\":\"x\"}");
        assert_eq!(open_after(&mut track, &connect), [connect.len()]);
    }

    #[test]
    fn a_raw_websocket_opens_with_the_answer_that_makes_it_one_and_not_before() {
        let mut track = Track::default();
        track.switching_to_raw();
        let (answer, end) = ANSWER.split_at(ANSWER.len() - 1);

        track.feed(answer);
        assert!(!track.is_open());
        track.feed(end);
        assert!(track.is_open());

        let ping = frame(0x89, b"");
        assert_eq!(open_after(&mut track, &ping), [ping.len()]);
    }

    #[test]
    fn it_is_open_between_frames_of_every_length_and_never_within_one() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let (mut track, frame) = (connected(), frame(0x81, &vec![b'x'; length]));

            assert_eq!(open_after(&mut track, &frame), [frame.len()], "{length}");
        }
    }

    #[test]
    fn it_is_not_open_between_the_fragments_of_a_message() {
        let mut track = connected();
        let (first, ping, middle, last) = (frame(0x01, b"a"), frame(0x89, b"p"), frame(0x00, b"b"), frame(0x80, b"c"));
        let message = [first, ping, middle, last].concat();

        assert_eq!(open_after(&mut track, &message), [message.len()]);
    }

    #[test]
    fn nothing_follows_a_close() {
        let mut track = connected();

        assert_eq!(open_after(&mut track, &frame(0x88, &[3, 232])), [0; 0]);

        assert!(track.is_closed());
        assert_eq!(open_after(&mut track, &frame(0x81, b"late")), [0; 0]);
    }

    #[test]
    fn what_is_no_upgrade_never_opens_it() {
        let connect = frame(0x81, b"40{}");
        let untold = {
            let mut track = Track::default();
            track.feed(&[ANSWER, &connect].concat());
            track
        };
        let refused = {
            let mut track = Track::default();
            track.switching();
            track.feed(&[b"HTTP/1.1 400 Bad Request\r\n\r\n", connect.as_slice()].concat());
            track
        };
        let within = {
            let mut track = Track::default();
            track.switching();
            track.feed(&[b"the end of a body", ANSWER, &connect].concat());
            track
        };

        assert!([untold, refused, within].iter().all(|track| !track.is_open() && !track.is_websocket()));
    }

    #[test]
    fn the_end_of_an_answer_is_found_among_lookalikes() {
        let mut track = Track::default();
        track.switching();

        track.feed(b"HTTP/1.1 101 x\r\na: \r\r\nb: \r\n\r");
        assert!(!track.is_websocket());
        track.feed(b"\r\n\r\n");

        assert!(track.is_websocket());
    }
    /// The engine's output is its own, but what is in its payloads is not: whatever the bytes, however the kernel takes them.
    #[test]
    fn whatever_is_written_and_however_it_is_cut_it_stands_at_the_same_place() {
        use crate::nasty::{Dice, bytes};
        let frames = [frame(0x81, b"42[\"x\"]"), frame(0x82, &[0; 200]), frame(0x01, b"a"), frame(0x80, b"b")];
        let frames =
            [&frames[..], &[frame(0x89, b""), frame(0x88, &[3, 232]), vec![0x81, 127, 255, 255, 255, 255]]].concat();
        let seeds: Vec<&[u8]> = frames.iter().map(Vec::as_slice).chain([ANSWER, b"40", &[0x81, 126, 0]]).collect();
        let state = |track: &Track| (track.is_open(), track.is_websocket(), track.is_closed());
        let (mut dice, mut open) = (Dice::new(1), 0);
        for written in bytes(&seeds, 20_000) {
            let (mut whole, mut cut) = (connected(), connected());

            whole.feed(&written);
            let mut rest = written.as_slice();
            while !rest.is_empty() {
                let (taken, left) = rest.split_at(1 + dice.below(rest.len()));
                cut.feed(taken);
                rest = left;
            }

            assert_eq!(state(&whole), state(&cut), "{written:x?}");
            open += usize::from(whole.is_open());
        }
        assert!((100..19_900).contains(&open), "{open}: the mutants are all alike");
    }
}
