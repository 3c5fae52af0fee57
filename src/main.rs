//! Arguments and exit code, nothing else.

fn main() -> std::process::ExitCode {
    vpdnsh::run(std::env::args_os())
}
