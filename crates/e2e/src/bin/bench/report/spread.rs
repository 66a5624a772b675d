//! Many values in a few characters.

use crate::figures::{Figures, Kind, Measure, Quantity};

/// Median, lower and upper quartile; of less than four values the lowest and the highest.
pub(super) struct Spread {
    pub(super) low: f64,
    pub(super) median: f64,
    pub(super) high: f64,
}

impl Spread {
    /// `None` of nothing.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Spread> {
        values.sort_unstable_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let outer = if last < 3 { 0 } else { values.len() / 4 };
        let median = f64::midpoint(values[last / 2], values[values.len() / 2]);
        Some(Spread { low: values[outer], median, high: values[last - outer] })
    }

    /// `median [low–high]`; a value alone has no range.
    pub(super) fn text(&self, digits: usize) -> String {
        let Spread { low, median, high } = self;
        let (low, median, high) = (number(*low, digits), number(*median, digits), number(*high, digits));
        if low == high { median } else { format!("{median} [{low}–{high}]") }
    }
}

/// With thousands apart: `1,234,567`.
pub(super) fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let whole = text.find('.').unwrap_or(text.len());
    let mut grouped = String::with_capacity(text.len() + 4);
    for (place, character) in text.char_indices() {
        if place > 0 && place < whole && (whole - place) % 3 == 0 && text.as_bytes()[place - 1].is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(character);
    }
    grouped
}

/// What a table says of one quantity of one system: its spread, or what share arrived, or both. Nothing where nothing was measured.
pub(super) fn cell(figures: &Figures, kind: Kind, measure: Measure, quantity: Quantity) -> String {
    let spread = Spread::of(figures.values(kind, measure, quantity)).map(|spread| spread.text(quantity.digits()));
    let slices = figures.slices(kind, measure);
    let lossy = slices.iter().filter(|slice| !slice.contains_key(&quantity));
    let arrived: Vec<f64> = lossy.filter_map(|slice| slice.get(&Quantity::Arrived).copied()).collect();
    let turns = arrived.len();
    let Some(share) = Spread::of(arrived) else { return spread.unwrap_or_default() };
    let lost = format!("lost {} %", number(100.0 - share.median, 1));
    match spread {
        Some(spread) => format!("{spread}; {lost} in {turns} of {} turns", slices.len()),
        None => lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Slice;

    fn check(values: &[f64], digits: usize, expect: &str) {
        assert_eq!(Spread::of(values.to_vec()).map(|spread| spread.text(digits)).unwrap_or_default(), expect);
    }

    #[test]
    fn a_spread_names_the_middle_and_the_quartiles() {
        check(&[3.0, 1.0, 2.0], 1, "2.0 [1.0–3.0]");
        check(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 0, "4 [2–6]");
        check(&[1.0, 4.0, 2.0, 3.0], 1, "2.5 [2.0–3.0]");
        check(&[5.0], 0, "5");
        check(&[], 0, "");
    }

    #[test]
    fn large_numbers_are_read_in_threes() {
        for (value, digits, expect) in
            [(1_234_567.0, 0, "1,234,567"), (999.0, 0, "999"), (-1234.5, 1, "-1,234.5"), (1000.25, 2, "1,000.25")]
        {
            assert_eq!(number(value, digits), expect);
        }
    }

    #[test]
    fn a_system_that_loses_events_has_its_loss_for_a_figure() {
        let mut figures = Figures::default();
        let mut add = |quantity, value| {
            figures.add(Kind::Adapter, Measure::Many, Slice::from([(quantity, value)]));
        };
        add(Quantity::Arrived, 26.0);
        let told = cell(&figures, Kind::Adapter, Measure::Many, Quantity::Deliveries);
        assert_eq!(told, "lost 74.0 %");

        figures.add(Kind::Adapter, Measure::Many, Slice::from([(Quantity::Deliveries, 9.0)]));
        let told = cell(&figures, Kind::Adapter, Measure::Many, Quantity::Deliveries);
        assert_eq!(told, "9; lost 74.0 % in 1 of 2 turns");
    }
}
