//! Where messages go on one machine: mails as files that any mail program opens, events as lines of a file. Chats and
//! webhooks are reached over HTTP, as on AWS.

use shared::ports::{Delivery, Event, EventBus, Mail, Mailer, Refusal};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::{fs, io::AsyncWriteExt};

/// Puts each mail in a file of its own below `mail`: `ID.eml`, so that a repetition replaces it.
#[derive(Debug, Clone)]
pub(super) struct MailFolder(PathBuf);

impl MailFolder {
    /// The folder of this data directory.
    pub(super) fn of(data_dir: &Path) -> Self {
        Self(data_dir.join("mail"))
    }
}

impl Mailer for MailFolder {
    async fn mail(&self, mail: &Mail) -> Delivery {
        let file = self.0.join(format!("{}.eml", mail.id));
        keep(&self.0, &file, &eml(mail)).await.map_err(|error| refusal(&file, &error))?;
        tracing::info!(mail = %mail.id, file = %file.display(), "a mail was put in a file");
        Ok(())
    }
}

async fn keep(folder: &Path, file: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder).await?;
    fs::write(file, text).await
}

/// A mail as a file (RFC 5322, with UTF-8 in its headers by RFC 6532).
fn eml(mail: &Mail) -> String {
    let line = |text: &str| text.replace(char::is_control, " ");
    let headers = [
        ("From", line(mail.from.expose())),
        ("To", line(mail.to.expose())),
        ("Subject", line(&mail.subject)),
        ("Date", mail.at.to_rfc2822()),
        ("Message-ID", format!("<{}@tokenwarden.invalid>", mail.id)),
        ("X-Tokenwarden-Message", mail.id.to_string()),
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("MIME-Version", "1.0".to_owned()),
        ("Content-Type", "text/plain; charset=utf-8".to_owned()),
        ("Content-Transfer-Encoding", "8bit".to_owned()),
    ];
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{headers}\r\n{}", mail.text.replace('\n', "\r\n"))
}

/// Puts each event in a line of `events.jsonl`.
#[derive(Debug, Clone)]
pub(super) struct EventFile(PathBuf);

impl EventFile {
    /// The file of this data directory.
    pub(super) fn of(data_dir: &Path) -> Self {
        Self(data_dir.join("events.jsonl"))
    }
}

impl EventBus for EventFile {
    async fn put(&self, Event { source, detail_type, at, detail }: Event) -> Delivery {
        let line = serde_json::json!({ "source": source, "detail-type": detail_type, "time": at, "detail": detail });
        append(&self.0, &format!("{line}\n")).await.map_err(|error| refusal(&self.0, &error))
    }
}

async fn append(file: &Path, line: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(file).await?;
    file.write_all(line.as_bytes()).await?;
    file.flush().await
}

fn refusal(file: &Path, error: &io::Error) -> Refusal {
    Refusal::new(format!("{} could not be written: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::MailAddress;

    #[tokio::test]
    async fn a_mail_is_a_file_and_its_repetition_the_same_one() {
        let folder = tempfile::tempdir().unwrap();
        let mail = Mail {
            id: "m-1".into(),
            from: MailAddress::new("tokens@example.com"),
            to: MailAddress::new("alice@example.com"),
            subject: "Your token 'größe'\r\nBcc: x@example.com".into(),
            text: "First.\n\nSecond.".into(),
            at: "2026-11-21T12:00:00Z".parse().unwrap(),
        };
        for _ in 0..2 {
            assert_eq!(MailFolder::of(folder.path()).mail(&mail).await, Ok(()));
        }
        let files: Vec<_> = std::fs::read_dir(folder.path().join("mail")).unwrap().collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(folder.path().join("mail/m-1.eml")).unwrap();
        assert!(text.contains("Subject: Your token 'größe'  Bcc: x@example.com\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\nFirst.\r\n\r\nSecond."), "{text}");
    }
}
