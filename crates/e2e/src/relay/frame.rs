//! Where one reply of Redis ends, and whether it is a message.
//!
//! As much of RESP 3 as that takes. Source: the specification of Redis' serialization protocol.

/// The length of the first whole reply in `bytes`; nothing when its end is yet to come.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|pair| pair == b"\r\n")? + 2;
    let number = || std::str::from_utf8(&bytes[1..line - 2]).ok()?.parse::<i64>().ok();
    match bytes[0] {
        b'$' | b'=' | b'!' => {
            let body = usize::try_from(number()?).map_or(0, |length| length + 2);
            (bytes.len() >= line + body).then_some(line + body)
        }
        b'*' | b'>' | b'~' => parts(bytes, line, number()?),
        b'%' => parts(bytes, line, 2 * number()?),
        _ => Some(line),
    }
}

fn parts(bytes: &[u8], mut end: usize, count: i64) -> Option<usize> {
    for _ in 0..count {
        end += length(&bytes[end..])?;
    }
    Some(end)
}

/// Whether this whole reply is a message that somebody waits for; signs of life of the connections themselves are left alone.
pub(super) fn is_event(reply: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&reply[..reply.len().min(200)]);
    let lines: Vec<&str> = head.split("\r\n").collect();
    let [kind @ (">3" | ">4" | "*3" | "*4"), _, word @ ("message" | "pmessage"), ..] = lines[..] else { return false };
    let channel = if word == "message" { lines.get(4) } else { lines.get(6) };
    let quiet = |channel: &str| channel.contains("probe") || channel.ends_with("workers");
    kind.ends_with(if word == "message" { '3' } else { '4' }) && channel.is_some_and(|channel| !quiet(channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_ends_where_its_last_part_does() {
        for whole in
            ["+OK\r\n", ":12\r\n", "$3\r\nabc\r\n", "$-1\r\n", "*2\r\n$1\r\na\r\n:1\r\n", "%1\r\n+a\r\n*0\r\n", "_\r\n"]
        {
            assert_eq!(length(format!("{whole}+next").as_bytes()), Some(whole.len()), "{whole}");
            assert_eq!(length(&whole.as_bytes()[..whole.len() - 1]), None, "{whole}");
        }
    }

    #[test]
    fn messages_are_told_from_everything_else() {
        let message = |channel: &str| {
            format!(">3\r\n$7\r\nmessage\r\n${}\r\n{channel}\r\n$2\r\n{{}}\r\n", channel.len()).into_bytes()
        };

        assert!(is_event(&message("lockstep:events")));
        assert!(is_event(b">4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$2\r\nab\r\n$1\r\nx\r\n"));
        assert!(!is_event(&message("lockstep:workers")));
        assert!(!is_event(&message("lockstep:probe:1")));
        assert!(!is_event(b">3\r\n$9\r\nsubscribe\r\n$15\r\nlockstep:events\r\n:1\r\n"));
    }
}
