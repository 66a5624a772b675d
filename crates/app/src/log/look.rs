//! Lines that are kept: looking through them, and taking them along as a file.

use lockstep_protocol::log::{BadFilter, Filter, Line};
use lockstep_store::{Cursor, LogExport, LogFacets, LogPage, LogPlace, LogQuery, MAX_LOG_PAGE, clock};
use serde_json::{Map, Value as Json};

use crate::{
    App, Caller, Error,
    error::{FieldError, FieldErrors},
    list::number,
    rights::Right,
};

/// Lines of an answer when nothing is said.
const DEFAULT_LIMIT: u32 = 200;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Which lines are wanted, read from the words of an address.
#[derive(Debug, Clone)]
pub struct LogWords(LogQuery);

impl LogWords {
    /// Reads the words of a filter (`type`, `level`, `source`, `environment`, `text`, `regex`), `from` and `to` (times), one of `before`,
    /// `after` (what an answer gave) and `around` (an id), and `limit`. An empty value is as good as none; a word that comes twice means
    /// both.
    ///
    /// # Errors
    /// [`Error::Invalid`] names every wrong word.
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let everything = Filter::default();
        let mut query =
            LogQuery { filter: everything, from: None, to: None, place: LogPlace::Newest, limit: DEFAULT_LIMIT };
        let (mut filter, mut fields) = (Map::new(), FieldErrors::new());
        for (name, value) in words.into_iter().filter(|(_, value)| !value.is_empty()) {
            if let Err(error) = take(&mut query, &mut filter, &name, value) {
                fields.insert(name.chars().take(64).collect(), error);
            }
        }
        match Filter::parse(&Json::Object(filter)) {
            Ok(filter) => query.filter = filter,
            Err(BadFilter { field, why }) => {
                fields.insert(field.to_owned(), FieldError::new("field.filter").with("why", why));
            }
        }
        if fields.is_empty() { Ok(Self(query)) } else { Err(Error::Invalid { fields }) }
    }

    /// The filter among them.
    pub fn filter(&self) -> &Filter {
        &self.0.filter
    }

    /// Whether `line` is of the time that is asked for.
    pub fn is_in_time(&self, line: &Line) -> bool {
        let LogQuery { from, to, .. } = self.0;
        let at = clock::parse(&line.timestamp).unwrap_or_default();
        from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to)
    }

    /// How many lines at most.
    pub fn limit(&self) -> usize {
        self.0.limit as usize
    }
}

fn take(query: &mut LogQuery, filter: &mut Map<String, Json>, name: &str, value: String) -> Result<(), FieldError> {
    let format = || FieldError::new("field.format");
    let time = |value: &str| clock::parse(value).ok_or_else(format).map(Some);
    let place = |value: &str| value.parse::<Cursor>().map_err(|_| format());
    match name {
        "type" | "level" | "source" | "environment" => add(filter, name, &value),
        "text" | "regex" => drop(filter.insert(name.to_owned(), value.into())),
        "from" => query.from = time(&value)?,
        "to" => query.to = time(&value)?,
        "before" | "after" | "around" if query.place != LogPlace::Newest => {
            return Err(FieldError::new("field.not_allowed"));
        }
        "before" => query.place = LogPlace::Before(place(&value)?),
        "after" => query.place = LogPlace::After(place(&value)?),
        "around" => query.place = LogPlace::Around(value),
        "limit" => query.limit = number(&value, MAX_LOG_PAGE)?,
        _ => return Err(FieldError::new("field.unknown")),
    }
    Ok(())
}

/// Names of one field, however often it comes.
fn add(filter: &mut Map<String, Json>, name: &str, value: &str) {
    let names = filter.entry(name.to_owned()).or_insert_with(|| Json::Array(Vec::new()));
    if let Json::Array(names) = names {
        names.extend(value.split(',').map(Json::from));
    }
}

impl App {
    /// For how many days lines are kept; 0 keeps none but those that workers have in memory.
    pub fn log_days(&self) -> u32 {
        self.0.log_days
    }

    /// Lines that are kept, the oldest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`] when there is no line to look around; [`Error::Unavailable`].
    pub async fn read_logs(&self, caller: &Caller, words: &LogWords) -> Result<LogPage, Error> {
        caller.must(Right::LogsView)?;
        Ok(self.0.store.log_lines(&words.0).await?)
    }

    /// Chooses the newest lines that fit, for a file; places and number are passed over.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn export_logs(&self, caller: &Caller, words: &LogWords) -> Result<LogExport, Error> {
        caller.must(Right::LogsView)?;
        Ok(self.0.store.export_lines(&words.0).await?)
    }

    /// The next lines of a file, the oldest first; nothing after the last.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the same lines can be asked for again.
    pub async fn next_lines(&self, export: &mut LogExport) -> Result<Option<Vec<Line>>, Error> {
        Ok(self.0.store.next_lines(export).await?)
    }

    /// Which sources and environments there are.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn log_facets(&self, caller: &Caller) -> Result<LogFacets, Error> {
        caller.must(Right::LogsView)?;
        Ok(self.0.store.log_facets().await?)
    }

    /// Forgets lines that need not be kept, some thousand a transaction. Returns how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim_logs(&self) -> Result<u64, Error> {
        let before = self.clock().now_ms() - i64::from(self.0.log_days) * DAY_MS;
        let mut gone = 0;
        loop {
            match self.0.store.trim_lines(before).await? {
                0 => return Ok(gone),
                some => gone += some,
            }
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(words: &[(&str, &str)]) -> Result<LogWords, Error> {
        LogWords::read(words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn every_word_is_read_and_empty_ones_are_none() {
        let words = [
            ("type", "scan"),
            ("level", "error,CRITICAL"),
            ("source", "scan-1"),
            ("source", "import-*"),
            ("environment", ""),
            ("text", "a,b"),
            ("regex", "1"),
            ("from", "2025-11-22"),
            ("to", "1763812800000"),
            ("before", "17-3"),
            ("limit", "5"),
        ];

        let LogWords(query) = read(&words).expect("all is well");

        let echo = json!({"type": ["scan"], "level": ["error", "critical"], "source": ["import-*", "scan-1"],
            "environment": null, "text": "a,b", "regex": true});
        assert_eq!(serde_json::to_value(&query.filter).expect("JSON"), echo);
        assert_eq!((query.from, query.to), (Some(1_763_769_600_000), Some(1_763_812_800_000)));
        assert_eq!((query.place, query.limit), (LogPlace::Before("17-3".parse().expect("a place")), 5));
        let LogWords(query) = read(&[]).expect("all is well");
        assert_eq!((query.place, query.limit), (LogPlace::Newest, 200));
    }

    #[test]
    fn every_wrong_word_is_named() {
        let words = [
            ("level", "loud"),
            ("from", "noon"),
            ("before", "x"),
            ("around", "a"),
            ("after", "1-1"),
            ("limit", "1001"),
            ("colour", "red"),
        ];

        let fields = read(&words).expect_err("mistakes").fields();

        let codes: Vec<_> = fields.iter().map(|(name, error)| (name.as_str(), error.code)).collect();
        let expected = [
            ("after", "field.not_allowed"),
            ("before", "field.format"),
            ("colour", "field.unknown"),
            ("from", "field.format"),
            ("level", "field.filter"),
            ("limit", "field.out_of_range"),
        ];
        assert_eq!(codes, expected);
    }
}
