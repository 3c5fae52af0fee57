//! Keys of the user's own terminal that are no line to be edited. Where `ending` is set the console is being left, and a
//! signal wakes who waits.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};

use crate::router::ConsoleInput;

/// Ctrl-^, the escape character of IOS.
const ESCAPE: u8 = 0x1e;

/// Between prompts nothing that is typed is echoed; it waits in the terminal for the next prompt. Ctrl-C and
/// Ctrl-^ are signals.
pub fn quiet_terminal() -> io::Result<()> {
    change_terminal(|t| {
        t.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON);
        t.local_flags.insert(LocalFlags::ISIG);
        t.control_chars[SpecialCharacterIndices::VQUIT as usize] = ESCAPE;
        t.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        t.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    })
}

fn change_terminal(change: impl FnOnce(&mut Termios)) -> io::Result<()> {
    let mut termios = tcgetattr(io::stdin()).map_err(io::Error::from)?;
    change(&mut termios);
    tcsetattr(io::stdin(), SetArg::TCSANOW, &termios).map_err(io::Error::from)
}

fn read_octet(ending: &AtomicBool) -> io::Result<Option<u8>> {
    let mut octet = [0];
    while !ending.load(Ordering::Acquire) {
        match nix::unistd::read(io::stdin(), &mut octet) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(octet[0])),
            Err(nix::errno::Errno::EINTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(None)
}

/// Shows `text` and takes one key. What it starts can be ended by Ctrl-C again.
pub fn one_key(text: &str, erase: bool, ending: &AtomicBool) -> io::Result<ConsoleInput> {
    let mut stdout = io::stdout();
    write!(stdout, "{text}")?;
    stdout.flush()?;
    change_terminal(|t| t.local_flags.remove(LocalFlags::ISIG))?;
    let input = match read_octet(ending)? {
        None => ConsoleInput::Leave,
        Some(3) => ConsoleInput::Interrupt,
        Some(ESCAPE) => escaped(ending)?,
        Some(b'\r') => ConsoleInput::Key('\n'),
        Some(b) => ConsoleInput::Key(char::from(b)),
    };
    stdout.write_all(if erase { b"\r\x1b[K" } else { b"\r\n" })?;
    stdout.flush()?;
    quiet_terminal()?;
    Ok(input)
}

/// What the key behind Ctrl-^ makes of it.
fn escaped(ending: &AtomicBool) -> io::Result<ConsoleInput> {
    Ok(match read_octet(ending)? {
        None | Some(b'x' | b'X') => ConsoleInput::Leave,
        Some(_) => ConsoleInput::Interrupt,
    })
}

/// Edits a line that is not a command: no history, no help, perhaps no echo. What it starts can be ended by Ctrl-C again.
pub fn ask_line(prompt: &str, echo: bool, ending: &AtomicBool) -> io::Result<ConsoleInput> {
    let mut stdout = io::stdout();
    write!(stdout, "{prompt}")?;
    stdout.flush()?;
    change_terminal(|t| t.local_flags.remove(LocalFlags::ISIG))?;
    let mut line = Vec::new();
    let input = loop {
        match read_octet(ending)? {
            None => break ConsoleInput::Leave,
            Some(3) => break ConsoleInput::Interrupt,
            Some(ESCAPE) => break escaped(ending)?,
            Some(b'\r' | b'\n') => break ConsoleInput::Line(String::from_utf8_lossy(&line).into_owned()),
            Some(8 | 0x7f) => {
                if line.pop().is_some() && echo {
                    write!(stdout, "\x08 \x08")?;
                }
            }
            Some(octet) => {
                line.push(octet);
                if echo {
                    stdout.write_all(&[octet])?;
                }
            }
        }
        stdout.flush()?;
    };
    writeln!(stdout)?;
    quiet_terminal()?;
    Ok(input)
}
