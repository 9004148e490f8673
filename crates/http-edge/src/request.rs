//! What API Gateway sends: payload 2.0 of an HTTP API, payload 1.0 of a REST API.

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer};

/// A request through an HTTP API, payload format 2.0.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpApiRequest {
    raw_path: String,
    headers: HashMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    body: String,
    is_base64_encoded: bool,
    request_context: RequestContext,
}

/// A request through a REST API, payload format 1.0.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestApiRequest {
    http_method: String,
    resource: String,
    #[serde(deserialize_with = "null_is_default")]
    headers: HashMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    path_parameters: HashMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    query_string_parameters: HashMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    body: String,
    is_base64_encoded: bool,
    request_context: RequestContext,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    request_id: String,
    #[serde(deserialize_with = "null_is_default")]
    identity: Identity,
}

/// Who sends a request, as far as a REST API knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    api_key_id: Option<String>,
}

impl HttpApiRequest {
    /// The path as it was sent, such as `/v1/positions`.
    pub fn path(&self) -> &str {
        &self.raw_path
    }

    /// A header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// All headers, names and values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body's bytes as they were sent: what signatures are computed over. `None` where it is said to
    /// be base64 and is not.
    pub fn body(&self) -> Option<Vec<u8>> {
        body(&self.body, self.is_base64_encoded)
    }

    /// API Gateway's id of the request.
    pub fn request_id(&self) -> &str {
        &self.request_context.request_id
    }
}

impl RestApiRequest {
    /// The method, such as `GET`.
    pub fn method(&self) -> &str {
        &self.http_method
    }

    /// The path with its parameters' names, such as `/v1/orders/{order_id}/location`.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// A header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether the caller would rather have this media type than JSON, by its `Accept`: the header names it, and
    /// JSON, if it names that as well, with no higher quality (RFC 9110, 12.5.1). Ranges such as `text/*` name JSON.
    pub fn prefers(&self, media_type: &str) -> bool {
        let accepted = self.header("accept").unwrap_or_default();
        let quality = |wanted: &str| {
            let mut qualities = accepted.split(',').filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let is_wanted = parts.next()?.eq_ignore_ascii_case(wanted);
                let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
                is_wanted.then(|| quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0)))
            });
            qualities.next().unwrap_or(0.0)
        };
        let quality_of_it: f64 = quality(media_type);
        quality_of_it > 0.0 && quality_of_it >= quality("application/json")
    }

    /// A parameter of the path, decoded: a REST API passes it on percent-encoded. `None` where it is absent
    /// or does not decode to UTF-8.
    pub fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        percent_decode_str(self.path_parameters.get(name)?).decode_utf8().ok()
    }

    /// A parameter of the path that is an identifier, decoded, as `check` lets it pass.
    pub fn path_identifier<E>(
        &self,
        name: &str,
        check: impl for<'a> FnOnce(&'a str) -> Result<&'a str, E>,
    ) -> Option<String> {
        check(&self.path_parameter(name)?).ok().map(str::to_owned)
    }

    /// A parameter of the query string. An empty one is there: a caller whose variable was empty is told so, rather than
    /// given the answer to another question.
    pub fn query_parameter(&self, name: &str) -> Option<&str> {
        self.query_string_parameters.get(name).map(String::as_str)
    }

    /// The body's bytes as they were sent. `None` where it is said to be base64 and is not.
    pub fn body(&self) -> Option<Vec<u8>> {
        body(&self.body, self.is_base64_encoded)
    }

    /// The id of the API key that came with the request: who calls. `unknown` where there is none.
    pub fn api_key_id(&self) -> &str {
        self.request_context.identity.api_key_id.as_deref().unwrap_or("unknown")
    }

    /// API Gateway's id of the request.
    pub fn request_id(&self) -> &str {
        &self.request_context.request_id
    }
}

fn body(body: &str, is_base64_encoded: bool) -> Option<Vec<u8>> {
    if is_base64_encoded {
        base64::engine::general_purpose::STANDARD.decode(body).ok()
    } else {
        Some(body.as_bytes().to_vec())
    }
}

fn header<'a>(headers: &'a HashMap<String, String>, name: &str) -> Option<&'a str> {
    headers
        .get(name)
        .or_else(|| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
        .map(String::as_str)
}

/// API Gateway writes `null` for "none".
fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_decoded_and_a_header_found_in_any_case() {
        let request: HttpApiRequest = serde_json::from_str(
            r#"{"version":"2.0","rawPath":"/v1/positions","headers":{"webhook-id":"é\u0001"},
                "body":"eyJhIjoxfQ==","isBase64Encoded":true,"requestContext":{"requestId":"r1","http":{}}}"#,
        )
        .unwrap();
        assert_eq!(request.body().unwrap(), br#"{"a":1}"#);
        assert_eq!(request.header("Webhook-Id"), Some("é\u{1}"));
        assert_eq!(request.request_id(), "r1");
    }

    #[test]
    fn another_media_type_is_preferred_where_it_is_named_and_json_is_not_more() {
        let prefers = |accept: &str| {
            let request = serde_json::json!({"headers": {"Accept": accept}});
            serde_json::from_value::<RestApiRequest>(request).unwrap().prefers("text/csv")
        };
        for accept in ["text/csv", "TEXT/CSV; charset=utf-8", "application/json;q=0.5, text/csv;q=0.9", "*/*, text/csv"]
        {
            assert!(prefers(accept), "{accept}");
        }
        for accept in ["", "*/*", "text/*", "text/csv;q=0, application/json", "application/json, text/csv;q=0.1", "x"] {
            assert!(!prefers(accept), "{accept}");
        }
    }

    #[test]
    fn a_path_parameter_is_decoded() {
        fn trimmed(text: &str) -> Result<&str, ()> {
            text.strip_prefix("a/").ok_or(())
        }
        let request: RestApiRequest =
            serde_json::from_str(r#"{"pathParameters":{"order_id":"a%2Fb%20%C3%A9","bad":"%FF"}}"#).unwrap();
        assert_eq!(request.path_parameter("order_id").unwrap(), "a/b é");
        assert_eq!(request.path_parameter("bad"), None);
        assert_eq!(request.path_identifier("order_id", trimmed).unwrap(), "b é");
        assert_eq!(request.path_identifier("order_id", |_| Err::<&str, _>(())), None);
        assert_eq!(request.path_identifier("bad", trimmed), None);
    }

    #[test]
    fn an_empty_query_parameter_is_there() {
        let request: RestApiRequest = serde_json::from_str(r#"{"queryStringParameters":{"date":""}}"#).unwrap();
        assert_eq!(request.query_parameter("date"), Some(""));
        assert_eq!(request.query_parameter("cursor"), None);
    }

    #[test]
    fn what_is_null_is_absent() {
        let request: RestApiRequest = serde_json::from_str(
            r#"{"httpMethod":"GET","resource":"/v1/health","headers":null,"pathParameters":null,
                "queryStringParameters":null,"body":null,"requestContext":{"requestId":"r1"}}"#,
        )
        .unwrap();
        assert_eq!(request.path_parameter("order_id"), None);
        let request: HttpApiRequest = serde_json::from_str(r#"{"rawPath":"/","body":null}"#).unwrap();
        assert_eq!(request.body().unwrap(), b"");
    }
}
