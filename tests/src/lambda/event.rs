//! Events as AWS delivers them to functions.

use serde_json::{Value, json};

/// A request as an HTTP API delivers it (AWS Lambda: payload format version 2.0), without a body.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Value {
    let headers: serde_json::Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "api.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "api", "requestId": "gateway-1", "routeKey": "$default", "stage": "$default",
            "time": "22/Nov/2026:12:00:00 +0000", "timeEpoch": 1_795_348_800_000_i64,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "tests"},
        },
        "isBase64Encoded": false,
    })
}

/// The same with a body as text.
#[must_use]
pub fn with_body(mut request: Value, body: &str) -> Value {
    request["body"] = json!(body);
    request
}

/// The same with a body in base64, as an HTTP API sends what it does not know to be text.
#[must_use]
pub fn with_base64(mut request: Value, body: &str) -> Value {
    request["body"] = json!(body);
    request["isBase64Encoded"] = json!(true);
    request
}

/// A tick of a schedule (Amazon EventBridge: scheduled event).
pub fn tick() -> Value {
    json!({
        "version": "0", "id": "00000000-0000-4000-8000-000000000000", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "000000000000", "time": "2026-11-22T12:00:00Z", "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/each"], "detail": {},
    })
}

/// A batch of a table's stream with one record for each key: sequence numbers count from 1 (Amazon DynamoDB Streams).
pub fn stream(keys: &[(&str, &str)]) -> Value {
    let record = |(number, (pk, sk)): (usize, &(&str, &str))| {
        json!({
            "eventID": format!("{number}"), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1", "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/cases/stream/x",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_348_800, "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
                "NewImage": {"pk": {"S": pk}, "sk": {"S": sk}, "entity": {"S": "finding"}},
                "SequenceNumber": format!("{}", number + 1), "SizeBytes": 100, "StreamViewType": "NEW_IMAGE",
            },
        })
    };
    json!({ "Records": keys.iter().enumerate().map(record).collect::<Vec<_>>() })
}
