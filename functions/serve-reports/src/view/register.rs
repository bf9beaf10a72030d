//! What people entered about a credential, as JSON and as CSV, and read from both.

use super::{harmed, harmless, table::table};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    error::{Error, Result},
    model::{CredentialKind, CredentialRef, RegisterEntry, Registered, RegisteredExpiry, Timestamp},
};

/// A text of the register has at most so many characters.
const TEXT_CHARS: usize = 500;

/// An entry.
pub(crate) fn register(entry: &RegisterEntry, now: Timestamp) -> Value {
    let mut view = json!({
        "kind": entry.credential.kind,
        "id": entry.credential.id,
        "purpose": entry.purpose,
        "system": entry.system,
        "responsible": entry.responsible,
        "backup": entry.backup,
        "review_by": entry.review_by,
        "review": entry.review(now),
        "updated_by": entry.updated_by,
        "updated_at": entry.updated_at,
    });
    if let Some(Registered { label, owner, expires }) = &entry.registered {
        view["label"] = json!(label);
        view["owner"] = json!(owner);
        view["expires_at"] = json!(expiry_text(*expires));
    }
    view
}

fn expiry_text(expires: RegisteredExpiry) -> Option<String> {
    match expires {
        RegisteredExpiry::At(at) => Some(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        RegisteredExpiry::Never => Some("never".to_owned()),
        RegisteredExpiry::NotSaid => None,
    }
}

/// When a registered credential expires, as the form shows it.
pub(crate) fn expiry(expires: RegisteredExpiry) -> String {
    expiry_text(expires).unwrap_or_default()
}

/// What a person gives. A registered credential needs a label; the others have theirs from their list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Given {
    purpose: Option<String>,
    system: Option<String>,
    responsible: Option<String>,
    backup: Option<String>,
    review_by: Option<String>,
    label: Option<String>,
    owner: Option<String>,
    expires_at: Option<String>,
}

impl Given {
    /// What whoever answers for a credential says of it in a form.
    pub(crate) fn told(field: impl Fn(&str) -> String) -> Self {
        Self {
            purpose: Some(field("purpose")),
            system: Some(field("system")),
            responsible: Some(field("responsible")),
            backup: Some(field("backup")),
            review_by: Some(field("review_by")),
            ..Self::default()
        }
    }

    /// The entry that it makes.
    pub(crate) fn entry(self, credential: CredentialRef, by: &str, at: Timestamp) -> Result<RegisterEntry> {
        let registered = self.registered(credential.kind)?;
        Ok(RegisterEntry {
            purpose: text("purpose", self.purpose)?,
            system: text("system", self.system)?,
            responsible: text("responsible", self.responsible)?,
            backup: text("backup", self.backup)?,
            review_by: text("review_by", self.review_by)?.map(|day| date("review_by", &day)).transpose()?,
            registered,
            credential,
            updated_by: by.to_owned(),
            updated_at: at,
        })
    }

    fn registered(&self, kind: CredentialKind) -> Result<Option<Registered>> {
        let label = text("label", self.label.clone())?;
        let owner = text("owner", self.owner.clone())?.map(|id| id.as_str().into());
        let expires_at = text("expires_at", self.expires_at.clone())?;
        if kind != CredentialKind::Registered {
            let reason = "only a credential of the kind `registered` has one here; the others have it from their list";
            let given = [("label", label.is_some()), ("owner", owner.is_some()), ("expires_at", expires_at.is_some())];
            return given
                .iter()
                .find(|(_, given)| *given)
                .map_or(Ok(None), |(name, _)| Err(Error::invalid(*name, reason)));
        }
        let label = label.ok_or_else(|| Error::invalid("label", "name what is registered, such as `Okta SCIM key`"))?;
        let expires = match expires_at.as_deref() {
            None => RegisteredExpiry::NotSaid,
            Some("never") => RegisteredExpiry::Never,
            Some(at) => RegisteredExpiry::At(moment("expires_at", at)?),
        };
        Ok(Some(Registered { label, owner, expires }))
    }
}

fn text(name: &str, given: Option<String>) -> Result<Option<String>> {
    let given = given.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match given {
        Some(text) if text.chars().count() > TEXT_CHARS => {
            Err(Error::invalid(name, format!("use at most {TEXT_CHARS} characters")))
        }
        given => Ok(given),
    }
}

fn date(name: &str, text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|_| Error::invalid(name, "write a day like 2027-01-31"))
}

/// A moment, or a day, at whose end it is then (UTC): what expires on a day can be used on it.
fn moment(name: &str, text: &str) -> Result<Timestamp> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(
            (day + chrono::Days::new(1)).and_time(chrono::NaiveTime::MIN).and_utc() - chrono::TimeDelta::seconds(1)
        );
    }
    text.parse()
        .map_err(|_| Error::invalid(name, "write a day like 2027-01-31, a time like 2027-01-31T12:00:00Z, or never"))
}

/// The columns, for a file without entries; with entries they are the names of [`Line`].
const COLUMNS: [&str; 13] = [
    "kind",
    "id",
    "label",
    "purpose",
    "system",
    "responsible",
    "backup",
    "review_by",
    "owner",
    "expires_at",
    "review",
    "updated_by",
    "updated_at",
];

/// A line of the CSV, in the order of its columns.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Line {
    kind: String,
    id: String,
    label: String,
    purpose: String,
    system: String,
    responsible: String,
    backup: String,
    review_by: String,
    owner: String,
    expires_at: String,
    /// Told, never read: how the entry stands in its recertification.
    review: String,
    updated_by: String,
    updated_at: String,
}

impl Line {
    fn of(entry: &RegisterEntry, now: Timestamp) -> Self {
        let text = |text: &Option<String>| harmless(text.clone().unwrap_or_default());
        let registered = entry.registered.as_ref();
        Self {
            kind: entry.credential.kind.to_string(),
            id: harmless(entry.credential.id.to_string()),
            label: harmless(registered.map(|one| one.label.clone()).unwrap_or_default()),
            purpose: text(&entry.purpose),
            system: text(&entry.system),
            responsible: text(&entry.responsible),
            backup: text(&entry.backup),
            review_by: entry.review_by.map(|day| day.to_string()).unwrap_or_default(),
            owner: registered.and_then(|one| one.owner.as_ref()).map(|id| id.to_string()).unwrap_or_default(),
            expires_at: registered.and_then(|one| expiry_text(one.expires)).unwrap_or_default(),
            review: entry.review(now).as_str().to_owned(),
            updated_by: harmless(entry.updated_by.clone()),
            updated_at: entry.updated_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        }
    }

    fn entry(self, by: &str, at: Timestamp) -> Result<RegisterEntry> {
        let kind: CredentialKind = self.kind.trim().parse().map_err(|reason| Error::invalid("kind", reason))?;
        let id = harmed(self.id.trim());
        if id.is_empty() {
            return Err(Error::invalid("id", "is empty; it is the credential's id as the report shows it"));
        }
        let some = |text: String| Some(harmed(&text).to_owned());
        let given = Given {
            purpose: some(self.purpose),
            system: some(self.system),
            responsible: some(self.responsible),
            backup: some(self.backup),
            review_by: some(self.review_by),
            label: some(self.label),
            owner: some(self.owner),
            expires_at: some(self.expires_at),
        };
        given.entry(CredentialRef { kind, id: id.into() }, by, at)
    }
}

/// Entries as CSV (RFC 4180) with a line of names.
pub(crate) fn register_csv(entries: &[RegisterEntry], now: Timestamp) -> Result<String> {
    table(|writer| match entries {
        [] => writer.write_record(COLUMNS),
        entries => entries.iter().try_for_each(|entry| writer.serialize(Line::of(entry, now))),
    })
}

/// Entries from CSV, each with the number of its line. Columns are found by their names; `kind` and `id` are needed.
pub(crate) fn read_register_csv(bytes: &[u8], by: &str, at: Timestamp) -> Result<Vec<(u64, RegisterEntry)>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut entries = Vec::new();
    let mut reader = csv::Reader::from_reader(bytes);
    for (at_row, line) in reader.deserialize::<Line>().enumerate() {
        let number = line.as_ref().err().and_then(|error| error.position()).map_or(at_row as u64 + 2, |at| at.line());
        let wrong = |reason: String| Error::invalid(format!("line {number}"), reason);
        let line = line.map_err(|error| wrong(reason(&error)))?;
        entries.push((number, line.entry(by, at).map_err(|error| wrong(error.to_string()))?));
    }
    if entries.is_empty() {
        return Err(Error::invalid("the file", "it holds no rows; send CSV with the columns of `GET register.csv`"));
    }
    Ok(entries)
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} columns, the line of names has {expected_len}")
        }
        _ => "it is not CSV in UTF-8".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn read(text: &str) -> Result<Vec<(u64, RegisterEntry)>> {
        read_register_csv(text.as_bytes(), "ann", now())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = "kind,id,label,purpose,review_by,expires_at\n\
                    registered,scim,Okta SCIM key,\"=1+1, twice\",2027-01-31,never\n\
                    user_api_token,t1,,payroll,,\n";
        let entries: Vec<RegisterEntry> = read(text).unwrap().into_iter().map(|(_, entry)| entry).collect();
        assert_eq!(entries[0].registered.as_ref().unwrap().expires, RegisteredExpiry::Never);
        let csv = register_csv(&entries, now()).unwrap();
        assert!(csv.contains("'=1+1, twice"), "{csv}");
        let again: Vec<RegisterEntry> = read(&csv).unwrap().into_iter().map(|(_, entry)| entry).collect();
        assert_eq!(again, entries);
    }

    #[test]
    fn a_wrong_line_is_named_with_its_mend() {
        let refusal = |text: &str| read(text).unwrap_err().to_string();
        assert!(refusal("kind,id\nuser_token,t1\n").contains("line 2"), "{}", refusal("kind,id\nuser_token,t1\n"));
        assert!(refusal("kind,id,review_by\nuser_api_token,t1,31.1.2027\n").contains("2027-01-31"));
        assert!(refusal("kind,id,label\nuser_api_token,t1,mine\n").contains("only a credential of the kind"));
        assert!(refusal("kind,id,colour\nuser_api_token,t1,red\n").contains("colour"));
        assert!(refusal("kind,id\n").contains("no rows"));
    }

    #[test]
    fn a_day_of_expiry_is_its_end() {
        let at = moment("expires_at", "2027-01-31").unwrap();
        assert_eq!(at.to_rfc3339(), "2027-01-31T23:59:59+00:00");
    }
}
