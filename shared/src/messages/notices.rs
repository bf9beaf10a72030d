//! What is told of one credential while something is planned for it, happens to it or has ended. Plain text, without
//! links and without secrets: a mail that asks to be clicked teaches people to click.

mod deeds;
mod ticket;

pub use ticket::ticket;

use super::{
    dates::{date, spoken},
    noun, one_line, plain, unlinked,
};
use crate::model::{CredentialKind, LastUsedSource, Timestamp};

/// A message in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// Paragraphs, with an empty line between two of them.
    pub text: String,
}

/// For whom a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee<'a> {
    /// The account whose credential it is, or whoever answers for that account.
    Owner,
    /// The security team; it is told whose credential it is, as far as that is known.
    Security {
        /// The owner's name.
        owner: Option<&'a str>,
    },
}

/// Whether something can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// It cannot.
    Never,
    /// An org admin can.
    ByAdmin,
}

/// What happens to the owner's other credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Nothing.
    NotTouched,
    /// So many are hit as well.
    Hit(u64),
}

/// Something that is done to a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed<'a> {
    /// As a noun at the beginning of a sentence: `Revoking`.
    pub noun: &'a str,
    /// As a participle: `revoked`.
    pub participle: &'a str,
    /// Whether it can be undone.
    pub undo: Undo,
    /// What people then have to do, as a sentence.
    pub then: &'a str,
}

/// What is going to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coming<'a> {
    /// What.
    pub deed: Deed<'a>,
    /// Not before this.
    pub at: Timestamp,
}

/// What a text about one credential is made of.
#[derive(Debug, Clone, Copy)]
pub struct NoticeFacts<'a> {
    /// For whom it is.
    pub to: Addressee<'a>,
    /// The credential's label, as its maker wrote it.
    pub label: &'a str,
    /// Its kind.
    pub kind: CredentialKind,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last used, as far as known.
    pub last_used_at: Option<Timestamp>,
    /// From where that date came.
    pub last_used_source: LastUsedSource,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// Why somebody looks at it, as a sentence.
    pub why: &'a str,
    /// What is going to happen; `None` where nothing is.
    pub next: Option<Coming<'a>>,
    /// What happens to the owner's other credentials.
    pub others: Others,
    /// The named admin who answers questions.
    pub questions: Option<&'a str>,
    /// Today.
    pub now: Timestamp,
}

/// Something is planned, or is worth knowing.
pub fn notice(facts: &NoticeFacts<'_>) -> Text {
    let subject = match (facts.next, facts.expires_at) {
        (Some(next), _) => {
            format!("{} is to be {} on {} at the earliest", facts.subject(), next.deed.participle, facts.date(next.at))
        }
        (None, Some(at)) if at > facts.now => format!("{} expires {}", facts.subject(), facts.date(at)),
        (None, _) => format!("{}: please have a look", facts.subject()),
    };
    facts.text(subject, &[&facts.introduction(), &facts.coming(), &facts.effects()])
}

/// It is still planned: the so-manieth time that this is said.
pub fn reminder(facts: &NoticeFacts<'_>, number: usize) -> Text {
    let first = notice(facts);
    Text {
        subject: format!("Reminder: {}", first.subject),
        text: format!("This is reminder {number}.\n\n{}", first.text),
    }
}

/// A person has to agree before anything is done; without that it lapses.
pub fn approval_wanted(facts: &NoticeFacts<'_>, lapses_at: Timestamp) -> Text {
    let lapses = facts.date(lapses_at);
    let wanted = format!(
        "It is done only if an approver agrees. Without that the plan lapses on {lapses} and nothing is done. Look at \
         the action in Tokenwarden, and decide on the plan that it shows there."
    );
    let subject = format!("An approval is wanted for {}", facts.object());
    facts.text(subject, &[&facts.introduction(), &facts.coming(), &facts.effects(), &wanted])
}

/// A person has to do what no API does; `step` says what, in the imperative.
pub fn step_wanted(facts: &NoticeFacts<'_>, step: &str) -> Text {
    let step = unlinked(&one_line(step));
    let wanted = format!("No API of Atlassian's does the next step, so a person has to: {step}");
    let after = "Whether it was done shows in the next report; nothing is taken as done before.";
    facts.text(format!("A person is wanted for {}", facts.object()), &[&facts.introduction(), &wanted, after])
}

/// It was done, and seen to be done.
pub fn done(facts: &NoticeFacts<'_>, deed: Deed<'_>) -> Text {
    let happened = format!("It was {} {}.", deed.participle, spoken(facts.now, facts.now));
    let subject = format!("{} was {}", facts.subject(), deed.participle);
    let effects = facts.effects_of(deed);
    facts.text(subject, &[&facts.introduction(), &happened, &effects])
}

/// What was planned has ended without effect.
pub fn ended(facts: &NoticeFacts<'_>, reason: &str) -> Text {
    let reason = sentence(reason);
    let ended = format!("What was planned for it has ended, and nothing was done: {reason}");
    facts.text(format!("{}: nothing was done", facts.subject()), &[&facts.introduction(), &ended])
}

/// A text with the address of its action's page as its last paragraph. The address opens nothing by itself: the page asks
/// whoever comes to sign in, where the deployment wants that, and only shows.
pub fn with_page(text: &str, page: &str) -> String {
    format!("{text}\n\nThe action in Tokenwarden: {page}")
}

/// The budget is spent: so many actions wait, the first of them until `next_at` at the earliest.
pub fn budget_spent(waiting: u64, next_at: Option<Timestamp>, now: Timestamp) -> Text {
    let waiting = super::counted(waiting, "action");
    let next = next_at.map_or_else(
        || "That stays so until the limit is raised.".to_owned(),
        |at| format!("The next one can be done on {} at {} UTC.", date(at, now), at.format("%H:%M")),
    );
    Text {
        subject: format!("The limit on actions is reached: {waiting} waiting"),
        text: format!(
            "The policy's limit on actions is reached, so nothing more is done for now. Waiting: {waiting}. {next}\n\n\
             Nothing is dropped: what waits is looked at again when there is room, and is not done if its credential \
             was used in the meantime."
        ),
    }
}

impl NoticeFacts<'_> {
    fn text(&self, subject: String, paragraphs: &[&str]) -> Text {
        let closing = self.closing();
        let paragraphs = paragraphs.iter().copied().chain([closing.as_str()]).filter(|text| !text.is_empty());
        Text { subject, text: paragraphs.collect::<Vec<_>>().join("\n\n") }
    }

    fn date(&self, at: Timestamp) -> String {
        date(at, self.now)
    }

    /// The credential, as a line begins with it.
    fn subject(&self) -> String {
        match self.to {
            Addressee::Owner => format!("Your {}", self.named()),
            Addressee::Security { owner: None } => format!("The {}", self.named()),
            Addressee::Security { owner: Some(owner) } => {
                format!("The {} of {}", self.named(), unlinked(&plain(owner)))
            }
        }
    }

    /// The credential, as it stands within a line.
    fn object(&self) -> String {
        let subject = self.subject();
        subject
            .strip_prefix("Your")
            .map(|rest| format!("your{rest}"))
            .unwrap_or_else(|| subject.replacen("The", "the", 1))
    }

    fn named(&self) -> String {
        let label = unlinked(&plain(self.label));
        match label.is_empty() {
            true => format!("{} without a label", noun(self.kind)),
            false => format!("{} '{label}'", noun(self.kind)),
        }
    }

    /// Which credential, since when, and why it is looked at.
    fn introduction(&self) -> String {
        let made = self.created_at.map(|at| format!("made {}", spoken(at, self.now)));
        let about: Vec<String> = made.into_iter().chain([self.last_used()]).collect();
        let expires = match self.expires_at {
            Some(at) if at <= self.now => format!(" expired {}.", spoken(at, self.now)),
            Some(at) => format!(" expires {}.", spoken(at, self.now)),
            None => ": when it expires is not known.".to_owned(),
        };
        let why = sentence(self.why);
        let space = if why.is_empty() { "" } else { " " };
        format!("{} ({}){expires}{space}{why}", self.subject(), about.join(", "))
    }

    fn last_used(&self) -> String {
        match (self.last_used_at, self.last_used_source) {
            (Some(at), LastUsedSource::Inventory) => format!("last used {}", spoken(at, self.now)),
            (Some(at), LastUsedSource::Event) => format!("last seen in use {}", spoken(at, self.now)),
            (Some(_), LastUsedSource::None) | (None, _) => "last use not known".to_owned(),
        }
    }

    fn coming(&self) -> String {
        let Some(Coming { deed, at }) = self.next else { return "Nothing happens today.".to_owned() };
        let what = deed.participle;
        if at.date_naive() <= self.now.date_naive() {
            return format!("It is to be {what} from today on. If a job needs it, say so now.");
        }
        format!(
            "Nothing happens today. It is to be {what} on {} at the earliest. If a job needs it, say so before then.",
            self.date(at)
        )
    }

    fn effects(&self) -> String {
        self.next.map(|next| self.effects_of(next.deed)).unwrap_or_default()
    }

    fn effects_of(&self, deed: Deed<'_>) -> String {
        let undo = match deed.undo {
            Undo::Never => format!("{} cannot be undone.", deed.noun),
            Undo::ByAdmin => format!("{} can be undone by an org admin.", deed.noun),
        };
        let last = self.last_used_at.map_or_else(|| "not known".to_owned(), |at| spoken(at, self.now));
        let others = match self.others {
            Others::NotTouched => "not touched".to_owned(),
            Others::Hit(count) => format!("{count} are hit as well"),
        };
        let then = sentence(deed.then);
        let space = if then.is_empty() { "" } else { " " };
        format!("{undo}{space}{then} Last use: {last}. Other tokens of this owner: {others}.")
    }

    fn closing(&self) -> String {
        let questions = self.questions.map(|who| format!("; questions: {}", plain(who))).unwrap_or_default();
        match self.to {
            Addressee::Owner => {
                format!("We never ask for the token. Check it yourself in your Atlassian account{questions}.")
            }
            Addressee::Security { .. } => String::new(),
        }
    }
}

/// A sentence of somebody else's: on one line, masked, without links, with a full stop.
fn sentence(text: &str) -> String {
    let text = unlinked(&one_line(text));
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests;
