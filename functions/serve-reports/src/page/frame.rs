//! What every page has around it.

use super::moment::text;
use crate::{
    answer::{Answer, Reply},
    paging::encoded,
};
use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::http::header;
use sha2::{Digest, Sha256};
use shared::{
    error::Error,
    model::{CredentialRef, Org, OrgId, Timestamp},
};

const CSS: &str = include_str!("../../templates/style.css");

/// The frame of a page.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) css: &'static str,
    pub(crate) nav: Option<Nav>,
    pub(crate) active: &'static str,
    pub(crate) seen_at: String,
}

/// The pages of one org.
pub(crate) struct Nav {
    pub(crate) org: String,
    pub(crate) links: Vec<Link>,
}

/// A link.
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) text: String,
}

impl Frame {
    /// Around a page that belongs to no org.
    pub(crate) fn plain(title: &str, now: Timestamp) -> Self {
        Self { title: title.to_owned(), css: CSS, nav: None, active: "", seen_at: text(now) }
    }

    /// Around a page of an org; `active` is the text of its own link.
    pub(crate) fn of(org: &Org, title: &str, active: &'static str, now: Timestamp) -> Self {
        let link = |text: &str, href: String| Link { href, text: text.to_owned() };
        let under = |page: &str| format!("{}/{page}", base(&org.id));
        let links = vec![
            link("Report", home(&org.id)),
            link("Actions", under("actions")),
            link("Ledger", under("ledger")),
            link("Quarantine", under("quarantine")),
        ];
        Self { active, nav: Some(Nav { org: name(org), links }), ..Self::plain(title, now) }
    }
}

/// An org's name, or its id where it has none.
pub(crate) fn name(org: &Org) -> String {
    if org.name.is_empty() { org.id.to_string() } else { org.name.clone() }
}

/// The page of the latest report of an org.
pub(crate) fn home(org: &OrgId) -> String {
    format!("/?org={}", encoded(org.as_str()))
}

/// Under which path the pages of an org are.
pub(crate) fn base(org: &OrgId) -> String {
    format!("/orgs/{}", encoded(org.as_str()))
}

/// The page of a credential.
pub(crate) fn credential(org: &OrgId, credential: &CredentialRef) -> String {
    format!("{}/credentials/{}/{}", base(org), credential.kind, encoded(credential.id.as_str()))
}

/// A page as an answer: nothing but its own style may be loaded or run.
pub(crate) fn render(page: &impl Template) -> Reply {
    let html = page.render().map_err(|error| Error::Store(format!("a page could not be rendered: {error}")))?;
    let style = STANDARD.encode(Sha256::digest(CSS));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    Ok(Answer::html(html).with(header::CONTENT_SECURITY_POLICY, policy))
}
