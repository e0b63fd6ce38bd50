//! A program in a pseudo-terminal of its own, and what an emulator shows of it: its
//! letters, the modes it set, how often it drew, what it put into the clipboard.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use vt100::{Callbacks, MouseProtocolMode, Parser};

pub use vt100::{Color, Screen};

/// How long something that must come about may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at a process.
const LOOK: Duration = Duration::from_millis(5);
/// A title that no program gives its window.
const SETTLED: &str = "all that was printed until here";
/// Of what was printed, the end is kept, in bytes.
const KEPT: usize = 1024 * 1024;

/// See the module. Dropped, the program is killed.
pub struct Terminal {
    child: Child,
    keyboard: Option<File>,
    slave: File,
    reader: Option<JoinHandle<()>>,
    shown: Arc<Mutex<Shown>>,
}

/// The emulator, and who waits for what on it.
struct Shown {
    parser: Parser<Heard>,
    raw: Vec<u8>,
    waits: Vec<Wait>,
    closing: bool,
    /// Nothing more comes.
    ended: bool,
}

struct Wait {
    is_so: Box<dyn FnMut(&Screen) -> bool + Send>,
    tell: oneshot::Sender<Instant>,
}

/// A picture that was drawn whole.
#[derive(Clone, Copy, Debug)]
pub struct Drawn {
    /// When it was.
    pub at: Instant,
    /// Some letter of it is another than before.
    pub changed: bool,
}

/// What the emulator is told besides letters.
#[derive(Default)]
struct Heard {
    drawing: bool,
    drawn: Vec<Drawn>,
    shows: u64,
    copied: Vec<Vec<u8>>,
    settled: usize,
}

impl Callbacks for Heard {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        kind: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        last: char,
    ) {
        // a picture between its marks: synchronized output
        if (kind, params) == (Some(b'?'), &[&[2026]]) {
            self.drawing = last == 'h';
            if last == 'l' {
                let mut hasher = DefaultHasher::new();
                screen.contents().hash(&mut hasher);
                let shows = hasher.finish();
                self.drawn.push(Drawn {
                    at: Instant::now(),
                    changed: shows != self.shows,
                });
                self.shows = shows;
            }
        }
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.settled += usize::from(title == SETTLED.as_bytes());
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.copied.push(data.to_vec());
    }
}

impl Shown {
    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.raw.extend_from_slice(bytes);
        let over = self.raw.len().saturating_sub(KEPT);
        self.raw.drain(..over);
        if !self.parser.callbacks().drawing {
            let (now, screen) = (Instant::now(), self.parser.screen());
            for mut wait in std::mem::take(&mut self.waits) {
                if (wait.is_so)(screen) {
                    // who asked may have gone away
                    let _ = wait.tell.send(now);
                } else {
                    self.waits.push(wait);
                }
            }
        }
    }
}

/// How a terminal is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Modes {
    /// Lines are edited and echoed by the terminal.
    pub cooked: bool,
    /// The other screen is shown.
    pub other_screen: bool,
    /// The mouse is told to the program.
    pub mouse: bool,
    /// Pasted text is told apart.
    pub paste: bool,
    /// The cursor shows.
    pub cursor: bool,
    /// A picture was begun and not ended.
    pub drawing: bool,
}

impl Modes {
    /// As a shell has it.
    pub const SANE: Self = Self {
        cooked: true,
        other_screen: false,
        mouse: false,
        paste: false,
        cursor: true,
        drawing: false,
    };
}

impl Terminal {
    /// Starts a program on a terminal of so many columns and rows.
    ///
    /// # Errors
    /// No terminal is to be had, or the program does not start.
    pub fn start(mut command: Command, (columns, rows): (u16, u16)) -> Result<Self> {
        let pty = openpty(Some(&size(columns, rows)), None).context("a pseudo-terminal")?;
        // a program that held the keyboard's end would never lose its terminal
        for end in [pty.master.as_fd(), pty.slave.as_fd()] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        let slave = File::from(pty.slave);
        command
            .stdin(Stdio::from(slave.try_clone()?))
            .stdout(Stdio::from(slave.try_clone()?))
            .stderr(Stdio::from(slave.try_clone()?));
        let program = format!("{:?}", command.get_program());
        let child = command
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        // the command holds its ends too
        drop(command);
        let keyboard = File::from(pty.master);
        let mut output = keyboard.try_clone()?;
        let shown = Arc::new(Mutex::new(Shown {
            parser: Parser::new_with_callbacks(rows, columns, 0, Heard::default()),
            raw: Vec::new(),
            waits: Vec::new(),
            closing: false,
            ended: false,
        }));
        let into = Arc::clone(&shown);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            while let Ok(n @ 1..) = output.read(&mut bytes) {
                let mut shown = lock(&into);
                if shown.closing {
                    break;
                }
                shown.take(&bytes[..n]);
            }
            lock(&into).ended = true;
        });
        Ok(Self {
            child,
            keyboard: Some(keyboard),
            slave,
            reader: Some(reader),
            shown,
        })
    }

    /// The same as the leader of a session whose terminal it is, as under a shell: the
    /// system tells it of a new size and of a hangup.
    ///
    /// # Errors
    /// As [`Terminal::start`].
    pub fn lead(command: &Command, size: (u16, u16)) -> Result<Self> {
        let mut leader = Command::new("setsid");
        leader.arg("--ctty").arg(command.get_program());
        leader.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => leader.env(name, value),
                None => leader.env_remove(name),
            };
        }
        Self::start(leader, size)
    }

    /// The program's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Presses keys: their bytes.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn types(&self, keys: &str) -> Result<()> {
        Ok(self.keyboard()?.write_all(keys.as_bytes())?)
    }

    /// Gives it another size; the system tells the program that leads it.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn resize(&self, columns: u16, rows: u16) -> Result<()> {
        let to = rustix::termios::Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // before the program can answer
        lock(&self.shown)
            .parser
            .screen_mut()
            .set_size(rows, columns);
        rustix::termios::tcsetwinsize(self.keyboard()?, to).context("another size")
    }

    /// Closes the terminal's window: the program loses it.
    ///
    /// # Errors
    /// It is gone already.
    pub fn hang_up(&mut self) -> Result<()> {
        lock(&self.shown).closing = true;
        // wakes the reader, which lets go of its end
        self.slave.write_all(b" ")?;
        if let Some(reader) = self.reader.take() {
            reader.join().ok().context("the reader panicked")?;
        }
        self.keyboard = None;
        Ok(())
    }

    fn keyboard(&self) -> Result<&File> {
        self.keyboard.as_ref().context("the terminal was closed")
    }

    /// Sends the program a signal.
    ///
    /// # Errors
    /// It is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        kill(pid, signal).with_context(|| format!("sending {signal}"))
    }

    /// What the screen shows, a line a row.
    #[must_use]
    pub fn screen(&self) -> String {
        lock(&self.shown).parser.screen().contents()
    }

    /// Looks at the screen.
    pub fn look<T>(&self, at: impl FnOnce(&Screen) -> T) -> T {
        at(lock(&self.shown).parser.screen())
    }

    /// How it is set.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn modes(&self) -> Result<Modes> {
        let flags = tcgetattr(self.keyboard()?)?.local_flags;
        let shown = lock(&self.shown);
        let screen = shown.parser.screen();
        Ok(Modes {
            cooked: flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG),
            other_screen: screen.alternate_screen(),
            mouse: screen.mouse_protocol_mode() != MouseProtocolMode::None,
            paste: screen.bracketed_paste(),
            cursor: !screen.hide_cursor(),
            drawing: shown.parser.callbacks().drawing,
        })
    }

    /// Every picture so far.
    #[must_use]
    pub fn drawn(&self) -> Vec<Drawn> {
        lock(&self.shown).parser.callbacks().drawn.clone()
    }

    /// What was put into the clipboard, as it was sent: in base64.
    #[must_use]
    pub fn copied(&self) -> Vec<String> {
        let shown = lock(&self.shown);
        let copied = shown.parser.callbacks().copied.iter();
        copied
            .map(|data| String::from_utf8_lossy(data).into_owned())
            .collect()
    }

    /// The end of all that was printed, as it was.
    #[must_use]
    pub fn printed(&self) -> String {
        String::from_utf8_lossy(&lock(&self.shown).raw).into_owned()
    }

    /// Waits until the screen is so, between two pictures; when it came to be.
    ///
    /// # Errors
    /// The screen as it is, where it never comes about.
    pub async fn until(
        &self,
        is_so: impl FnMut(&Screen) -> bool + Send + 'static,
    ) -> Result<Instant> {
        let came = self.watch(is_so);
        match timeout(PATIENCE, came).await {
            Ok(Ok(at)) => Ok(at),
            _ => bail!("never came about:\n{}", self.screen()),
        }
    }

    /// Tells when the screen comes to be so; at once where it is.
    pub fn watch(
        &self,
        mut is_so: impl FnMut(&Screen) -> bool + Send + 'static,
    ) -> oneshot::Receiver<Instant> {
        let (tell, told) = oneshot::channel();
        let mut shown = lock(&self.shown);
        if !shown.parser.callbacks().drawing && is_so(shown.parser.screen()) {
            let _ = tell.send(Instant::now());
        } else {
            let is_so = Box::new(is_so);
            shown.waits.push(Wait { is_so, tell });
        }
        told
    }

    /// Waits until the screen has all of these words.
    ///
    /// # Errors
    /// As [`Terminal::until`].
    pub async fn sees(&self, words: &[&str]) -> Result<Instant> {
        let wanted: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let has_all = move |screen: &Screen| {
            let shown = screen.contents();
            wanted.iter().all(|word| shown.contains(word))
        };
        self.until(has_all)
            .await
            .with_context(|| format!("{words:?}"))
    }

    /// Waits until the program ends.
    ///
    /// # Errors
    /// It does not.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                self.settle().await?;
                return Ok(status);
            }
            sleep(LOOK).await;
        }
        bail!("it does not end:\n{}", self.screen())
    }

    /// Waits until the program is stopped, as by a shell's `ctrl-z`.
    ///
    /// # Errors
    /// It is not.
    pub async fn stopped(&self) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if state(self.pid())? == 'T' {
                return self.settle().await;
            }
            sleep(LOOK).await;
        }
        bail!("it is not stopped:\n{}", self.screen())
    }

    /// Until all that was printed is on the screen: what is written behind it now comes
    /// after it.
    async fn settle(&self) -> Result<()> {
        let before = lock(&self.shown).parser.callbacks().settled;
        // refused where the program led the terminal and took it along; then it has an end
        let _ = write!(&self.slave, "\x1b]2;{SETTLED}\x07");
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let rests = {
                let shown = lock(&self.shown);
                shown.ended || shown.parser.callbacks().settled > before
            };
            if rests {
                return Ok(());
            }
            sleep(LOOK).await;
        }
        bail!("the terminal does not come to rest")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // it has ended already, unless something failed
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// How the system says that a process stands: `T` where it is stopped.
fn state(pid: u32) -> Result<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = stat.rsplit_once(") ").context("no state")?;
    rest.chars().next().context("no state")
}
