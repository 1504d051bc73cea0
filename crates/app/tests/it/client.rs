//! A signed-in user.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::house::PASSWORD;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub text: String,
}

/// Cookie and CSRF token of one session; nobody when empty.
#[derive(Debug, Clone, Default)]
pub struct Client {
    cookie: Option<String>,
    csrf: Option<String>,
}

impl Client {
    /// Somebody who is not signed in.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Signs in.
    pub async fn sign_in(router: &Router, user: &str) -> Self {
        let request = Request::post("/api/sessions")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "username": user, "password": PASSWORD }).to_string()))
            .unwrap();
        let response = send(router, request).await;
        assert_eq!(response.status(), StatusCode::OK, "{user} cannot sign in");
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let csrf = body["me"]["csrf"].as_str().unwrap().to_owned();
        Client { cookie: Some(cookie), csrf: Some(csrf) }
    }

    /// Sends a request; `body` as JSON.
    pub async fn call(&self, router: &Router, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = send(router, request.body(body).unwrap()).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

async fn send(router: &Router, mut request: Request<Body>) -> axum::response::Response {
    request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 40_000))));
    router.clone().oneshot(request).await.unwrap()
}
