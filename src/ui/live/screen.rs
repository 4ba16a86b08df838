//! The terminal while the live view has it: alternate screen, keys, and back to normal on every way out.

use std::io;
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::page::{self, Scrolled};
use super::theme::Theme;
use super::view::View;

/// A key that is not for scrolling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveKey {
    /// `q`, Escape or Ctrl-C: the person wants to leave. In raw mode Ctrl-C is a key and sends no signal.
    Quit,
    /// Another letter.
    Letter(char),
}

/// The terminal while a live view has it. It is given back when this is dropped, and when the program panics.
#[derive(Debug)]
pub struct LiveScreen {
    terminal: DefaultTerminal,
    theme: Theme,
    view: View,
    scrolled: Scrolled,
}

impl LiveScreen {
    /// Takes over the terminal on stdout.
    ///
    /// # Errors
    /// When stdout is no terminal, or it can't be set up.
    pub fn start(theme: Theme) -> io::Result<Self> {
        let terminal = ratatui::try_init()?;
        Ok(LiveScreen { terminal, theme, view: View::default(), scrolled: Scrolled::default() })
    }

    /// Shows a view.
    ///
    /// # Errors
    /// When the terminal can't be written.
    pub fn draw(&mut self, view: &View) -> io::Result<()> {
        self.view.clone_from(view);
        self.redraw()
    }

    fn redraw(&mut self) -> io::Result<()> {
        let LiveScreen { terminal, theme, view, scrolled } = self;
        terminal.draw(|frame| *scrolled = page::render(frame, view, *theme, scrolled.first))?;
        Ok(())
    }

    /// Waits up to `wait` for a key. Scrolling and a changed size are dealt with here. It blocks: from async code call it with
    /// [`Duration::ZERO`], or on a thread of its own.
    ///
    /// # Errors
    /// When the terminal can't be read or written.
    pub fn next_key(&mut self, wait: Duration) -> io::Result<Option<LiveKey>> {
        let start = Instant::now();
        loop {
            if !event::poll(wait.saturating_sub(start.elapsed()))? {
                return Ok(None);
            }
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => match meaning(key) {
                    Some(Meaning::Key(key)) => return Ok(Some(key)),
                    Some(Meaning::Scroll(scroll)) => {
                        self.scrolled.first = scroll.from(self.scrolled);
                        self.redraw()?;
                    }
                    None => {}
                },
                Event::Resize(..) => self.redraw()?,
                _ => {}
            }
        }
    }
}

impl Drop for LiveScreen {
    fn drop(&mut self) {
        // nothing better can be done on the way out
        let _ = ratatui::try_restore();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Key(LiveKey),
    Scroll(Scroll),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scroll {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
}

impl Scroll {
    /// Returns the new first row; the page holds it inside the range.
    fn from(self, scrolled: Scrolled) -> usize {
        // one row stays in sight, and the heading takes another
        let page = scrolled.page.saturating_sub(2).max(1);
        match self {
            Scroll::Up => scrolled.first.saturating_sub(1),
            Scroll::Down => scrolled.first.saturating_add(1),
            Scroll::PageUp => scrolled.first.saturating_sub(page),
            Scroll::PageDown => scrolled.first.saturating_add(page),
            Scroll::Top => 0,
            Scroll::Bottom => usize::MAX,
        }
    }
}

fn meaning(key: KeyEvent) -> Option<Meaning> {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c' | 'd') if is_control => Meaning::Key(LiveKey::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Meaning::Key(LiveKey::Quit),
        KeyCode::Up | KeyCode::Char('k') => Meaning::Scroll(Scroll::Up),
        KeyCode::Down | KeyCode::Char('j') => Meaning::Scroll(Scroll::Down),
        KeyCode::PageUp => Meaning::Scroll(Scroll::PageUp),
        KeyCode::PageDown | KeyCode::Char(' ') => Meaning::Scroll(Scroll::PageDown),
        KeyCode::Home | KeyCode::Char('g') => Meaning::Scroll(Scroll::Top),
        KeyCode::End | KeyCode::Char('G') => Meaning::Scroll(Scroll::Bottom),
        KeyCode::Char(letter) if !is_control => Meaning::Key(LiveKey::Letter(letter)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> Option<Meaning> {
        meaning(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_mean_what_people_expect() {
        let none = KeyModifiers::NONE;
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Meaning::Key(LiveKey::Quit)));
        assert_eq!(press(KeyCode::Char('q'), none), Some(Meaning::Key(LiveKey::Quit)));
        assert_eq!(press(KeyCode::Char('c'), none), Some(Meaning::Key(LiveKey::Letter('c'))));
        assert_eq!(press(KeyCode::PageDown, none), Some(Meaning::Scroll(Scroll::PageDown)));
        assert_eq!(press(KeyCode::F(5), none), None);
    }

    #[test]
    fn scrolling_never_goes_above_the_top() {
        let at = Scrolled { first: 3, page: 10 };
        for (scroll, expected) in [
            (Scroll::Up, 2),
            (Scroll::Down, 4),
            (Scroll::PageUp, 0),
            (Scroll::PageDown, 11),
            (Scroll::Top, 0),
            (Scroll::Bottom, usize::MAX),
        ] {
            assert_eq!(scroll.from(at), expected, "{scroll:?}");
        }
    }
}
