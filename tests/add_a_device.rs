//! docs/add-a-device.md is true: its files are written, its commands are run in their order, and each says what the page says.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The place of the device on the page. Any port that the system hands out is as long, so that tables are as wide.
const PLACE: &str = "127.0.0.1:15031";

/// What is found on the page, in its order.
enum Step {
    /// A file and what is in it.
    File(String, String),
    /// A command and what it says.
    Command(String, String),
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some(name) = kind.strip_prefix("yaml ") {
            steps.push(Step::File(name.to_owned(), block.join("\n") + "\n"));
            continue;
        }
        assert_eq!(kind, "console", "a block that nothing is known of");
        for line in block {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step::Command(command.to_owned(), String::new())),
                (None, Some(Step::Command(_, said))) => *said += &format!("{line}\n"),
                _ => panic!("`{line}` is said by no command"),
            }
        }
    }
    steps
}

/// A reader of the page: a home folder, which has what the page takes from the repository.
struct Reader {
    home: tempfile::TempDir,
    /// Where the device really is, and what serves it.
    device: Option<(String, Child)>,
}

impl Reader {
    fn new() -> Reader {
        let home = tempfile::tempdir().unwrap();
        let examples = home.path().join("docs/examples");
        fs::create_dir_all(&examples).unwrap();
        fs::copy(repository().join("docs/examples/wallbox.yaml"), examples.join("wallbox.yaml")).unwrap();
        Reader { home, device: None }
    }

    fn command(&self, line: &str) -> Command {
        let programs = Path::new(env!("CARGO_BIN_EXE_enmon")).parent().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("exec 2>&1; {line}")]).current_dir(self.home.path()).env_clear();
        command.env("HOME", self.home.path()).env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
        command
    }

    /// Puts the real place in.
    fn real(&self, text: &str) -> String {
        match &self.device {
            Some((place, _)) => text.replace(PLACE, place),
            None => text.to_owned(),
        }
    }

    /// Puts the page's place in, and the page's home.
    fn of_the_page(&self, text: &str) -> String {
        let text = match &self.device {
            Some((place, _)) => text.replace(place, PLACE),
            None => text.to_owned(),
        };
        text.replace(self.home.path().to_str().unwrap(), "~")
    }

    fn write(&self, name: &str, text: &str) {
        let path: PathBuf = self.home.path().join(name.trim_start_matches("~/"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.real(text)).unwrap();
    }

    /// Starts what goes on in a terminal of its own, and returns as many lines of it as the page has.
    fn start(&mut self, line: &str, lines: usize) -> String {
        let line = format!("exec {}", line.replace(PLACE, "127.0.0.1:0"));
        let mut child = self.command(&line).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let said: Vec<String> = output.lines().take(lines).map(Result::unwrap).collect();
        let place = said.iter().flat_map(|line| line.split_whitespace());
        let place = place.filter_map(|word| word.strip_prefix("modbus+tcp://")).next();
        self.device = Some((place.expect("the address of the device").to_owned(), child));
        self.of_the_page(&(said.join("\n") + "\n"))
    }

    fn run(&self, line: &str) -> String {
        let output = self.command(&self.real(line)).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.success(), !said.starts_with("error"), "{line}: {said}");
        self.of_the_page(&said)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some((_, child)) = &mut self.device {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Leaves out what is never the same: how long an answer took, and how wide that makes a column.
fn without_times(said: &str) -> String {
    if !said.contains("TIME ms") {
        return said.to_owned();
    }
    let is_time = |word: &str| word.split_once('.').is_some_and(|(_, digits)| digits.len() == 1);
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut kept = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let verdict = words.get(at + 1).is_some_and(|next| ["plausible", "-", "state"].contains(next));
            kept.push(if verdict && is_time(word) { "TIME" } else { word });
        }
        kept.join(" ") + "\n"
    };
    said.lines().map(line).collect()
}

#[test]
fn the_page_does_what_it_says() {
    let page = fs::read_to_string(repository().join("docs/add-a-device.md")).unwrap();
    let mut reader = Reader::new();
    let mut commands = 0;
    for step in steps(&page) {
        match step {
            Step::File(name, text) => reader.write(&name, &text),
            Step::Command(line, expected) => {
                commands += 1;
                let said = if line.contains(" modbus serve ") {
                    reader.start(&line, expected.lines().count())
                } else {
                    reader.run(&line)
                };
                assert_eq!(without_times(&said), without_times(&expected), "$ {line}\n{said}");
            }
        }
    }
    assert!(commands >= 12, "{commands} commands");
}
