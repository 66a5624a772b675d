//! Reading files only for what they hold, and whether they are whole.

use lockstep_commerceml::{Error as ReadError, Part, Source};

use super::{
    plan::{Broken, Totals},
    shelf::ms,
};

/// What came of reading one file.
#[derive(Debug, Clone)]
pub(super) struct Surveyed {
    pub(super) part: Part,
    pub(super) totals: Totals,
    /// Such as `UTF-8`; unknown of one that is broken.
    pub(super) encoding: Option<String>,
    /// Of a whole file, in hexadecimal digits.
    pub(super) sha256: Option<String>,
}

impl Surveyed {
    /// When the file was last written, in milliseconds since 1970.
    pub(super) fn modified(&self) -> Option<i64> {
        self.part.modified().map(ms)
    }
}

/// Reads a file to its end as long as `go_on` says so; nothing when it was stopped. A broken file is an outcome like any other; what is an
/// error is a disk that cannot be read.
pub(super) fn survey(
    source: &Source,
    part: &Part,
    mut go_on: impl FnMut() -> bool,
) -> Result<Option<Surveyed>, ReadError> {
    let read = source.read(part).and_then(|reader| reader.survey_while(|_| go_on()));
    let found = |totals, encoding, sha256| Some(Surveyed { part: part.clone(), totals, encoding, sha256 });
    match read {
        Ok(None) => Ok(None),
        Ok(Some(summary)) => {
            let sha256 = summary.sha256.as_ref().map(|sum| hex(sum));
            Ok(found(Totals::from(&summary), Some(summary.encoding.to_owned()), sha256))
        }
        Err(error) => match Broken::of(&error) {
            Some(broken) => Ok(found(Totals { error: Some(broken), ..Totals::default() }, None, None)),
            None => Err(error),
        },
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
