use super::{by_hand::What, *};
use crate::model::{Agreement, Knowledge, ListSays, LogSays};

fn at(day: u32) -> crate::model::Timestamp {
    format!("2026-11-{day:02}T12:00:00Z").parse().unwrap()
}

fn campaign(kind: CampaignKind) -> Campaign {
    Campaign {
        id: CampaignId::new("c1"),
        kind,
        account: None,
        credential: None,
        expires_at: None,
        started_by: "bo".into(),
        started_at: at(1),
        reason: "r".into(),
        clicked: None,
        ended: None,
    }
}

fn standing<'a>(campaign: &'a Campaign, counts: &'a Counts) -> Standing<'a> {
    Standing { campaign, counts, settled: None, free_seats: 4, credential: None }
}

fn said(settled: &Settled, kind: CampaignKind) -> Vec<String> {
    let (campaign, counts) = (campaign(kind), Counts::new());
    next(&Standing { settled: Some(settled), ..standing(&campaign, &counts) })
}

#[test]
fn every_sentence_reads_as_it_was_agreed() {
    let counts = Counts::from(Stand::ALL.map(|stand| (stand, stand as u64 + 1)));
    let mut lines = Vec::new();
    for kind in CampaignKind::ALL {
        lines.push(format!("# {}", kind.as_str()));
        lines.push(counted(kind, &counts));
        lines.extend(next(&standing(&campaign(kind), &counts)));
    }
    lines.push("# after the click".into());
    let seen = |reported, verified, used: Option<&str>| {
        let used = used.map(str::to_owned);
        let lists = Settled { verified, reported, blocked: 31, allowed: u64::from(!verified), ..Settled::default() };
        came_of(&Settled { used, ..lists })
    };
    lines.extend([seen(false, false, None), seen(true, true, None), seen(true, false, Some("payroll\n"))]);
    lines.push(seen(true, false, None));
    lines.push("# at the end".into());
    let done = Counts::from([(Stand::Done, 3)]);
    lines.extend(next(&standing(&campaign(CampaignKind::Leave), &done)));
    let ended = Some(Agreement { by: "ann".into(), at: at(20), reason: "done".into() });
    lines.extend(next(&standing(&Campaign { ended, ..campaign(CampaignKind::Leave) }, &counts)));
    lines.push("# by hand".into());
    lines.push(own_key());
    lines.extend([CredentialKind::ServiceAccountToken, CredentialKind::OauthClient].map(by_hand));
    lines.extend([CredentialKind::ObservedToken, CredentialKind::Registered].map(by_hand));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_came_of_a_click_for_external_users_reads_as_it_was_agreed() {
    let seen = |reported, log| {
        let used_by = if log == LogSays::Used { vec!["Carol".to_owned(), "712020:d".into()] } else { vec![] };
        said(&Settled { reported, log, used_by, ..Settled::default() }, CampaignKind::CloseExternal).join("\n")
    };
    let logs = [LogSays::Used, LogSays::NoUse, LogSays::NotReadYet, LogSays::CannotShow];
    let mut lines = vec![seen(false, LogSays::NotReadYet)];
    lines.extend(logs.map(|log| seen(true, log)));
    lines.extend([Knowledge::Refuted, Knowledge::Unknown].into_iter().filter_map(external::unseen));
    lines.extend([external::not_shown(), external::quiet(), external::silent_since(), external::used_since()]);
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_a_person_does_to_end_one_credential_reads_as_it_was_agreed() {
    let (campaign, counts) = (campaign(CampaignKind::ByHand), Counts::from([(Stand::ByHand, 1)]));
    let mut lines = Vec::new();
    let jira = What::Registered(Some("the billing system".into()));
    for what in [What::ScimKey, jira, What::Registered(None), What::OauthClient, What::ObservedToken] {
        lines.push(format!("# {what:?}"));
        let one = ToEnd { what, label: "okta".into() };
        lines.extend(next(&Standing { credential: Some(&one), ..standing(&campaign, &counts) }));
    }
    lines.push("# after the click".into());
    let seen =
        |list, log| said(&Settled { reported: true, list, log, ..Settled::default() }, CampaignKind::ByHand).join("\n");
    let lists = [ListSays::Gone, ListSays::Renewed, ListSays::NotRead, ListSays::Stands];
    lines.extend(lists.map(|list| seen(list, LogSays::CannotShow)));
    let logs = [LogSays::Used, LogSays::NoUse, LogSays::NotReadYet, LogSays::CannotShow];
    lines.extend(logs.map(|log| seen(ListSays::HasNone, log)));
    lines.extend([CredentialKind::UserApiToken, CredentialKind::ServiceAccountToken].map(by_hand::has_an_action));
    insta::assert_snapshot!(lines.join("\n"));
}
