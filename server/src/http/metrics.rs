//! The listener on which Prometheus reads metrics.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use tokio::net::TcpListener;

use crate::engine::Engine;

/// The text format of OpenMetrics.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Tells Prometheus the metrics until the engine is to stop, on a listener of their own.
pub async fn serve_metrics(listener: TcpListener, engine: Engine) {
    let stopping = engine.stopping().clone();
    let router = Router::new().route("/metrics", get(metrics)).with_state(engine);
    let served = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "metrics are served no more");
    }
}

async fn metrics(State(engine): State<Engine>) -> ([(http::HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, TEXT)], engine.told_metrics().await)
}
