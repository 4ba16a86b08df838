//! A grid of characters on which lines are drawn: with dots of Braille, eight for each character, or with a letter for each line.

/// Dots of a character of Braille, from left to right and top to bottom (Unicode, block U+2800).
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// What a character shows.
#[derive(Debug, Clone, Copy, Default)]
struct Square {
    dots: u8,
    /// The line that was drawn here last.
    line: Option<usize>,
}

/// A grid of characters.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    squares: Vec<Square>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Canvas { width, height, squares: vec![Square::default(); width * height] }
    }

    /// Draws a stroke; `x` and `y` of its points are shares of the width and of the height, from the left and from below.
    pub(super) fn stroke(&mut self, line: usize, points: impl Iterator<Item = (f64, f64)>) {
        let (most_x, most_y) =
            ((self.width * 2).saturating_sub(1) as f64, (self.height * 4).saturating_sub(1) as f64);
        let mut before: Option<(f64, f64)> = None;
        for (x, y) in points {
            let to = ((x * most_x).round(), ((1.0 - y) * most_y).round());
            let from = before.unwrap_or(to);
            let (wide, high) = (to.0 - from.0, to.1 - from.1);
            // a stroke is never longer than the grid
            let steps = wide.abs().max(high.abs()).min(most_x + most_y).max(1.0);
            for step in 0..=steps as usize {
                let share = step as f64 / steps;
                self.dot(line, from.0 + wide * share, from.1 + high * share);
            }
            before = Some(to);
        }
    }

    fn dot(&mut self, line: usize, x: f64, y: f64) {
        if x < 0.0 || y < 0.0 {
            return;
        }
        let (x, y) = (x.round() as usize, y.round() as usize);
        let (column, row) = (x / 2, y / 4);
        if column >= self.width || row >= self.height {
            return;
        }
        let square = &mut self.squares[row * self.width + column];
        square.dots |= DOTS[y % 4][x % 2];
        square.line = Some(line);
    }

    /// Returns what is in a row: the line that is drawn there, if one is, and its dots.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (Option<usize>, char)> + '_ {
        let squares = self.squares.iter().skip(row * self.width).take(self.width);
        squares.map(|square| (square.line, char::from_u32(0x2800 + u32::from(square.dots)).unwrap_or(' ')))
    }
}
