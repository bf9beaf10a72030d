//! What the functions measure, as lines of the log from which CloudWatch makes metrics: no call, no right, no client.
//!
//! The form is CloudWatch's embedded metric format (Amazon CloudWatch User Guide, "Specification: Embedded metric format").

use crate::{
    config::environment,
    model::{Measure, Timestamp},
};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Under which CloudWatch lists the metrics.
pub const NAMESPACE: &str = "Tokenwarden";
/// Their one dimension: each further one would make, and bill, a metric for each of its values.
const DIMENSION: &str = "FunctionName";
/// Lambda says here what the function is called (AWS Lambda Developer Guide, "Defined runtime environment variables").
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// Writes what an invocation measured, as one line; nothing outside of Lambda, where nobody would read it.
pub fn measured(measures: &[Measure], now: Timestamp) {
    let Some(function) = environment(FUNCTION_NAME).filter(|_| !measures.is_empty()) else { return };
    // A line that cannot be written is lost, as any line of the log is.
    let _lost = writeln!(io::stdout().lock(), "{}", line(&function, measures, now));
}

fn line(function: &str, measures: &[Measure], now: Timestamp) -> Value {
    let metrics: Vec<Value> =
        measures.iter().map(|(metric, _)| json!({ "Name": metric.name(), "Unit": metric.unit() })).collect();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics });
    let mut line = Map::new();
    line.insert("_aws".into(), json!({ "Timestamp": now.timestamp_millis(), "CloudWatchMetrics": [directive] }));
    line.insert(DIMENSION.into(), function.into());
    line.extend(measures.iter().map(|(metric, value)| (metric.name().to_owned(), Value::from(*value))));
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Metric;

    #[test]
    fn a_line_is_what_cloudwatch_makes_metrics_of() {
        let at = Timestamp::from_timestamp_millis(1_700_000_000_123).unwrap();
        let line = line("tokenwarden-poll-audit", &[(Metric::PollLagSeconds, 61), (Metric::OrgsFailed, 0)], at);
        assert_eq!(
            line,
            json!({
                "_aws": {"Timestamp": 1_700_000_000_123_i64, "CloudWatchMetrics": [{
                    "Namespace": "Tokenwarden",
                    "Dimensions": [["FunctionName"]],
                    "Metrics": [{"Name": "PollLagSeconds", "Unit": "Seconds"}, {"Name": "OrgsFailed", "Unit": "Count"}],
                }]},
                "FunctionName": "tokenwarden-poll-audit",
                "PollLagSeconds": 61,
                "OrgsFailed": 0,
            })
        );
    }
}
