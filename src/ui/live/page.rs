//! The page: a title bar, circuits and chargers that scroll when there are more than fit, alarms, other devices, a footer.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::chargers::ChargerColumns;
use super::circuits::CircuitColumns;
use super::text;
use super::theme::Theme;
use super::view::{ExtraRow, View};
use crate::ui::Tone;

/// A line of the part that scrolls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    CircuitHeading,
    Circuit(usize),
    Phase(usize, usize),
    Blank,
    ChargerHeading,
    Charger(usize),
}

/// Where the part that scrolls stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scrolled {
    /// The first row that is shown, after it was held inside the range.
    pub first: usize,
    /// Rows on a screen.
    pub page: usize,
}

/// Draws a view. `first` is the row at the top of the part that scrolls; returned is where it ended up.
pub fn render(frame: &mut Frame<'_>, view: &View, theme: Theme, first: usize) -> Scrolled {
    let area = frame.area();
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    if width < 20 || height < 4 {
        frame.render_widget(Line::raw(text::cut("enlarge the terminal", width)), area);
        return Scrolled { first, page: 1 };
    }
    let mut bottom = alarm_lines(view, theme, width, height);
    bottom.extend(extra_lines(view, theme, width, if height >= 24 { 2 } else { 1 }));
    // one row for the title, one for the footer; the body keeps at least half
    bottom.truncate(height.saturating_sub(2) / 2);
    let spare = usize::from(height >= 28);
    let body_height = height - 2 - bottom.len() - 2 * spare;

    let circuits = CircuitColumns::new(view, width);
    let chargers = ChargerColumns::new(view, width);
    let (rows, is_tall) = rows_of(view, &circuits, body_height);
    let first = first.min(rows.len().saturating_sub(body_height));
    let mut shown: Vec<Row> = rows.iter().skip(first).take(body_height).copied().collect();
    pin_heading(&mut shown);

    let mut lines = vec![title_line(view, theme, width)];
    lines.extend(std::iter::repeat_n(Line::default(), spare));
    lines.extend(shown.iter().map(|row| match *row {
        Row::Blank => Line::default(),
        Row::CircuitHeading => circuits.heading(is_tall, theme),
        Row::Circuit(index) => circuits.flat(&view.circuits[index], theme),
        Row::Phase(index, phase) => circuits.tall(&view.circuits[index], phase, theme),
        Row::ChargerHeading => chargers.heading(theme),
        Row::Charger(index) => chargers.line(&view.chargers[index], theme),
    }));
    lines.resize(1 + spare + body_height, Line::default());
    lines.extend(bottom);
    lines.extend(std::iter::repeat_n(Line::default(), spare));
    lines.push(footer_line(view, theme, width, (first, shown.len(), rows.len())));
    for (line, y) in lines.into_iter().zip(area.y..) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
    Scrolled { first, page: body_height }
}

/// Lists the rows: a line for each phase where all of them fit, else a line for each circuit.
fn rows_of(view: &View, circuits: &CircuitColumns, body_height: usize) -> (Vec<Row>, bool) {
    let phases: usize = view.circuits.iter().map(|circuit| circuit.phases.len().max(1)).sum();
    let is_tall = phases + view.chargers.len() + 3 <= body_height || !circuits.fit_side_by_side();
    let mut rows = Vec::new();
    if !view.circuits.is_empty() {
        rows.push(Row::CircuitHeading);
        for (index, circuit) in view.circuits.iter().enumerate() {
            if is_tall {
                rows.extend((0..circuit.phases.len()).map(|phase| Row::Phase(index, phase)));
            } else {
                rows.push(Row::Circuit(index));
            }
        }
        rows.push(Row::Blank);
    }
    rows.push(Row::ChargerHeading);
    rows.extend((0..view.chargers.len()).map(Row::Charger));
    (rows, is_tall)
}

/// Keeps the heading of what is at the top in sight.
fn pin_heading(shown: &mut [Row]) {
    if shown.len() < 2 {
        return;
    }
    match shown[0] {
        Row::Charger(_) => shown[0] = Row::ChargerHeading,
        Row::Circuit(_) | Row::Phase(..) => shown[0] = Row::CircuitHeading,
        Row::CircuitHeading | Row::ChargerHeading | Row::Blank => {}
    }
}

fn title_line(view: &View, theme: Theme, width: usize) -> Line<'static> {
    let style = theme.title_bar();
    let clock = format!(" {} ", text::cut(&view.clock, width / 3));
    let title = format!(" {} ", text::cut(&view.title, width.saturating_sub(text::width(&clock) + 2)));
    let room = width.saturating_sub(text::width(&clock) + text::width(&title));
    let subtitle =
        text::right(text::whole_parts(&view.subtitle, room.saturating_sub(2)), room.saturating_sub(2));
    let subtitle = text::left(&subtitle, room);
    Line::from(vec![
        Span::styled(title, style.patch(theme.strong())),
        Span::styled(subtitle, style),
        Span::styled(clock, style.patch(theme.strong())),
    ])
}

fn alarm_lines(view: &View, theme: Theme, width: usize, height: usize) -> Vec<Line<'static>> {
    let most = if height >= 30 { 4 } else { 2 };
    let shown = if view.alarms.len() > most { most - 1 } else { view.alarms.len() };
    let mut lines: Vec<Line<'static>> = view
        .alarms
        .iter()
        .take(shown)
        .map(|alarm| {
            let (glyph, tone) = if alarm.critical { ("✖", Tone::Bad) } else { ("▲", Tone::Warning) };
            let words = text::cut(&alarm.text, width.saturating_sub(2));
            Line::from(vec![Span::styled(format!("{glyph} "), theme.tone(tone)), Span::raw(words)])
        })
        .collect();
    let hidden = &view.alarms[shown..];
    if !hidden.is_empty() {
        let critical = hidden.iter().filter(|alarm| alarm.critical).count();
        let words = format!("… {} more, {critical} of them critical", hidden.len());
        lines.push(Line::styled(text::cut(&words, width), theme.tone(Tone::Warning)));
    }
    lines
}

/// Other devices one after the other, on at most `most` lines; where not all of them fit, those that need attention go first.
fn extra_lines(view: &View, theme: Theme, width: usize, most: usize) -> Vec<Line<'static>> {
    let mut extras: Vec<&ExtraRow> = view.extras.iter().collect();
    let lines = flow(&extras, theme, width);
    if lines.len() <= most {
        return lines;
    }
    extras.sort_by_key(|extra| match extra.tone {
        Tone::Bad => 0,
        Tone::Warning => 1,
        Tone::Plain | Tone::Good | Tone::Faint => 2,
    });
    let mut lines = flow(&extras, theme, width);
    lines.truncate(most);
    lines
}

fn flow(extras: &[&ExtraRow], theme: Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for extra in extras {
        let spans = [
            Span::styled(format!("{} ", text::cut(&extra.label, width / 3)), theme.faint()),
            Span::styled(text::cut(&extra.value, width / 2), theme.tone(extra.tone)),
        ];
        let needed: usize = spans.iter().map(Span::width).sum();
        match lines.last_mut() {
            Some(line) if line.width() + 3 + needed <= width => {
                line.push_span(Span::raw("   "));
                line.spans.extend(spans);
            }
            _ => lines.push(Line::from(spans.to_vec())),
        }
    }
    lines
}

fn footer_line(view: &View, theme: Theme, width: usize, rows: (usize, usize, usize)) -> Line<'static> {
    let (first, shown, all) = rows;
    let mut keys = String::from("q quit");
    if shown < all {
        keys = format!("↑↓ rows {}–{} of {all} · {keys}", first + 1, first + shown);
    }
    let keys = text::cut(&keys, width);
    let words = text::left(&view.footer, width.saturating_sub(text::width(&keys) + 1));
    Line::from(vec![
        Span::styled(words, theme.faint()),
        Span::raw(" "),
        Span::styled(keys, theme.tone(Tone::Plain)),
    ])
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::style::Color;

    use super::super::sample::garage;
    use super::*;

    fn drawn(view: &View, theme: Theme, size: (u16, u16), first: usize) -> (Terminal<TestBackend>, Scrolled) {
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
        let mut scrolled = Scrolled::default();
        terminal.draw(|frame| scrolled = render(frame, view, theme, first)).unwrap();
        (terminal, scrolled)
    }

    fn text_of(view: &View, size: (u16, u16), first: usize) -> String {
        drawn(view, Theme::mono(), size, first).0.backend().to_string()
    }

    #[test]
    fn the_page_fits_usual_terminals() {
        for size in [(80, 24), (100, 30), (140, 45), (48, 20)] {
            insta::assert_snapshot!(format!("page_{}x{}", size.0, size.1), text_of(&garage(12), size, 0));
        }
    }

    #[test]
    fn more_chargers_than_fit_can_be_scrolled_to_the_last_one() {
        let view = garage(300);
        insta::assert_snapshot!("page_80x24_scrolled", text_of(&view, (80, 24), 40));
        let (terminal, scrolled) = drawn(&view, Theme::mono(), (80, 24), usize::MAX);
        assert!(terminal.backend().to_string().contains("ev300"));
        assert_eq!(
            scrolled.first + scrolled.page,
            300 + 6,
            "rows: 2 headings, 3 circuits, a blank, 300 chargers"
        );
    }

    #[test]
    fn what_needs_attention_stays_in_sight() {
        let mut view = garage(2);
        let many = (1..40).map(|number| ExtraRow {
            label: format!("q{number}"),
            value: "on".into(),
            ..ExtraRow::default()
        });
        view.extras.splice(0..0, many);
        assert!(text_of(&view, (60, 24), 0).contains("row-2-breaker tripped"));
    }

    #[test]
    fn no_size_and_no_site_is_too_small() {
        let few = [View::default(), garage(0), garage(1)];
        for view in &few {
            for width in [1, 5, 19, 20, 21, 30, 43, 44, 55, 56, 64, 92, 300] {
                for height in [1, 2, 3, 4, 5, 8, 28, 100] {
                    drawn(view, Theme::color(), (width, height), 3);
                }
            }
        }
    }

    #[test]
    fn without_colour_no_cell_has_one() {
        let (terminal, _) = drawn(&garage(12), Theme::mono(), (100, 30), 0);
        let cells = &terminal.backend().buffer().content;
        assert!(cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
        let (terminal, _) = drawn(&garage(12), Theme::color(), (100, 30), 0);
        let cells = &terminal.backend().buffer().content;
        // 34 A on a 32 A circuit: the part beyond the mark is red
        assert!(cells.iter().any(|cell| cell.fg == Color::Indexed(160)));
    }
}
