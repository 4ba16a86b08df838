//! A job in a person's editor: mistakes are shown where they were typed, nothing that was typed is lost, and nothing is left behind.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;
#[path = "program/terminal.rs"]
mod terminal;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use program::Program;

const BEGIN: &str = "global:\n  scrape_interval: 1m\nscrape_configs:\n  # the hall\n  - job_name: hall\n    scheme: http\n  - job_name: yard\n";
const TARGET: &str = "file:my files/p.yml";
const WORDS: &str = "--target 'file:my files/p.yml'";

/// A configuration, and a folder for temporary files of its own.
struct Home {
    program: Program,
}

impl Home {
    fn new() -> Self {
        let home = Home { program: Program::new() };
        for folder in ["my files", "temporary"] {
            fs::create_dir(home.path(folder)).unwrap();
        }
        fs::write(home.path("my files/p.yml"), BEGIN).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.program.folder().join(name)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path("my files/p.yml")).unwrap()
    }

    /// Edits the job, with a script of a shell as the editor; `$1` is the file. `typed`: what is typed at a terminal; `None` without one.
    /// Returns the exit code and all that was said.
    fn edit(&self, editor: &str, typed: Option<&str>) -> (i32, String) {
        fs::write(self.path("editor.sh"), editor).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
        command.args(["scrape", "edit", "hall", "--target", TARGET, "--color", "never"]);
        command.env_clear().current_dir(self.program.folder()).env("HOME", self.program.folder());
        command.env("TMPDIR", self.path("temporary")).env("PATH", "/usr/bin:/bin");
        command.env("EDITOR", "sh editor.sh");
        let (status, said) = match typed {
            Some(typed) => terminal::run_typing(command, typed),
            None => {
                let output = command.output().unwrap();
                (output.status, [output.stdout, output.stderr].concat())
            }
        };
        (status.code().unwrap(), String::from_utf8_lossy(&said).replace('\r', ""))
    }

    fn is_clean(&self) -> bool {
        fs::read_dir(self.path("temporary")).unwrap().next().is_none()
    }

    /// Returns the text in the file that was kept for the person.
    fn kept(&self, said: &str) -> String {
        let command = said.lines().find_map(|line| line.split_once("look at it: cat "));
        let path = PathBuf::from(command.expect(said).1);
        assert!(path.starts_with(self.path("temporary")), "{said}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::read_to_string(path).unwrap()
    }
}

#[test]
fn without_a_terminal_a_mistake_is_shown_where_it_was_typed_and_the_text_is_kept() {
    for (editor, typed, expected) in [
        (
            "echo '  foo: [' >> \"$1\"",
            "# the hall\n- job_name: hall\n  scheme: http\n  foo: [\n",
            &["the job as you wrote it:4:8", "  foo: ["][..],
        ),
        (
            "sed -i 's/scheme: http/shceme: https/' \"$1\"",
            "# the hall\n- job_name: hall\n  shceme: https\n",
            &["p.yml:6:5", "    shceme: https", "did you mean `scheme`?"],
        ),
        (
            "sed -i 's/scheme: http/scrape_interval: often/' \"$1\"",
            "# the hall\n- job_name: hall\n  scrape_interval: often\n",
            &["p.yml:6:22", "    scrape_interval: often"],
        ),
        (
            "echo '- job_name: two' >> \"$1\"",
            "# the hall\n- job_name: hall\n  scheme: http\n- job_name: two\n",
            &["the job as you wrote it:4:3", "a second job begins here"],
        ),
        (
            "echo 'job_name: hall' > \"$1\"",
            "job_name: hall\n",
            &["the job as you wrote it:1:1", "has lost its dash"],
        ),
        (": > \"$1\"", "", &["there is no job in it"]),
        ("echo '- *hall' > \"$1\"", "- *hall\n", &["can't stand in the file"]),
    ] {
        let home = Home::new();
        let (code, said) = home.edit(editor, None);
        assert_eq!(code, 3, "{said}");
        for words in expected {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(said.contains("nothing was written") && !said.contains("change it with an editor"), "{said}");
        assert_eq!(home.kept(&said), typed, "{said}");
        assert_eq!(home.text(), BEGIN);
    }
}

/// Makes a mistake the first time; what it does the second time is said.
fn twice(then: &str) -> String {
    format!(
        "if [ -e seen ]; then cp \"$1\" again; {then}; else cp \"$1\" seen; echo '  foo: [' >> \"$1\"; fi\n"
    )
}

#[test]
fn on_a_terminal_the_editor_opens_again_with_the_mistakes_until_they_are_mended() {
    let home = Home::new();
    let (code, said) = home.edit(&twice("sed -i 's/foo: \\[/metrics_path: \\/m/' \"$1\""), Some("\n"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("the job as you wrote it:4:8") && said.contains("Go on editing? [Y/n]"), "{said}");
    assert!(said.contains(&format!("goes by it after: enmon scrape apply {WORDS}\n")), "{said}");
    let changed = BEGIN.replace("scheme: http\n", "scheme: http\n    metrics_path: /m\n");
    assert_eq!(home.text(), changed);
    let again = fs::read_to_string(home.path("again")).unwrap();
    let above: Vec<&str> = again.lines().take_while(|line| line.starts_with("# enmon: ")).collect();
    assert_eq!(above.len(), 3, "{again}");
    assert!(above[1].starts_with("# enmon: line 7: "), "{again}");
    assert_eq!(again.lines().nth(6), Some("  foo: ["));
    assert!(home.is_clean());
}

#[test]
fn a_mistake_that_the_whole_file_shows_is_told_by_its_line_in_the_editor() {
    let home = Home::new();
    let editor = "if [ -e seen ]; then cp \"$1\" again; sed -i 's/shceme: http/scheme: https/' \"$1\"; else touch seen; sed -i 's/scheme/shceme/' \"$1\"; fi\n";
    let (code, said) = home.edit(editor, Some("y\n"));
    assert_eq!((code, home.text()), (0, BEGIN.replace("scheme: http", "scheme: https")), "{said}");
    assert!(said.contains("p.yml:6:5"), "{said}");
    let again = fs::read_to_string(home.path("again")).unwrap();
    let lines: Vec<&str> = again.lines().collect();
    assert!(lines[1].starts_with("# enmon: line 6: ") && lines[1].contains("shceme"), "{again}");
    assert_eq!(lines[5], "  shceme: http");
}

#[test]
fn who_gives_up_keeps_what_was_typed() {
    let typed = "# the hall\n- job_name: hall\n  scheme: http\n  foo: [\n";
    for (then, answer, words) in [
        ("false", "n\n", "nothing was written: it has mistakes"),
        (":", "y\n", "nothing was written: it was saved with the same mistakes"),
        ("sed -i '/^# enmon/d' \"$1\"", "\n", "nothing was written: it was saved with the same mistakes"),
    ] {
        let home = Home::new();
        let (code, said) = home.edit(&twice(then), Some(answer));
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(home.kept(&said), typed);
        assert_eq!(home.text(), BEGIN);
    }
}

#[test]
fn what_is_as_it_was_is_not_written_and_nothing_is_left() {
    let home = Home::new();
    let (code, said) = home.edit("touch \"$1\"", None);
    assert_eq!((code, said.contains("nothing was changed")), (0, true), "{said}");
    let (code, said) = home.edit(&twice("sed -i '/foo/d' \"$1\""), Some("\n"));
    assert_eq!((code, said.contains("nothing was changed")), (0, true), "{said}");
    assert_eq!(home.text(), BEGIN);
    assert!(home.is_clean() && !home.path("my files/p.yml.bak").exists());
}

#[test]
fn what_was_typed_is_kept_when_the_editor_fails_or_the_job_was_changed_meanwhile() {
    for (editor, words) in [
        ("echo '  sample_limit: 5' >> \"$1\"; exit 7", "the editor has failed"),
        (
            "echo '  sample_limit: 5' >> \"$1\"; sed -i 's/http$/https/' 'my files/p.yml'",
            "by somebody else meanwhile",
        ),
    ] {
        let home = Home::new();
        let (code, said) = home.edit(editor, None);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(home.kept(&said), "# the hall\n- job_name: hall\n  scheme: http\n  sample_limit: 5\n");
        assert!(!home.text().contains("sample_limit"));
    }
    let home = Home::new();
    let (code, said) = home.edit("printf '\\377' > \"$1\"", None);
    assert_eq!((code, said.contains("can't be read")), (1, true), "{said}");
    let kept = said.lines().find_map(|line| line.split_once("look at it: cat ")).unwrap().1;
    assert_eq!(fs::read(kept).unwrap(), b"\xff");
    let (code, said) = home.edit("false", None);
    assert_eq!((code, said.contains("look at it")), (1, false), "{said}");
}

#[test]
fn hints_name_the_configuration_that_was_named() {
    let home = Home::new();
    let rules = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up\n";
    fs::write(home.path("my files/rules.yml"), rules).unwrap();
    fs::write(home.path("my files/p.yml"), format!("{BEGIN}rule_files: [rules.yml]\n")).unwrap();
    for (arguments, next) in [
        (&["scrape", "edit", "nothing-like-it"][..], "enmon scrape list"),
        (&["scrape", "delete", "nothing-like-it"], "enmon scrape list"),
        (&["scrape", "add", "hall", "--targets", "a:1"], "enmon scrape edit hall"),
        (&["scrape", "edit", "hall", "--interval", "30s"], "enmon scrape apply"),
        (&["rule", "edit", "B", "--for", "1m"], "enmon rule list"),
        (&["rule", "add", "A", "--group", "g", "--expr", "up"], "enmon rule edit A --line 4"),
        (&["rule", "edit", "A", "--for", "1m"], "enmon rule apply"),
    ] {
        let mut command = home.program.with(arguments);
        let output = command.args(["--target", TARGET, "--yes"]).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(said.contains(&format!("{next} {WORDS}\n")), "{arguments:?}: {said}");
    }
}

#[test]
fn a_file_that_was_missing_before_is_no_mistake_of_what_was_typed() {
    let home = Home::new();
    fs::write(home.path("my files/p.yml"), format!("rule_files: [elsewhere.rules]\n{BEGIN}")).unwrap();
    let (status, said) = home.edit("sed -i s/http/https/ \"$1\"", None);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("elsewhere.rules") && home.text().contains("scheme: https"), "{said}");
    assert!(home.is_clean());
}
