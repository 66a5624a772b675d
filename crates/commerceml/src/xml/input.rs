//! The bytes of a file on their way to the parser: decoded, counted, bounded and located.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_8};
use sha2::{Digest, Sha256};

use super::encoding::{self, Chosen, LOOKED_AT};
use crate::{Limits, Place, Why};

/// Bytes read at once. More is not faster.
const CHUNK: usize = 64 << 10;

/// What went wrong below the parser, which itself only hears that reading failed.
pub(super) enum Failure {
    Disk(io::Error),
    Refused(Why),
}

/// A [`BufRead`] of UTF-8 over a file in any accepted encoding. It knows where in the text the parser is, and lets no event grow beyond
/// the limit.
pub(super) struct Input<R> {
    reader: R,
    raw: Window,
    /// The decoded text, when the file is not in UTF-8.
    decoded: Option<(Decoder, Window)>,
    chosen: Option<Chosen>,
    /// Nothing more comes from the disk.
    ended: bool,
    /// Nothing more comes from the decoder, which must not be asked again.
    decoded_all: bool,
    /// Found while decoding, told once what came before it is read.
    bad: bool,
    bytes: u64,
    digest: Option<Sha256>,
    event: Event,
    failure: Option<Failure>,
    longest_file: u64,
    longest_event: usize,
}

/// Bytes in a buffer that wait to be taken.
struct Window {
    buffer: Box<[u8]>,
    taken: usize,
    end: usize,
}

/// Where the present event began. Lines are counted only up to a `mark` in the window, and on from there when somebody asks or the
/// window is given away: every byte is counted once, and in large pieces.
struct Event {
    start: usize,
    place: Option<Place>,
    size: usize,
    mark: usize,
    marked: Place,
}

impl<R: Read> Input<R> {
    pub(super) fn new(reader: R, limits: &Limits) -> Self {
        Self {
            reader,
            raw: Window::new(CHUNK),
            decoded: None,
            chosen: None,
            ended: false,
            decoded_all: false,
            bad: false,
            bytes: 0,
            digest: None,
            event: Event { start: 0, place: None, size: 0, mark: 0, marked: Place::START },
            failure: None,
            longest_file: limits.file,
            longest_event: limits.text.saturating_add(CHUNK),
        }
    }

    /// Bytes read of the file, as they lie on the disk.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the SHA-256 of all that is read from now on.
    pub(super) fn begin_digest(&mut self) {
        self.digest = Some(Sha256::new());
    }

    /// The SHA-256, if it was taken.
    pub(super) fn digest(&self) -> Option<[u8; 32]> {
        self.digest.clone().map(|digest| digest.finalize().into())
    }

    /// The encoding, once something was read.
    pub(super) fn chosen(&self) -> Option<Chosen> {
        self.chosen
    }

    /// What made the last read fail.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// Whether nothing is left to read.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.fill_buf().is_ok_and(<[u8]>::is_empty)
    }

    /// Says that the parser is about to read its next event.
    pub(super) fn begin_event(&mut self) {
        self.event.start = self.window().taken;
        self.event.place = None;
        self.event.size = 0;
    }

    /// Where the present event began.
    pub(super) fn event_place(&mut self) -> Place {
        if let Some(place) = self.event.place {
            return place;
        }
        let place = self.count_to(self.event.start);
        self.event.place = Some(place);
        place
    }

    /// Where the parser is.
    pub(super) fn place(&mut self) -> Place {
        self.event_place();
        self.count_to(self.window().taken)
    }

    fn count_to(&mut self, end: usize) -> Place {
        let counted = &self.window().buffer[self.event.mark..end];
        let place = self.event.marked.after(counted);
        (self.event.mark, self.event.marked) = (end, place);
        place
    }

    fn window(&self) -> &Window {
        self.decoded.as_ref().map_or(&self.raw, |(_, window)| window)
    }

    /// The rare case that the parser has taken all there was, or too much.
    #[cold]
    fn fill(&mut self) -> io::Result<()> {
        let filled = match self.event.size > self.longest_event {
            true => Err(Failure::Refused(Why::TextSize(self.longest_event - CHUNK))),
            false if self.decoded_all || (self.ended && self.decoded.is_none()) => Ok(()),
            false => self.refill(),
        };
        filled.map_err(|failure| {
            self.failure = Some(failure);
            io::Error::other("reading failed")
        })
    }

    /// Gets the next bytes of the text, when all that were there are taken. None come at the end.
    fn refill(&mut self) -> Result<(), Failure> {
        self.event_place();
        self.count_to(self.window().end);
        self.event.mark = 0;
        // Even if nothing comes, what was there is counted and gone.
        let window = self.decoded.as_mut().map_or(&mut self.raw, |(_, window)| window);
        (window.taken, window.end) = (0, 0);
        if self.chosen.is_none() {
            return self.begin();
        }
        match self.decoded {
            None => self.read_on(0),
            Some(_) => self.decode(),
        }
    }

    /// The first read: as much as it takes to know the encoding.
    fn begin(&mut self) -> Result<(), Failure> {
        while self.raw.end < LOOKED_AT && !self.ended {
            self.read_on(self.raw.end)?;
        }
        let chosen = encoding::choose(&self.raw.buffer[..self.raw.end.min(LOOKED_AT)]).map_err(Failure::Refused)?;
        self.raw.taken = chosen.mark;
        self.chosen = Some(chosen);
        if chosen.encoding == UTF_8 {
            (self.event.mark, self.event.start) = (chosen.mark, chosen.mark);
            return Ok(());
        }
        self.decoded = Some((chosen.encoding.new_decoder_without_bom_handling(), Window::new(CHUNK)));
        self.decode()
    }

    /// Reads into the buffer from `at` on, and makes what is there the window.
    fn read_on(&mut self, at: usize) -> Result<(), Failure> {
        let read = loop {
            match self.reader.read(&mut self.raw.buffer[at..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(refusal_within(error)),
                Ok(read) => break read,
            }
        };
        if let Some(digest) = &mut self.digest {
            digest.update(&self.raw.buffer[at..at + read]);
        }
        self.bytes += read as u64;
        self.ended = read == 0;
        (self.raw.taken, self.raw.end) = (0, at + read);
        match self.bytes > self.longest_file {
            true => Err(Failure::Refused(Why::FileSize(self.longest_file))),
            false => Ok(()),
        }
    }

    /// Decodes until there is some text or the end.
    fn decode(&mut self) -> Result<(), Failure> {
        loop {
            if self.bad {
                let name = self.chosen.map_or("text", |chosen| encoding::name(chosen.encoding));
                return Err(Failure::Refused(Why::BadBytes(name)));
            }
            if self.raw.taken == self.raw.end && !self.ended {
                self.read_on(0)?;
            }
            let (decoder, window) = self.decoded.as_mut().expect("only called for a file that is decoded");
            let waiting = &self.raw.buffer[self.raw.taken..self.raw.end];
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(waiting, &mut window.buffer, self.ended);
            self.raw.taken += read;
            (window.taken, window.end) = (0, written);
            self.bad = matches!(result, DecoderResult::Malformed(..));
            self.decoded_all = self.ended && result == DecoderResult::InputEmpty;
            if written > 0 || self.decoded_all {
                return Ok(());
            }
        }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Input<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let window = self.window();
        if window.taken == window.end || self.event.size > self.longest_event {
            self.fill()?;
        }
        Ok(self.window().rest())
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.event.size += amount;
        match &mut self.decoded {
            Some((_, window)) => window.taken += amount,
            None => self.raw.taken += amount,
        }
    }
}

impl Window {
    fn new(size: usize) -> Self {
        Self { buffer: vec![0; size].into_boxed_slice(), taken: 0, end: 0 }
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.taken..self.end]
    }
}

/// A reader below may refuse as well, for a reason of ours.
fn refusal_within(error: io::Error) -> Failure {
    match error.downcast::<Why>() {
        Ok(why) => Failure::Refused(why),
        Err(error) => Failure::Disk(error),
    }
}
