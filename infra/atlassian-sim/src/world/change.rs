//! Everything that can change, as data: written to the journal, applied the same way at once and at a restart.

use serde::{Deserialize, Serialize};

use super::Entry;
use super::credentials::Made;
use super::issues::Issue;
use super::org::{Org, Person};
use super::tasks::{Policy, Task, Tokens};
use crate::events::{Action, Deed, Event, Subject};
use crate::population::tokens::{Kind, TokenRef};
use crate::population::users::{Relation, Status};
use crate::time::DAY;

/// One change of the world.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Change {
    /// The clock moves.
    Advance { millis: i64 },
    /// A token is used.
    Use { token: TokenRef, time: i64, action: String, from: Option<(String, String)> },
    /// A credential ends.
    Revoke { token: TokenRef },
    /// Every managed user's token ends.
    RevokeAllUserTokens,
    /// Every token of a service account ends.
    RevokeServiceTokens { user: u32 },
    /// A credential is made; silently, where the log misses it.
    Make {
        token: Made,
        #[serde(default)]
        silent: bool,
    },
    /// An account changes its state.
    Status { user: u32, status: Status },
    /// A user becomes, or ceases to be, an org admin.
    Admin { user: u32, admin: bool },
    /// An account becomes managed, or ceases to be. No event is known to tell that, so none is logged.
    Relate { user: u32, relation: Relation },
    /// A user's access to a directory is suspended or restored.
    Access { user: u32, directory: usize, suspended: bool },
    /// People are to be moved into a policy.
    StartTask { id: String, policy: Policy, emails: Vec<String> },
    /// An admin changes in the console what a policy does with tokens.
    Click { policy: Policy, tokens: Tokens },
    /// An admin changes in the console what the External user policy does with tokens.
    ClickExternal { tokens: Tokens },
    /// An admin adds an external user to the Test policy, which allows tokens.
    SeatExternal { user: u32 },
    /// A task goes on.
    AdvanceTask { id: String },
    /// An issue is opened in Jira; of no org's audit log is it known that it tells of that.
    OpenIssue { issue: Issue },
}

impl Org {
    /// Applies a change, and logs the audit event that follows from it.
    pub(crate) fn apply(&mut self, entry: &Entry) {
        match &entry.change {
            Change::Advance { .. } | Change::OpenIssue { .. } => {}
            Change::Use { token, time, action, from } => self.used(entry, *token, *time, action, from.clone()),
            Change::Revoke { token } => self.revoke(entry, *token),
            Change::RevokeAllUserTokens => self.revoke_all(entry),
            Change::RevokeServiceTokens { user } => {
                for token in self.service_tokens(*user) {
                    self.revoke(entry, token);
                }
            }
            Change::Make { token, silent } => {
                let at = self.add(token.clone());
                if !silent {
                    self.log_made(entry, at, token.owner);
                }
            }
            Change::Status { user, status } => self.set_status(entry, *user, *status),
            Change::Admin { user, admin } if self.user(*user).admin == *admin => {}
            Change::Admin { user, admin } => {
                self.person(*user).admin = Some(*admin);
                let action = if *admin { Action::AddedOrgAdmin } else { Action::UserRevokedRole };
                self.log(entry, action, entry.by, Subject::User(*user));
            }
            Change::Relate { user, relation } => self.person(*user).relation = Some((*relation, entry.at)),
            Change::Access { user, directory, suspended } => self.set_access(entry, *user, *directory, *suspended),
            Change::StartTask { id, policy, emails } => {
                self.tasks.insert(id.clone(), Task::new(*policy, emails.clone()));
            }
            Change::AdvanceTask { id } => self.advance_task(entry, id),
            Change::Click { policy, tokens } => {
                self.clicked.insert(*policy, *tokens);
                let subject = Subject::Policy(policy.id(self.people.org).into());
                self.log(entry, Action::OrgSettingsUpdate, entry.by, subject);
            }
            Change::ClickExternal { tokens } => {
                self.external_tokens = *tokens;
                self.log_external(entry);
            }
            Change::SeatExternal { user } => {
                self.external_seats.insert(*user);
                self.log_external(entry);
            }
        }
    }

    /// That the policies of external users leave an event like the others is unconfirmed.
    fn log_external(&mut self, entry: &Entry) {
        self.log(entry, Action::OrgSettingsUpdate, entry.by, Subject::Policy("external-user-policy".into()));
    }

    fn log(&mut self, entry: &Entry, action: Action, actor: Option<u32>, subject: Subject) {
        let deed = Deed::Known(action);
        self.append(Event { time_ms: entry.at, processed_ms: entry.at, deed, actor, subject, from: None });
    }

    fn used(&mut self, entry: &Entry, token: TokenRef, time_ms: i64, action: &str, from: Option<(String, String)>) {
        let latest = self.used.entry(token).or_insert(time_ms);
        *latest = time_ms.max(*latest);
        let deed = Action::of(action).map_or_else(|| Deed::Named(action.into()), Deed::Known);
        let actor = self.token_owner(token);
        let subject = Subject::Use(token);
        self.append(Event { time_ms, processed_ms: entry.at, deed, actor, subject, from: from.map(Box::new) });
    }

    /// The event does not say which credential was made (a known gap of Atlassian's log), but for the dialect that does.
    fn log_made(&mut self, entry: &Entry, at: TokenRef, owner: u32) {
        let action = match at.kind {
            Kind::OrgApiKey => Action::AdminApiKeyCreated,
            Kind::UserApiToken | Kind::ServiceAccountToken | Kind::OauthClient | Kind::ExternalToken => {
                Action::ApiTokenCreated
            }
        };
        self.log(entry, action, entry.by.or(Some(owner)), Subject::Credential(at));
    }

    fn revoke(&mut self, entry: &Entry, token: TokenRef) {
        if self.revoked_ms(token).is_some() {
            return;
        }
        self.revoked.insert(token, entry.at);
        let action = match token.kind {
            Kind::OrgApiKey => Action::AdminApiKeyRevoked,
            Kind::OauthClient => Action::OauthClientDeleted,
            Kind::UserApiToken | Kind::ServiceAccountToken | Kind::ExternalToken => Action::ApiTokenRevoked,
        };
        self.log(entry, action, entry.by, Subject::Credential(token));
    }

    /// The org-wide revocation: one event stands for all of it.
    fn revoke_all(&mut self, entry: &Entry) {
        self.all_revoked = Some((entry.at, self.last_index(Kind::UserApiToken)));
        let all = TokenRef { kind: Kind::UserApiToken, index: 0 };
        for index in self.adopted() {
            self.revoked.entry(TokenRef { kind: Kind::ExternalToken, index }).or_insert(entry.at);
        }
        self.log(entry, Action::ApiTokenRevoked, entry.by, Subject::Credential(all));
    }

    fn set_status(&mut self, entry: &Entry, user: u32, status: Status) {
        let before = self.user(user).status;
        self.person(user).status = Some(status);
        if before == status {
            return;
        }
        let action = match status {
            Status::Active => Action::UserReactivated,
            Status::Inactive | Status::Closed => Action::UserDeactivated,
        };
        self.log(entry, action, entry.by, Subject::User(user));
    }

    fn set_access(&mut self, entry: &Entry, user: u32, directory: usize, suspended: bool) {
        let person = self.person(user);
        if suspended {
            person.suspended.insert(directory);
        } else {
            person.suspended.remove(&directory);
        }
        let action = if suspended { Action::UserSuspended } else { Action::UserRestored };
        self.log(entry, action, entry.by, Subject::User(user));
    }

    /// Handles the next few emails: those that are no managed, open account of the org fail.
    fn advance_task(&mut self, entry: &Entry, id: &str) {
        let Some(mut task) = self.tasks.remove(id) else { return };
        let mut moved = false;
        for email in task.next() {
            let user = self.user_by_email(&email).map(|index| self.user(index));
            match user.filter(|user| user.relation == Relation::Managed && user.status != Status::Closed) {
                Some(user) => {
                    self.person(user.index).policy = Some(task.policy);
                    task.succeeded += 1;
                    moved = true;
                }
                None => task.failed.push(email),
            }
        }
        if moved {
            self.log(
                entry,
                Action::OrgSettingsUpdate,
                entry.by,
                Subject::Policy(task.policy.id(self.people.org).into()),
            );
        }
        self.tasks.insert(id.to_owned(), task);
    }

    fn person(&mut self, user: u32) -> &mut Person {
        self.persons.entry(user).or_default()
    }

    /// A call was made with an org API key: its last use is shown by the day.
    pub(crate) fn key_called(&mut self, key: u32, at_ms: i64) {
        let day_ms = at_ms - at_ms.rem_euclid(DAY);
        let latest = self.used.entry(TokenRef { kind: Kind::OrgApiKey, index: key }).or_insert(day_ms);
        *latest = day_ms.max(*latest);
    }
}
