//! The plot: for each measure a bar for each system, as long as the system is good beside Lockstep.
//!
//! A figure of which less is better is turned over, so that a longer bar is always better. The text is made by hand: bars and labels
//! need no library, and a file of this size can be read as a difference between two commits.

use std::fmt::Write;

use super::spread::Spread;
use crate::figures::{Figures, Kind, Measure, Quantity};

/// What is drawn: title, where the figure is, and whether more of it is better.
const PANELS: [(&str, Measure, Quantity, bool); 8] = [
    ("32 in flight: deliveries/s", Measure::Many, Quantity::Deliveries, true),
    ("One in flight: deliveries/s", Measure::One, Quantity::Deliveries, true),
    ("Small room: publishes/s", Measure::Small, Quantity::Publishes, true),
    ("Paced: p50 latency", Measure::Paced, Quantity::EachMedian, false),
    ("Paced: p99 latency", Measure::Paced, Quantity::EachTail, false),
    ("Burst: share that arrived", Measure::Burst, Quantity::Arrived, true),
    ("Memory of an idle connection", Measure::Idle, Quantity::Memory, false),
    ("Connects/s", Measure::Connects, Quantity::Connects, true),
];

const WIDTH: f64 = 760.0;
const LABELS: f64 = 236.0;
const ROW: f64 = 20.0;
const BAR: f64 = 13.0;
const TITLE: f64 = 34.0;

/// A bar is never longer than this many times Lockstep's: the floor, which does nothing, would make all others invisible.
const LONGEST: f64 = 2.5;

/// Room for the number behind the longest bar.
const NUMBERS: f64 = 64.0;

/// Readable on white and on black.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.number{fill:#59636e}\
.own{fill:#0969da}.peer{fill:#8c959f}.floor{fill:#d0d7de}.one{stroke:#0969da;stroke-dasharray:2 3}\
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.number{fill:#9198a1}.own{fill:#4493f8}.peer{fill:#7d8590}\
.floor{fill:#3d444d}.one{stroke:#4493f8}}";

/// `None` when nothing could be compared with Lockstep.
pub(super) fn svg(figures: &Figures) -> Option<String> {
    let (mut body, mut y) = (String::new(), 8.0);
    for (title, measure, quantity, more) in PANELS {
        let bars = bars(figures, measure, quantity, more);
        if bars.len() < 2 {
            continue;
        }
        panel(&mut body, &mut y, title, &bars);
    }
    (!body.is_empty()).then(|| {
        let height = y + 30.0;
        let note = y + 18.0;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
             <title>Every system beside Lockstep</title>\n<style>{STYLE}</style>\n{body}\
             <text class=\"number\" x=\"{LABELS}\" y=\"{note}\">Lockstep is 1; longer is better; bars end at {LONGEST}</text>\n</svg>\n"
        )
    })
}

/// How good each system is by Lockstep's measure.
fn bars(figures: &Figures, measure: Measure, quantity: Quantity, more: bool) -> Vec<(Kind, f64)> {
    let goodness = |kind: Kind| {
        let ratio = Spread::of(figures.ratios(Kind::Lockstep, kind, measure, quantity))?.median;
        Some((kind, if more { 1.0 / ratio } else { ratio }))
    };
    Kind::ALL.into_iter().filter_map(goodness).filter(|(_, value)| value.is_finite()).collect()
}

fn panel(body: &mut String, y: &mut f64, title: &str, bars: &[(Kind, f64)]) {
    let unit = (WIDTH - LABELS - NUMBERS) / LONGEST;
    let top = *y + TITLE - 8.0;
    let _ = writeln!(body, "<text class=\"title\" x=\"{LABELS}\" y=\"{}\">{title}</text>", *y + 20.0);
    *y += TITLE;
    let (one, bottom) = (LABELS + unit, *y + ROW * bars.len() as f64 - 4.0);
    let _ = writeln!(body, "<line class=\"one\" x1=\"{one:.1}\" y1=\"{top}\" x2=\"{one:.1}\" y2=\"{bottom}\"/>");
    for (kind, value) in bars {
        let (base, length) = (*y + BAR - 2.0, value.min(LONGEST) * unit);
        let class = match kind {
            Kind::Lockstep => "own",
            Kind::Floor | Kind::Bursts => "floor",
            _ => "peer",
        };
        let _ = writeln!(body, "<text x=\"{}\" y=\"{base}\" text-anchor=\"end\">{}</text>", LABELS - 8.0, kind.title());
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{LABELS}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\"/>"
        );
        let digits = if *value < 10.0 { 2 } else { 0 };
        let _ = writeln!(
            body,
            "<text class=\"number\" x=\"{:.1}\" y=\"{base}\">{value:.digits$}</text>",
            LABELS + length + 6.0
        );
        *y += ROW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Slice;

    fn figures(quantity: Quantity, measure: Measure, ours: f64, theirs: f64) -> Figures {
        let mut figures = Figures::default();
        for (kind, value) in [(Kind::Lockstep, ours), (Kind::Node, theirs)] {
            figures.add(kind, measure, Slice::from([(quantity, value)]));
        }
        figures
    }

    #[test]
    fn a_longer_bar_is_better_whatever_is_counted() {
        let speed = figures(Quantity::Connects, Measure::Connects, 100.0, 50.0);
        let memory = figures(Quantity::Memory, Measure::Idle, 10.0, 20.0);

        let half = vec![(Kind::Lockstep, 1.0), (Kind::Node, 0.5)];
        assert_eq!(bars(&speed, Measure::Connects, Quantity::Connects, true), half);
        assert_eq!(bars(&memory, Measure::Idle, Quantity::Memory, false), half);
    }

    #[test]
    fn the_same_figures_make_the_same_text_and_none_make_no_plot() {
        let figures = figures(Quantity::Memory, Measure::Idle, 10.0, 20.0);

        assert_eq!(svg(&figures), svg(&figures));
        assert!(
            svg(&figures).is_some_and(|text| text.contains("Memory of an idle connection") && !text.contains("Paced"))
        );
        assert_eq!(svg(&Figures::default()), None);
    }
}
