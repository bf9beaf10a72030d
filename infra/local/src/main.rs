//! The `tokenwarden` command.

use clap::Parser;
use std::process::ExitCode;
use tokenwarden_local::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
