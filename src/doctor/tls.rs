//! TLS as a browser on this machine would have it: with the authorities that the machine trusts.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A secure connection to the server of this name, over one that is there.
///
/// # Errors
/// When there is none, in words.
pub async fn secure(stream: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, String> {
    let mut authorities = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    authorities.add_parsable_certificates(found.certs);
    if authorities.is_empty() {
        return Err(
            "this machine knows no authorities; install its package ca-certificates".to_owned()
        );
    }
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| error.to_string())
}
