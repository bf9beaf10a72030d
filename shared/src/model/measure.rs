//! What the functions measure of their own work.

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Events stored now.
    EventsStored,
    /// Bodies that were not understood.
    EventsQuarantined,
    /// Deliveries whose credential was wrong or missing.
    DeliveriesRefused,
    /// How far the reading of the audit log is behind, in the org where it is worst.
    PollLagSeconds,
    /// Since when a report is due that is not finished, in the org where it is worst; 0 where none is.
    ReportOverdueSeconds,
    /// Orgs whose latest report is partial.
    PartialReports,
    /// Findings that one of our own keys expires soon.
    OwnKeysExpiring,
    /// Orgs for which the function could not do its work.
    OrgsFailed,
    /// Messages that were given up.
    MessagesUndelivered,
    /// Pending things that could not be handled and stay pending.
    PendingFailed,
    /// Heads of ledgers that were due and not published: one was not signed, or its ledger was cut or replaced.
    HeadsUnpublished,
}

/// A metric and its value, in the metric's unit.
pub type Measure = (Metric, u64);

impl Metric {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::EventsStored,
        Self::EventsQuarantined,
        Self::DeliveriesRefused,
        Self::PollLagSeconds,
        Self::ReportOverdueSeconds,
        Self::PartialReports,
        Self::OwnKeysExpiring,
        Self::OrgsFailed,
        Self::MessagesUndelivered,
        Self::PendingFailed,
        Self::HeadsUnpublished,
    ];

    /// Its name in CloudWatch.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventsStored => "EventsStored",
            Self::EventsQuarantined => "EventsQuarantined",
            Self::DeliveriesRefused => "DeliveriesRefused",
            Self::PollLagSeconds => "PollLagSeconds",
            Self::ReportOverdueSeconds => "ReportOverdueSeconds",
            Self::PartialReports => "PartialReports",
            Self::OwnKeysExpiring => "OwnKeysExpiring",
            Self::OrgsFailed => "OrgsFailed",
            Self::MessagesUndelivered => "MessagesUndelivered",
            Self::PendingFailed => "PendingFailed",
            Self::HeadsUnpublished => "HeadsUnpublished",
        }
    }

    /// Its unit, as CloudWatch calls it.
    pub fn unit(self) -> &'static str {
        match self {
            Self::PollLagSeconds | Self::ReportOverdueSeconds => "Seconds",
            Self::EventsStored
            | Self::EventsQuarantined
            | Self::DeliveriesRefused
            | Self::PartialReports
            | Self::OwnKeysExpiring
            | Self::OrgsFailed
            | Self::MessagesUndelivered
            | Self::PendingFailed
            | Self::HeadsUnpublished => "Count",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_metrics_have_the_same_name() {
        let names: std::collections::BTreeSet<_> = Metric::ALL.map(Metric::name).into();
        assert_eq!(names.len(), Metric::ALL.len());
    }
}
