//! Chats by incoming webhooks.

use crate::model::{ChatKind, Message};
use serde_json::{Value, json};

/// What is posted.
pub(super) fn body(kind: ChatKind, message: &Message) -> Value {
    match kind {
        ChatKind::Slack => slack(message),
        ChatKind::Teams => teams(message),
    }
}

/// Slack: `text` in mrkdwn (Slack: Sending messages using incoming webhooks). Without the three escapes `<!channel>` would
/// call everybody and `<address|text>` would be a link (Slack: Formatting text, Escaping text).
fn slack(message: &Message) -> Value {
    json!({ "text": format!("*{}*\n{}", escaped(&message.subject), escaped(&message.text)), "unfurl_links": false })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Teams: a message with one Adaptive Card for the workflow trigger "When a Teams webhook request is received" (Microsoft
/// Teams: Create incoming webhooks with Workflows; the connectors with message cards are retired).
///
/// Text stands in `RichTextBlock`s, since their `TextRun`s know no Markdown (Adaptive Cards schema 1.2).
fn teams(message: &Message) -> Value {
    let title = json!({ "type": "TextRun", "text": message.subject, "weight": "Bolder" });
    let paragraphs = message.text.split("\n\n").map(|text| json!({ "type": "TextRun", "text": text }));
    let blocks: Vec<Value> =
        [title].into_iter().chain(paragraphs).map(|run| json!({ "type": "RichTextBlock", "inlines": [run] })).collect();
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": blocks,
    });
    let content_type = "application/vnd.microsoft.card.adaptive";
    json!({
        "type": "message",
        "attachments": [{ "contentType": content_type, "contentUrl": null, "content": card }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::tests::message;

    #[test]
    fn slack_gets_text_in_which_nothing_is_a_command() {
        let posted = body(ChatKind::Slack, &message());
        let text =
            "*An approval is wanted: 'a &lt;b&gt; &amp; c'*\nIt is &lt;!channel&gt; &amp; more.\n\nSecond *paragraph*.";
        assert_eq!(posted["text"], text);
    }

    #[test]
    fn teams_gets_one_adaptive_card_with_a_block_for_each_paragraph() {
        let posted = body(ChatKind::Teams, &message());
        assert_eq!(posted["type"], "message");
        let card = &posted["attachments"][0]["content"];
        assert_eq!((&card["type"], card["body"].as_array().unwrap().len()), (&json!("AdaptiveCard"), 3));
        assert_eq!(card["body"][2]["inlines"][0]["text"], "Second *paragraph*.");
    }
}
