//! Where a command works, and why: one org of one deployment.

use crate::{
    api::{Api, ApiArgs},
    failure::{Failure, Result},
};
use clap::Args;

/// Which org of which deployment.
#[derive(Debug, Args)]
pub(crate) struct Place {
    #[command(flatten)]
    api: ApiArgs,
    /// Which org; needed where the token may see several
    #[arg(long, value_name = "ORG_ID")]
    org: Option<String>,
}

/// Where, and why.
#[derive(Debug, Args)]
pub(crate) struct Why {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Why; kept with the decision
    #[arg(long)]
    pub(crate) reason: String,
}

impl Place {
    /// The deployment, and the org that the token may see, or the one of them that was named.
    ///
    /// # Errors
    /// [`Failure::Option`] where several orgs could be meant.
    pub(crate) async fn open(&self) -> Result<(Api, String)> {
        let api = Api::new(&self.api)?;
        let mut orgs = api.orgs(self.org.as_deref()).await?;
        if orgs.len() > 1 {
            let reason = format!("is missing: this token may see {} orgs; name one of them", orgs.len());
            return Err(Failure::Option { name: "--org", reason });
        }
        Ok((api, orgs.pop().map(|org| org.id).unwrap_or_default()))
    }
}
