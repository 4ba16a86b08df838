//! Charts: lines over time, as text for a terminal or a pipe, and as an SVG file.
//!
//! Decides where axes have their marks and how lines are told apart; what the lines mean is left to the caller.

mod axis;
mod canvas;
mod plain;
mod svg;

/// Values beyond this are left out: their differences are no numbers any more.
const LARGEST: f64 = 1e300;

/// A line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartLine {
    /// What the legend calls it.
    pub name: String,
    /// Seconds since the Unix epoch, ascending, and the value then; values that are no numbers leave a gap.
    pub points: Vec<(f64, f64)>,
}

/// Lines over one range of time.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What is above it.
    pub title: String,
    /// Begin of the time axis, seconds since the Unix epoch.
    pub from_s: f64,
    /// End of the time axis, seconds since the Unix epoch.
    pub until_s: f64,
    /// Points that are further apart are not joined, seconds.
    pub gap_s: f64,
    /// The lines.
    pub lines: Vec<ChartLine>,
    /// Writes milliseconds since the Unix epoch as RFC 3339 in UTC.
    pub time_text: fn(u64) -> String,
}

impl Chart {
    /// Draws it with characters, `width` columns wide at most and `height` lines high, axes included and title and legend not. With
    /// colour each line has its own; without, each of several lines is drawn with a sign of its own.
    pub fn plain(&self, width: usize, height: usize, has_color: bool) -> String {
        plain::draw(self, width, height, has_color)
    }

    /// Draws it as an SVG document that needs nothing from elsewhere.
    pub fn svg(&self) -> String {
        svg::draw(self)
    }

    /// Returns the least and the greatest value, and something to see when they are the same; `None`: nothing is to be drawn.
    fn bounds(&self) -> Option<(f64, f64)> {
        let values = self.lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| *value));
        let drawn = values.filter(|value| is_drawn(*value));
        let bounds = drawn.fold(None, |bounds: Option<(f64, f64)>, value| match bounds {
            Some((least, most)) => Some((least.min(value), most.max(value))),
            None => Some((value, value)),
        });
        bounds.map(|(least, most)| {
            if least < most {
                (least, most)
            } else {
                let margin = if least == 0.0 { 1.0 } else { least.abs() * 0.1 };
                (least - margin, most + margin)
            }
        })
    }

    /// Returns the parts of a line that are drawn in one stroke.
    fn strokes<'a>(&self, line: &'a ChartLine) -> Vec<&'a [(f64, f64)]> {
        let gap_s = self.gap_s;
        let joined = move |one: &(f64, f64), other: &(f64, f64)| {
            is_drawn(one.1) && is_drawn(other.1) && other.0 - one.0 <= gap_s
        };
        let parts = line.points.chunk_by(joined);
        parts.filter(|part| part.iter().all(|(_, value)| is_drawn(*value))).collect()
    }
}

/// Can a value be drawn at all? One that is no number or infinite can't.
fn is_drawn(value: f64) -> bool {
    value.abs() < LARGEST
}

#[cfg(test)]
mod tests;
