//! How much of anything is believed.

/// What an exchange may contain before it is refused. The defaults are far above what shops have and far below what hurts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file, unpacked: 2 GiB. A million products take less.
    pub file: u64,
    /// Bytes of the files of one archive, unpacked: 4 GiB.
    pub unpacked: u64,
    /// Entries of an archive, pictures too, and files that are read of a folder: 10,000.
    pub entries: usize,
    /// How many times larger an entry may be than its packed form: 100. Real exports reach 80.
    pub ratio: u64,
    /// Bytes of text in one element, and of one tag, comment or instruction: 1 MiB.
    pub text: usize,
    /// Elements inside one another: 64. Real files reach about 15.
    pub depth: usize,
    /// Attributes of one element: 64.
    pub attributes: usize,
    /// Bytes kept for one row while it is read: 8 MiB. A larger row is skipped, with a problem; the file goes on.
    pub row: usize,
    /// Rows of one file: 5,000,000. The rows of a whole import are the caller's to sum.
    pub rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 2 << 30,
            unpacked: 4 << 30,
            entries: 10_000,
            ratio: 100,
            text: 1 << 20,
            depth: 64,
            attributes: 64,
            row: 8 << 20,
            rows: 5_000_000,
        }
    }
}
