//! Tables for people: no borders, units in the header, numbers to the right, one line for each row.

use std::io::{self, Write};

use comfy_table::{
    Attribute, Cell as Square, CellAlignment, Color, ColumnConstraint, ContentArrangement, Row, TableStyle,
};
use ratatui::crossterm::style::force_color_output;

use super::terminal;

/// What a value means to the reader; decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Bad,
    /// Less important than the rest.
    Faint,
}

/// A column: what it shows and in which unit.
#[derive(Debug, Clone)]
pub struct Column {
    title: String,
    unit: Option<&'static str>,
    is_number: bool,
    /// Is it never cut?
    is_whole: bool,
}

impl Column {
    /// A column of words; these give way first when the terminal is narrow.
    pub fn text(title: &str) -> Self {
        Column { title: title.to_uppercase(), unit: None, is_number: false, is_whole: false }
    }

    /// A column of words that are never cut, because people type them again: names, registers.
    pub fn name(title: &str) -> Self {
        Column { is_whole: true, ..Column::text(title) }
    }

    /// A column of numbers in a unit, aligned to the right.
    pub fn number(title: &str, unit: &'static str) -> Self {
        Column { title: title.to_uppercase(), unit: Some(unit), is_number: true, is_whole: true }
    }

    /// A column of counts, aligned to the right.
    pub fn count(title: &str) -> Self {
        Column { title: title.to_uppercase(), unit: None, is_number: true, is_whole: true }
    }

    fn header(&self) -> String {
        match self.unit {
            Some(unit) => format!("{} {unit}", self.title),
            None => self.title.clone(),
        }
    }
}

/// A value in a table.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// Words, or a number that has been written already.
    pub fn new(text: impl ToString) -> Self {
        Cell { text: text.to_string(), tone: Tone::Plain }
    }

    /// A number with a fixed count of decimals.
    pub fn number(value: f64, decimals: usize) -> Self {
        Cell::new(format!("{value:.decimals$}"))
    }

    /// A number that may be unknown.
    pub fn maybe(value: Option<f64>, decimals: usize) -> Self {
        value.map_or_else(Cell::unknown, |value| Cell::number(value, decimals))
    }

    /// Nothing is known here.
    pub fn unknown() -> Self {
        Cell::new("-").tone(Tone::Faint)
    }

    /// Says what the value means.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

impl<T: ToString> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell::new(text)
    }
}

/// A table under construction.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Starts a table with these columns.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Table { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> &mut Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    /// Says whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the table, no wider than the terminal; in a pipe nothing is cut off.
    ///
    /// # Errors
    /// When `out` can't be written.
    pub fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        self.render_within(out, terminal::stdout_width())
    }

    fn render_within(&self, out: &mut dyn Write, width: Option<u16>) -> io::Result<()> {
        // styles are stripped behind this, where colour is off
        force_color_output(true);
        let mut grid = comfy_table::Table::new();
        grid.load_style(TableStyle::new()).enforce_styling();
        // blanks without style can be trimmed from the ends of lines
        grid.style_text_only();
        match width {
            Some(width) => grid.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => grid.set_content_arrangement(ContentArrangement::Disabled),
        };
        grid.set_header(self.columns.iter().map(|column| {
            Square::new(column.header()).add_attribute(Attribute::Bold).set_alignment(alignment(column))
        }));
        for cells in &self.rows {
            let mut row: Row = cells.iter().zip(&self.columns).map(square).into();
            row.max_height(1);
            grid.add_row(row);
        }
        let last = self.columns.len().saturating_sub(1);
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(inner) = grid.column_mut(index) {
                inner.set_padding((0, if index == last { 0 } else { 2 }));
                if column.is_whole {
                    inner.set_constraint(ColumnConstraint::ContentWidth);
                }
            }
        }
        for line in grid.trim_fmt().lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn alignment(column: &Column) -> CellAlignment {
    if column.is_number { CellAlignment::Right } else { CellAlignment::Left }
}

fn square((cell, column): (&Cell, &Column)) -> Square {
    let square = Square::new(&cell.text).set_alignment(alignment(column));
    match cell.tone {
        Tone::Plain => square,
        Tone::Good => square.fg(Color::Green),
        Tone::Warning => square.fg(Color::Yellow),
        Tone::Bad => square.fg(Color::Red).add_attribute(Attribute::Bold),
        Tone::Faint => square.add_attribute(Attribute::Dim),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chargers() -> Table {
        let mut table = Table::new([
            Column::text("charger"),
            Column::text("state"),
            Column::number("offered", "A"),
            Column::text("why"),
        ]);
        table.row([
            Cell::new("ev1"),
            Cell::new("charging").tone(Tone::Good),
            Cell::number(16.0, 1),
            Cell::new("limited by row-1 L2: 40 A, 3 chargers share"),
        ]);
        table.row([
            Cell::new("ev12"),
            Cell::new("fault").tone(Tone::Bad),
            Cell::maybe(None, 1),
            Cell::new(""),
        ]);
        table
    }

    fn rendered(width: Option<u16>) -> String {
        let mut text = Vec::new();
        chargers().render_within(&mut text, width).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn columns_are_aligned_and_units_stand_in_the_header() {
        insta::assert_snapshot!(anstream::adapter::strip_str(&rendered(None)), @r"
        CHARGER  STATE     OFFERED A  WHY
        ev1      charging       16.0  limited by row-1 L2: 40 A, 3 chargers share
        ev12     fault             -
        ");
    }

    #[test]
    fn a_narrow_terminal_cuts_words_and_keeps_numbers() {
        let text = anstream::adapter::strip_str(&rendered(Some(50))).to_string();
        insta::assert_snapshot!(text, @r"
        CHARGER  STATE     OFFERED A  WHY
        ev1      charging       16.0  limited by row-1 L2…
        ev12     fault             -
        ");
        assert!(text.lines().all(|line| line.chars().count() <= 50), "{text}");
    }

    #[test]
    fn tones_are_colours() {
        assert!(
            rendered(None).contains("\x1b[38;5;9m") || rendered(None).contains("\x1b[31m"),
            "{:?}",
            rendered(None)
        );
    }
}
