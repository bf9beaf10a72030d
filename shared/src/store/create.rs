//! Creates the tables as the template has them, for one machine and for tests.

use super::call::failed;
use crate::{
    config::Tables,
    error::{Error, Result},
};
use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, SdkError},
    operation::create_table::builders::CreateTableFluentBuilder,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType::{self, N, S},
        StreamSpecification, StreamViewType, TimeToLiveSpecification,
    },
};

/// Creates both tables; one that exists is left as it is.
///
/// # Errors
/// [`Error::Store`] with the service's code.
pub async fn create_tables(client: &Client, tables: &Tables) -> Result<()> {
    let history = with_index(base(client, &tables.history)?, "by_profile", ("profile", S), ("profile_at", S))?;
    if create(history, &tables.history).await? == Made::Now {
        expire(client, &tables.history).await?;
    }
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
    let cases = with_index(base(client, &tables.cases)?, "pending", ("pending_org", S), ("pending_since", N))?
        .stream_specification(stream.build().map_err(unbuilt)?);
    create(cases, &tables.cases).await.map(drop)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Now,
    Before,
}

fn base(client: &Client, name: &str) -> Result<CreateTableFluentBuilder> {
    Ok(client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", S)?)
        .attribute_definitions(attribute("sk", S)?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?))
}

fn with_index(
    table: CreateTableFluentBuilder,
    name: &str,
    hash: (&str, ScalarAttributeType),
    range: (&str, ScalarAttributeType),
) -> Result<CreateTableFluentBuilder> {
    let index = GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(key(hash.0, KeyType::Hash)?)
        .key_schema(key(range.0, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
    Ok(table
        .attribute_definitions(attribute(hash.0, hash.1)?)
        .attribute_definitions(attribute(range.0, range.1)?)
        .global_secondary_indexes(index.build().map_err(unbuilt)?))
}

async fn create(table: CreateTableFluentBuilder, name: &str) -> Result<Made> {
    match table.send().await {
        Ok(_) => Ok(Made::Now),
        Err(SdkError::ServiceError(error)) if error.err().is_resource_in_use_exception() => Ok(Made::Before),
        Err(error) => Err(failed("CreateTable", name)(error)),
    }
}

async fn expire(client: &Client, name: &str) -> Result<()> {
    let ttl = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build().map_err(unbuilt)?;
    let request = client.update_time_to_live().table_name(name).time_to_live_specification(ttl);
    request.send().await.map_err(failed("UpdateTimeToLive", name)).map(drop)
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().map_err(unbuilt)
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(unbuilt)
}

fn unbuilt(_: BuildError) -> Error {
    Error::Store("the definition of a table could not be built".into())
}
