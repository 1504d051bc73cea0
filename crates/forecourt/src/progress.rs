//! Progress bars with rate and time left; plain lines where nobody watches.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// One long step. In a terminal it is a bar; in a log it is a line every few seconds.
pub struct Step {
    name: String,
    bar: ProgressBar,
    started: Instant,
    quiet_until: std::sync::Mutex<Instant>,
    watched: bool,
}

const LINE_EVERY: Duration = Duration::from_secs(5);

impl Step {
    /// Begins a step of so many units (0 = not known yet).
    pub fn begin(name: &str, total: u64) -> Self {
        let watched = std::io::stderr().is_terminal();
        let bar = if watched { ProgressBar::new(total) } else { ProgressBar::hidden() };
        let template = "{prefix:<22} [{bar:32}] {human_pos}/{human_len} {per_sec} {eta} left {wide_msg}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        bar.set_prefix(name.to_owned());
        if !watched {
            eprintln!("{name} ...");
        }
        let started = Instant::now();
        Self {
            name: name.to_owned(),
            bar,
            started,
            quiet_until: std::sync::Mutex::new(started + LINE_EVERY),
            watched,
        }
    }

    /// Where the step stands.
    pub fn at(&self, done: u64, total: u64, what: &str) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(what.to_owned());
        if self.watched {
            return;
        }
        let Ok(mut quiet_until) = self.quiet_until.lock() else { return };
        let now = Instant::now();
        if now < *quiet_until {
            return;
        }
        *quiet_until = now + LINE_EVERY;
        let rate = done as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let left = if rate > 0.0 { total.saturating_sub(done) as f64 / rate } else { 0.0 };
        eprintln!("{}: {done}/{total} {what} ({rate:.0}/s, {left:.0} s left)", self.name);
    }

    /// Ends the step without a word.
    pub fn forget(self) {
        self.bar.finish_and_clear();
    }

    /// Ends the step with what it achieved.
    pub fn end(self, achieved: &str) {
        self.note(achieved);
    }

    /// Says what the step achieved, where it is shared and cannot be taken.
    pub fn note(&self, achieved: &str) {
        self.bar.finish_and_clear();
        eprintln!("{:<22} {achieved} ({:.1} s)", self.name, self.started.elapsed().as_secs_f64());
    }
}

/// A step whose stages name themselves: a bar each, a line at the end.
pub struct Stages {
    name: &'static str,
    started: Instant,
    current: std::sync::Mutex<Option<(String, Step)>>,
}

impl Stages {
    /// Begins with no stage.
    pub fn new(name: &'static str) -> Self {
        Self { name, started: Instant::now(), current: std::sync::Mutex::new(None) }
    }

    /// Where the present stage stands; another `what` is another stage.
    pub fn at(&self, done: u64, total: u64, what: &str) {
        let Ok(mut current) = self.current.lock() else { return };
        if current.as_ref().is_none_or(|(name, _)| name != what) {
            if let Some((_, step)) = current.take() {
                step.forget();
            }
            *current = Some((what.to_owned(), Step::begin(what, total)));
        }
        if let Some((_, step)) = current.as_ref() {
            step.at(done, total.max(done), "");
        }
    }

    /// Ends with what was achieved.
    pub fn end(self, achieved: &str) {
        if let Ok(mut current) = self.current.lock()
            && let Some((_, step)) = current.take()
        {
            step.forget();
        }
        eprintln!("{:<22} {achieved} ({:.1} s)", self.name, self.started.elapsed().as_secs_f64());
    }
}
