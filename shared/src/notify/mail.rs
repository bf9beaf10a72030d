//! Mail by Amazon SES (API v2, `SendEmail`).

use crate::ports::{Delivery, Mail, Mailer, Refusal};
use aws_sdk_sesv2::{
    Client, Config,
    config::retry::RetryConfig,
    error::{ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader},
};

/// Sends mails by Amazon SES.
#[derive(Debug, Clone)]
pub struct SesMailer(Client);

impl SesMailer {
    /// A mailer by the process's AWS settings. The SDK repeats nothing: after a lost answer it would send the mail again.
    pub fn connect(sdk: &aws_config::SdkConfig) -> Self {
        let once = Config::from(sdk).to_builder().retry_config(RetryConfig::disabled());
        Self::new(Client::from_conf(once.build()))
    }

    /// A mailer over a client.
    pub fn new(client: Client) -> Self {
        Self(client)
    }
}

impl Mailer for SesMailer {
    async fn mail(&self, mail: &Mail) -> Delivery {
        let content = EmailContent::builder().simple(message(mail)?).build();
        let to = Destination::builder().to_addresses(mail.to.expose()).build();
        let request = self.0.send_email().from_email_address(mail.from.expose()).destination(to).content(content);
        request.send().await.map(drop).map_err(|error| refusal(&error))
    }
}

/// SES puts a `Message-ID` of its own in place of ours (Amazon SES: header fields), so the id goes in a header of its own.
fn message(mail: &Mail) -> Result<Message, Refusal> {
    let text = |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(|_| unbuilt());
    let header =
        |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build().map_err(|_| unbuilt());
    Ok(Message::builder()
        .subject(text(&mail.subject)?)
        .body(Body::builder().text(text(&mail.text)?).build())
        .headers(header("X-Tokenwarden-Message", mail.id.as_str())?)
        .headers(header("Auto-Submitted", "auto-generated")?)
        .build())
}

fn unbuilt() -> Refusal {
    Refusal::new("SES: the mail could not be built")
}

/// The service's code alone: its text names addresses.
fn refusal(error: &SdkError<SendEmailError>) -> Refusal {
    Refusal::new(format!("SES: {}", error.code().unwrap_or("no answer in time")))
}
