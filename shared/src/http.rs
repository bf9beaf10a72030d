//! HTTP clients: one TLS stack (rustls with ring), embedded roots, no proxies, nothing read from the machine's store.

use crate::config::environment;
use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider, timeout::TimeoutConfig,
};
use aws_sdk_secretsmanager::config::{SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{sync::Arc, time::Duration};

/// The roots of AWS's endpoints (Amazon Trust Services), so that a cold start does not parse the machine's whole store.
///
/// They expire from 2037 on. To renew or add one, take it from Debian's `ca-certificates` (or Amazon Trust Services'
/// repository page), compare the SHA-256 fingerprint with the one published there, and put the PEM beside the others.
const AMAZON_ROOTS: [&str; 5] = [
    include_str!("roots/amazon-root-ca-1.pem"),
    include_str!("roots/amazon-root-ca-2.pem"),
    include_str!("roots/amazon-root-ca-3.pem"),
    include_str!("roots/amazon-root-ca-4.pem"),
    include_str!("roots/starfield-services-root-g2.pem"),
];

/// A connection must stand within this time, or within the whole call's if that is shorter.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes ring the process's crypto provider; calling it again changes nothing.
pub fn install_crypto() {
    // An error means that a provider is installed already: here it can only be this one.
    let _already = ring::default_provider().install_default();
}

/// The HTTP client of the AWS SDK. Plain `http` endpoints, such as a local database, work as well.
pub fn sdk_http_client() -> SharedHttpClient {
    let roots = AMAZON_ROOTS.iter().fold(TrustStore::empty(), |roots, pem| roots.with_pem_certificate(*pem));
    let context = TlsContext::builder().with_trust_store(roots).build().expect("a trust store is all that it needs");
    Builder::new().tls_provider(Provider::rustls(CryptoMode::Ring)).tls_context(context).build_https()
}

/// The AWS SDK's settings: region, credentials and endpoints from the environment, where Lambda puts them; our HTTP
/// client; times that end before a function's own does.
///
/// The SDK's own loader looks in files, in the instance's metadata and in containers as well, which a Lambda has not;
/// linking it makes each zip and each cold start larger.
pub fn sdk_config() -> SdkConfig {
    install_crypto();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(25))
        .build();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(environment("AWS_REGION").map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .service_config(Endpoints)
        .http_client(sdk_http_client())
        .timeout_config(timeouts)
        .build()
}

/// Endpoints other than AWS's own: `AWS_ENDPOINT_URL_DYNAMODB` before `AWS_ENDPOINT_URL`, as AWS's SDKs read them
/// (AWS SDKs and Tools Reference Guide: service-specific endpoints).
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        environment(&format!("{}_{service}", key.env())).or_else(|| environment(key.env()))
    }
}

/// The HTTP client for Atlassian: `timeout` bounds one whole call.
///
/// It follows no redirect (the key goes nowhere else), uses no proxy, and repeats nothing by itself: whether a call may
/// be made again is decided where its meaning is known.
pub fn atlassian_http_client(timeout: Duration) -> reqwest::Client {
    install_crypto();
    reqwest::Client::builder()
        .tls_backend_preconfigured(atlassian_tls())
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(timeout.min(CONNECT_TIMEOUT))
        .timeout(timeout)
        .user_agent(concat!("tokenwarden/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("the TLS settings are made here and the user agent is a constant")
}

/// The HTTP client for chats and webhooks: as Atlassian's, since an endpoint's address is as good as a key.
pub fn messages_http_client(timeout: Duration) -> reqwest::Client {
    atlassian_http_client(timeout)
}

/// Mozilla's roots as the crate `webpki-roots` embeds them; they are renewed with its version.
fn atlassian_tls() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring offers the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    #[test]
    fn every_embedded_root_is_one_certificate() {
        for pem in AMAZON_ROOTS {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
            assert_eq!(roots.len(), 1);
        }
    }

    #[test]
    fn the_clients_can_be_built_twice() {
        for _ in 0..2 {
            atlassian_http_client(Duration::from_secs(1));
            sdk_http_client();
        }
    }
}
