//! Nasty input: seeds written by hand, and what a small mutator makes of them.
//!
//! Included by the tests of several crates (`#[path]`), so that every parser that faces strangers meets the same ones. The mutator has
//! a fixed seed: always the same inputs in the same order, and a failure is repeated by running the test again.
#![allow(dead_code, reason = "each suite that includes it uses a part")]

/// Pieces that have broken parsers before, of every protocol that we speak.
const PIECES: [&str; 36] = [
    "\"",
    "\\",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "=",
    ";",
    "\0",
    "\u{1e}",
    "\r\n",
    "\r\n\r\n",
    "\u{feff}",
    "\u{2028}",
    "é",
    "💥",
    "-1",
    "1e999",
    "-0",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "null",
    "\\u0000",
    "\\ud800",
    "%ff",
    "%00",
    "../",
    "51-",
    "{\"_placeholder\":true,\"num\":0}",
    "[[[[[[[[",
    "*",
    "@",
];

/// No mutant grows beyond this: what a parser does with megabytes is another test.
const LONGEST: usize = 4_096;

/// Events and packets as they come in a WebSocket's text messages, right and wrong.
pub(crate) const PACKETS: [&str; 72] = [
    "",
    "0",
    "1",
    "2",
    "2probe",
    "3",
    "3probe",
    "5",
    "6",
    "7",
    "é",
    "4",
    "40",
    "40{}",
    "40{\"token\":7}",
    "40{\"ticket\":[]}",
    "40[]",
    "40null",
    "40/",
    "40/admin,",
    "40/admin,{\"sid\":\"x\"}",
    "40/é,{\"é\":\"é\"}",
    "41/admin,",
    "42",
    "42[]",
    "42{}",
    "42[7]",
    "42[null]",
    "42[[\"sync:join\"]]",
    "42[\"sync:join\"]",
    "42[\"sync:join\",]",
    "42[\"sync:join\",{\"room\":\"files\"}",
    "42[\"sync:join\",{\"room\":\"files\"}]]",
    "421[\"sync:join\",{\"room\":\"files\"}]",
    "421[\"sync:join\",{\"room\":\"files\"},{\"room\":\"users\"}]",
    "421[\"sync:join\",{\"room\":7}]",
    "421[\"sync:join\",{\"room\":\"files\",\"epoch\":\"a\",\"seq\":-1}]",
    "421[\"sync:join\",{\"room\":\"files\",\"epoch\":\"a\",\"seq\":1e999}]",
    "421[\"sync:join\",{\"rooms\":{\"files\":[\"a\",9223372036854775807],\"user:1\":null}}]",
    "421[\"sync:pos\",null]",
    "421[\"sync:leave\",\"\\ud800\"]",
    "421[\"sync:leave\",{\"room\":\"\\u0000\"}]",
    "421[\"files:changed\",{\"reason\":\"deleted\",\"id\":\"*\"}]",
    "421[\"hello\"]",
    "421[\"connect\"]",
    "421[\"disconnect\"]",
    "421[\"__proto__:join\",{\"__proto__\":{\"a\":1}}]",
    "42-1[\"sync:pos\",\"files\"]",
    "42+1[\"sync:pos\",\"files\"]",
    "429223372036854775807[\"sync:pos\",\"files\"]",
    "429223372036854775808[\"sync:pos\",\"files\"]",
    "4218446744073709551616[\"sync:pos\",\"files\"]",
    "42000000000000000000000000000001[\"sync:pos\",\"files\"]",
    "42/admin,[\"sync:join\",{\"room\":\"files\"}]",
    "42/admin[\"sync:join\"]",
    "42/é,1[\"é\"]",
    "42é",
    "43",
    "43[]",
    "431[]",
    "439223372036854775807[{}]",
    "43-1[]",
    "44{\"message\":\"x\"}",
    "451-[\"files\",{\"_placeholder\":true,\"num\":0}]",
    "450-[\"files\"]",
    "459999999999999999999-[\"files\"]",
    "45-[\"files\"]",
    "451-/é,1[\"é\"]",
    "461-1[{\"_placeholder\":true,\"num\":0}]",
    "47",
    "bAAAA",
    "b!",
];

/// What a page may give to `sync:join`, right and wrong.
pub(crate) const JOINS: [&str; 16] = [
    r#"null"#,
    r#"7"#,
    r#""files""#,
    r#"[]"#,
    r#"{}"#,
    r#"{"room":"files"}"#,
    r#"{"room":"files","epoch":"k3f9","seq":1763760000123}"#,
    r#"{"room":"files","epoch":null,"seq":null}"#,
    r#"{"room":"files","epoch":"k3f9"}"#,
    r#"{"room":"files","epoch":"k3f9","seq":"1"}"#,
    r#"{"room":"import:42","epoch":"","seq":0}"#,
    r#"{"room":{"room":"files"}}"#,
    r#"{"rooms":{"files":["k3f9",1763760000123],"users":null,"groups":[]}}"#,
    r#"{"rooms":{"files":["k3f9"],"users":["k3f9",1,2]}}"#,
    r#"{"rooms":["files"],"room":"files"}"#,
    r#"{"rooms":{"":null,"Комната":null,"user:1":["e",1]}}"#,
];

/// Names of rooms and scopes, right and wrong.
pub(crate) const ROOMS: [&str; 16] = [
    "files",
    "Files",
    "",
    "import:42",
    "import:",
    "import:a-b",
    "import:../../etc/passwd",
    "user:7",
    "user:7:8",
    "global",
    "room:files",
    "room:room:files",
    "room:user:7",
    "files:changed",
    "\u{202e}selif",
    "socket.io#/#",
];

/// Positions as headers write them, right and wrong.
pub(crate) const POSITIONS: [&str; 8] = [
    "k3f9:1763760000123",
    "k3f9:",
    ":1",
    "1",
    "k3f9:-1",
    "k3f9:+1",
    "a:b:c:9223372036854775807",
    "k3f9:9223372036854775808",
];

/// What workers say on the bus, right and wrong.
pub(crate) const RECORDS: [&str; 9] = [
    r#"{"epoch":"a","seq":2,"gprev":1,"worker":7,"event":"files:changed","reason":"updated","scope":"room:files","id":"7","data":{"a":[1,{"b":null}]},"rev":3,"actor":{"id":"1","name":"Анна"},"origin":"c81"}"#,
    r#"{"epoch":"a","seq":2,"gprev":1,"worker":7,"event":"files:changed","reason":"updated","scope":"global","id":"*","data":null}"#,
    r#"[{"epoch":"a","seq":2,"gprev":1,"worker":7,"event":"e","reason":"added","scope":"room:user:1","id":"7","data":1},{"epoch":"a","seq":3,"gprev":2,"worker":7,"event":"e","reason":"toggled","scope":"room:import:1","id":"7","data":"x"}]"#,
    r#"{"epoch":"a","seq":9223372036854775807,"gprev":-9223372036854775808,"worker":4294967295,"event":"a","reason":"deleted","scope":"room:files","id":"","data":null}"#,
    r#"{"epoch":"a","seq":-1,"gprev":9223372036854775807,"worker":0,"event":"a","reason":"deleted","scope":"room:files","id":"","data":null}"#,
    r#"{"epoch":"a","seq":2,"gprev":1,"worker":7,"event":"a\"]b","reason":"updated","scope":"room:files","id":"7","data":null}"#,
    r#"{"epoch":"a","seq":2}"#,
    r#"[]"#,
    r#"probe:1:2"#,
];

/// A source of numbers that look random and are always the same: xorshift64*, by Marsaglia and Vigna.
pub(crate) struct Dice(u64);

impl Dice {
    /// The same numbers for the same `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`, which must not be 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).expect("31 bits") % limit
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let (a, b) = (self.below(length + 1), self.below(length + 1));
        a.min(b)..a.max(b)
    }
}

/// The seeds themselves, and then mutants of them, up to `count` in all.
pub(crate) fn bytes(seeds: &[&[u8]], count: usize) -> impl Iterator<Item = Vec<u8>> + use<> {
    let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.to_vec()).collect();
    let mut dice = Dice::new(count as u64);
    (0..count).map(move |number| match seeds.get(number) {
        Some(seed) => seed.clone(),
        None => {
            let mut mutant = seeds[dice.below(seeds.len())].clone();
            for _ in 0..=dice.below(4) {
                mutate(&mut mutant, &seeds, &mut dice);
            }
            mutant.truncate(LONGEST);
            mutant
        }
    })
}

/// The same as text; a character that was cut in its middle becomes a replacement character, as in any client.
pub(crate) fn texts(seeds: &[&str], count: usize) -> impl Iterator<Item = String> + use<> {
    let seeds: Vec<&[u8]> = seeds.iter().map(|seed| seed.as_bytes()).collect();
    bytes(&seeds, count).map(|mutant| String::from_utf8_lossy(&mutant).into_owned())
}

fn mutate(mutant: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &mut Dice) {
    let here = dice.below(mutant.len() + 1);
    match dice.below(7) {
        0 => mutant.truncate(here),
        1 if here < mutant.len() => mutant[here] ^= 1 << dice.below(8),
        2 => {
            let piece = mutant[dice.range(mutant.len())].to_vec();
            mutant.splice(here..here, piece);
        }
        3 => drop(mutant.drain(dice.range(mutant.len()))),
        4 if mutant.len() > 1 => {
            let (one, other) = (dice.below(mutant.len()), dice.below(mutant.len()));
            mutant.swap(one, other);
        }
        5 => {
            let other = &seeds[dice.below(seeds.len())];
            let tail = other[dice.below(other.len() + 1)..].to_vec();
            mutant.truncate(here);
            mutant.extend(tail);
        }
        _ => drop(mutant.splice(here..here, PIECES[dice.below(PIECES.len())].bytes())),
    }
}
