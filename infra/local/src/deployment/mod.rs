//! A deployment on AWS, as the commands that set it up and look after it see it.

pub(crate) mod check;
pub(crate) mod keys;
pub(crate) mod secrets;

use crate::{
    api::base_url,
    failure::{Failure, Result},
};
use clap::Args;
use shared::model::{OrgId, Secret};
use std::{
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
};

/// Which deployment, and which org of it.
#[derive(Debug, Args)]
pub(crate) struct DeploymentArgs {
    /// The stack's name
    #[arg(long, default_value = "tokenwarden")]
    pub(crate) stack: String,
    /// The AWS region; the profile's or AWS_REGION's otherwise
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Address of the deployment's API: the stack's output ApiUrl
    #[arg(long, value_name = "URL", value_parser = base_url)]
    pub(crate) api: String,
    /// The org's id (admin.atlassian.com/o/ORG_ID)
    #[arg(long, value_name = "ORG_ID")]
    pub(crate) org: String,
    /// Where Atlassian's API is
    #[arg(long, value_name = "URL", value_parser = base_url, default_value = "https://api.atlassian.com")]
    pub(crate) atlassian_url: String,
}

impl DeploymentArgs {
    /// The org.
    pub(crate) fn org(&self) -> OrgId {
        OrgId::from(self.org.as_str())
    }
}

/// A key: from a file, or from the environment, or asked for at the terminal, where nobody sees it.
pub(crate) fn given_key(variable: &'static str, file: Option<&PathBuf>, what: &str) -> Result<Secret> {
    if let Some(file) = file {
        return whole(variable, &std::fs::read_to_string(file).map_err(Failure::file(file.as_path()))?);
    }
    if let Some(key) = shared::config::environment(variable).filter(|key| !key.is_empty()) {
        return whole(variable, &key);
    }
    if !stdin().is_terminal() {
        let reason = format!("is not set; put {what} into it, or into a file that only you can read");
        return Err(Failure::Option { name: variable, reason });
    }
    let typed = rpassword::prompt_password(format!("{what}: "));
    whole(variable, &typed.map_err(|source| Failure::System { what: "cannot read from the terminal", source })?)
}

fn whole(name: &'static str, text: &str) -> Result<Secret> {
    let key = text.trim();
    if key.is_empty() || key.contains(char::is_whitespace) {
        return Err(Failure::Option { name, reason: "holds no key: it must be one word".into() });
    }
    Ok(Secret::new(key.to_owned()))
}

/// Refuses a file that others may read.
pub(crate) fn private(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).map_err(Failure::file(file))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let reason = format!("{} can be read by others; chmod 600 it", file.display());
    Err(Failure::Option { name: "the key's file", reason })
}
