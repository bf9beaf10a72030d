//! Tables as a file: a line of JSON for each item, in DynamoDB's own notation.

use super::World;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_dynamo::Item;
use serde_json::{Value, json};
use shared::ports::Clock;
use std::{collections::HashMap, path::PathBuf};

/// What stands for the name of the cases table, by which a restored table is known.
const CASES: &str = "cases";
const WRITTEN_IN: &str = "written_in";

/// The tables of a version.
pub(crate) struct Version {
    pub(crate) name: String,
    text: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("stored")
}

/// Every version whose tables are there.
pub(crate) fn versions() -> Vec<Version> {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let version = |path: PathBuf| Version {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        text: std::fs::read_to_string(&path).unwrap(),
    };
    files.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).map(version).collect()
}

/// Writes the tables of a world as those of this version. The first line tells when that was.
pub(crate) async fn write(world: &World) {
    let mut lines = vec![json!({ "at": world.clock.now() }).to_string()];
    for (name, table) in tables(world) {
        let mut items: Vec<String> = Vec::new();
        for mut item in world.dynamo.items(table).await {
            if let Some(place) = item.get_mut(WRITTEN_IN) {
                *place = AttributeValue::S(CASES.into());
            }
            items.push(json!({ "table": name, "item": Item::from(item) }).to_string());
        }
        items.sort();
        lines.extend(items);
    }
    let path = folder().join(concat!(env!("CARGO_PKG_VERSION"), ".jsonl"));
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

fn tables(world: &World) -> [(&'static str, &str); 2] {
    [("history", &world.tables.history), (CASES, &world.tables.cases)]
}

impl Version {
    /// Fills a world's tables, and moves its clock to when they were frozen.
    pub(crate) async fn thaw(&self, world: &World) {
        let mut lines = self.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let at: shared::model::Timestamp = serde_json::from_value(lines.next().unwrap()["at"].take()).unwrap();
        world.advance((at - world.clock.now()).to_std().unwrap()).await;
        for mut line in lines {
            let (_, table) = tables(world).into_iter().find(|(name, _)| line["table"] == *name).unwrap();
            let item: Item = serde_json::from_value(line["item"].take()).unwrap();
            let mut item: HashMap<String, AttributeValue> = item.into();
            if let Some(place) = item.get_mut(WRITTEN_IN) {
                *place = AttributeValue::S(world.tables.cases.clone());
            }
            world.dynamo.client().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        }
    }
}
