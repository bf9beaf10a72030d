//! The recorded samples, where they lie beside the repository.

use shared::{
    decide::parse::{Parsed, parse},
    model::{ActionCatalogue, Intake, TokenRole, Topic},
};
use std::path::PathBuf;

/// The folder of the shared documents: `TOKENWARDEN_SHARED`, else `../shared` beside the repository.
fn samples() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where the samples lie is a setting of the tests")]
    let shared = std::env::var("TOKENWARDEN_SHARED").ok().map(PathBuf::from);
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    let folder = shared.unwrap_or_else(beside).join("samples");
    folder.is_dir().then_some(folder)
}

fn read(folder: &str, intake: Intake) -> Vec<(String, Parsed)> {
    let Some(samples) = samples() else {
        eprintln!("SKIPPED: no samples beside the repository and TOKENWARDEN_SHARED is not set");
        return Vec::new();
    };
    let files = samples.join(folder).read_dir().unwrap().map(|file| file.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files
        .map(|path| (name(&path), parse(&std::fs::read(&path).unwrap(), intake, &ActionCatalogue::default())))
        .collect()
}

#[test]
fn every_recorded_org_event_is_understood_and_placeholders_are_not() {
    for (name, parsed) in read("org_audit", Intake::AuditWebhook) {
        if name.contains("placeholder") {
            assert_eq!((parsed.events.len(), parsed.refused.len()), (0, 1), "{name}");
            continue;
        }
        assert_eq!((parsed.events.len(), &parsed.refused[..]), (1, &[][..]), "{name}");
        let event = &parsed.events[0];
        let topic = match name.as_str() {
            name if name.contains("api-token-created") => Topic::Credential,
            name if name.contains("policy-update") => Topic::Policy,
            _ => Topic::Other,
        };
        assert_eq!(event.topic, topic, "{name}");
        if topic == Topic::Credential {
            assert_eq!(event.token.as_ref().unwrap().role, TokenRole::Subject);
        }
    }
}

#[test]
fn a_schema_is_no_alert() {
    for (name, parsed) in read("guard_detect", Intake::GuardDetectWebhook) {
        assert_eq!((parsed.events.len(), parsed.refused.len()), (0, 1), "{name}");
    }
}
