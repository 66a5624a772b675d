use lockstep_protocol::log::{Level, Line, LogType};

/// The `n`th line of `from`.
pub(super) fn line(from: &str, n: u64) -> Line {
    Line {
        id: format!("{from}-{n}"),
        n,
        timestamp: "2026-01-01T00:00:00.000Z".into(),
        level: Level::Info,
        kind: LogType::Info,
        message: format!("line {n}"),
        source: from.into(),
        environment: "test".into(),
        worker: 1,
        metadata: None,
    }
}
