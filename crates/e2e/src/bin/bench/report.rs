//! What a run has to say: the targets first, then every measure in the units people ask about, and the ratios that hold on other
//! machines too.
//!
//! Nothing stands here that was not measured in this run.

mod conditions;
mod own;
mod plot;
mod spread;
mod table;
mod targets;

use std::{fs, path::Path};

use crate::{
    arguments::Arguments,
    figures::{Figures, Findings},
};

/// The tables stand between these two lines of the document.
const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// A finished report.
pub(crate) struct Report {
    /// Everything in Markdown, without the plot.
    pub(crate) text: String,
    /// The plot as SVG, where something could be compared.
    plot: Option<String>,
}

impl Report {
    pub(crate) fn new(figures: &Figures, findings: &Findings, arguments: &Arguments) -> Report {
        let mut text = conditions::paragraph(figures, arguments);
        text += &targets::table(figures, findings);
        text += &table::all(figures, arguments);
        text += &own::all(findings, arguments);
        Report { text, plot: plot::svg(figures) }
    }

    /// Puts the tables into the document, in place of those before, and the plot beside it.
    ///
    /// # Errors
    /// When a file cannot be read or written, or the document has no place for them.
    pub(crate) fn record(&self, document: &Path) -> Result<(), String> {
        let plot = document.with_extension("svg");
        let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        let mut text = self.text.clone();
        if let Some(svg) = &self.plot {
            let name = plot.file_name().unwrap_or_default().to_string_lossy();
            text = format!("![Every system beside Lockstep, as a ratio]({name})\n\n{text}");
            fs::write(&plot, svg).map_err(|error| failed(&plot, error))?;
        }
        let old = fs::read_to_string(document).map_err(|error| failed(document, error))?;
        let new = replaced(&old, &text).ok_or_else(|| {
            format!("{}: no lines `{BEGIN}` and `{END}` to put the tables between", document.display())
        })?;
        fs::write(document, new).map_err(|error| failed(document, error))
    }
}

/// The document with `text` between its two marks.
fn replaced(document: &str, text: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_tables_take_the_place_of_the_old_ones() {
        let document = tempfile::Builder::new().suffix(".md").tempfile().expect("room for a file");
        fs::write(document.path(), format!("before\n{BEGIN}\nold\n{END}\nafter\n")).expect("writable");

        let report = Report { text: "new\n".to_owned(), plot: None };
        report.record(document.path()).expect("the document has its place");

        let text = fs::read_to_string(document.path()).expect("readable");
        assert_eq!(text, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
    }

    #[test]
    fn a_document_without_marks_is_left_alone() {
        assert_eq!(replaced("nothing of ours", "new"), None);
    }
}
