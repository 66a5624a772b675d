//! `[imports]`: what one import may cost.

use lockstep_app::ImportLimits;
use serde::Deserialize;

/// `[imports]`: what one import may cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imports {
    /// Bytes of a file, unpacked.
    pub max_file_bytes: u64,
    /// Bytes of the files of an archive together, unpacked, and of those of one exchange.
    pub max_unpacked_bytes: u64,
    /// Entries of an archive, files of a folder or of one exchange.
    pub max_entries: usize,
    /// How many times larger than packed an entry may be.
    pub max_ratio: u64,
    /// Rows of an import.
    pub max_rows: u64,
    /// Bytes of a piece that 1C sends at once.
    pub exchange_file_limit: u64,
}

impl Imports {
    /// The same as whoever reads files knows it; what no operator has reason to change stays as it is there.
    pub fn limits(&self) -> ImportLimits {
        ImportLimits {
            file: self.max_file_bytes,
            unpacked: self.max_unpacked_bytes,
            entries: self.max_entries,
            ratio: self.max_ratio,
            rows: self.max_rows,
            ..ImportLimits::default()
        }
    }
}
