//! A bucket, as operators' commands read, rewrite and empty it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::{ByteStream, DateTimeFormat};
use bytes::Bytes;

use crate::deployment::Deployment;

/// Objects that are read or written at once.
pub(crate) const AT_ONCE: usize = 8;
/// Tries to read an object whose content breaks off: what the SDK tries again ends where the content begins.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// One bucket.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    client: Client,
    pub(crate) name: String,
}

/// An object in a listing; of a bucket with versions, one version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// Set where versions were listed.
    pub(crate) version: Option<String>,
    /// Whether it is what a reader gets who names no version.
    pub(crate) is_latest: bool,
    pub(crate) e_tag: String,
    /// When it was written, RFC 3339.
    pub(crate) modified: String,
}

impl Listed {
    /// An object of which no more than the key is known.
    pub(crate) fn named(key: &str) -> Self {
        Self { key: key.to_owned(), version: None, is_latest: true, e_tag: String::new(), modified: String::new() }
    }
}

/// An object's content.
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    e_tag: String,
    content_type: Option<String>,
}

impl Bucket {
    /// The bucket that the stacks name under this key.
    pub(crate) fn of(deployment: &Deployment, output: &str) -> Result<Self> {
        Ok(Self { client: deployment.s3(), name: deployment.output(output)?.to_owned() })
    }

    /// Everything whose key begins so, in the order of keys.
    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        let mut pages = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("{} cannot be listed", self.name))?;
            for object in page.contents.unwrap_or_default() {
                listed.push(Listed {
                    key: object.key.unwrap_or_default(),
                    version: None,
                    is_latest: true,
                    e_tag: object.e_tag.unwrap_or_default(),
                    modified: rfc_3339(object.last_modified.as_ref()),
                });
            }
        }
        Ok(listed)
    }

    /// Every version of every object, but the marks of deletion.
    pub(crate) async fn list_versions(&self) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        let (mut key, mut version) = (None, None);
        loop {
            let page = self.client.list_object_versions().bucket(&self.name);
            let page = page.set_key_marker(key).set_version_id_marker(version).send().await;
            let page = page.with_context(|| format!("the versions in {} cannot be listed", self.name))?;
            for object in page.versions.unwrap_or_default() {
                listed.push(Listed {
                    key: object.key.unwrap_or_default(),
                    version: object.version_id,
                    is_latest: object.is_latest.unwrap_or_default(),
                    e_tag: object.e_tag.unwrap_or_default(),
                    modified: rfc_3339(object.last_modified.as_ref()),
                });
            }
            if page.is_truncated != Some(true) {
                return Ok(listed);
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
    }

    /// An object; `None` where there is none any more.
    pub(crate) async fn get(&self, listed: &Listed) -> Result<Option<Object>> {
        let mut tries = 0;
        loop {
            let request = self.client.get_object().bucket(&self.name).key(&listed.key);
            let got = match request.set_version_id(listed.version.clone()).send().await {
                // A version that was deleted since it was listed has a code of its own.
                Err(error) if matches!(error.code(), Some("NoSuchKey" | "NoSuchVersion")) => return Ok(None),
                got => got.with_context(|| format!("{} cannot be read", self.place(listed)))?,
            };
            let (e_tag, content_type) = (got.e_tag.unwrap_or_default(), got.content_type);
            tries += 1;
            match got.body.collect().await {
                Ok(bytes) => return Ok(Some(Object { bytes: bytes.into_bytes(), e_tag, content_type })),
                Err(_) if tries < TRIES => tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tries - 1)).await,
                Err(error) => return Err(error).with_context(|| format!("{} breaks off", self.place(listed))),
            }
        }
    }

    /// Replaces what was read, at once for all readers; `false` where somebody else has by now.
    pub(crate) async fn replace(&self, listed: &Listed, read: &Object, bytes: Vec<u8>) -> Result<bool> {
        let put = self.client.put_object().bucket(&self.name).key(&listed.key).if_match(&read.e_tag);
        let put = put.set_content_type(read.content_type.clone()).body(ByteStream::from(bytes));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => {
                // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
                let code = error.as_service_error().and_then(|error| error.code());
                if code.is_some_and(|code| {
                    ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"].contains(&code)
                }) {
                    return Ok(false);
                }
                Err(error).with_context(|| format!("{} cannot be written", self.place(listed)))
            }
        }
    }

    /// Deletes an object, or a version of it for good.
    pub(crate) async fn delete(&self, listed: &Listed) -> Result<()> {
        let delete = self.client.delete_object().bucket(&self.name).key(&listed.key);
        let deleted = delete.set_version_id(listed.version.clone()).send().await;
        deleted.with_context(|| format!("{} cannot be deleted", self.place(listed)))?;
        Ok(())
    }

    /// Where it is, for people.
    pub(crate) fn place(&self, listed: &Listed) -> String {
        let version = listed.version.as_ref().map_or_else(String::new, |version| format!(" (version {version})"));
        format!("s3://{}/{}{version}", self.name, listed.key)
    }
}

fn rfc_3339(time: Option<&aws_sdk_s3::primitives::DateTime>) -> String {
    time.and_then(|time| time.fmt(DateTimeFormat::DateTime).ok()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_smithy_types::body::SdkBody;
    use aws_types::SdkConfig;
    use aws_types::region::Region;
    use ureq::http::{Request, Response};

    use super::*;

    /// A bucket that answers a request with this query so.
    pub(crate) fn bucket(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Bucket {
        let client = infallible_client_fn(move |request: Request<SdkBody>| {
            let (status, body) = answer(request.uri().query().unwrap_or_default());
            Response::builder().status(status).header("etag", "read").body(SdkBody::from(body)).unwrap()
        });
        let sdk = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .http_client(client)
            .build();
        Bucket { client: Client::new(&sdk), name: "b".to_owned() }
    }

    fn refusing(status: u16, code: &'static str) -> Bucket {
        bucket(move |_| (status, format!("<Error><Code>{code}</Code><Message>no</Message></Error>")))
    }

    fn object() -> Object {
        Object { bytes: Bytes::new(), e_tag: "read".to_owned(), content_type: None }
    }

    #[tokio::test]
    async fn versions_are_listed_to_the_last_page_and_marks_of_deletion_are_not() {
        let bucket = bucket(|query| {
            let version = |id: u8, last| {
                format!(
                    "<Version><Key>k</Key><VersionId>{id}</VersionId><IsLatest>{last}</IsLatest><ETag>e</ETag>\
                     <LastModified>2026-11-20T09:30:00.000Z</LastModified></Version>"
                )
            };
            let page = if query.contains("version-id-marker=2") {
                assert!(query.contains("key-marker=k"), "{query}");
                format!("<IsTruncated>false</IsTruncated>{}", version(1, false))
            } else {
                format!(
                    "<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>\
                     <NextVersionIdMarker>2</NextVersionIdMarker>{}\
                     <DeleteMarker><Key>gone</Key><VersionId>3</VersionId></DeleteMarker>",
                    version(2, true)
                )
            };
            (200, format!("<ListVersionsResult>{page}</ListVersionsResult>"))
        });
        let listed = bucket.list_versions().await.unwrap();
        let told: Vec<_> = listed.iter().map(|one| (one.version.as_deref().unwrap(), one.is_latest)).collect();
        assert_eq!(told, [("2", true), ("1", false)]);
        assert_eq!(listed[0].modified, "2026-11-20T09:30:00Z");
        assert_eq!(bucket.place(&listed[1]), "s3://b/k (version 1)");
    }

    #[tokio::test]
    async fn what_somebody_else_has_changed_is_not_replaced() {
        let key = Listed::named("k");
        for (status, code) in [(412, "PreconditionFailed"), (409, "ConditionalRequestConflict"), (404, "NoSuchKey")] {
            assert!(!refusing(status, code).replace(&key, &object(), Vec::new()).await.unwrap(), "{code}");
        }
        assert!(bucket(|_| (200, String::new())).replace(&key, &object(), Vec::new()).await.unwrap());
        let error = refusing(403, "AccessDenied").replace(&key, &object(), Vec::new()).await.err().unwrap();
        assert_eq!(error.to_string(), "s3://b/k cannot be written");
    }

    #[tokio::test]
    async fn an_object_that_is_gone_is_no_error() {
        for code in ["NoSuchKey", "NoSuchVersion"] {
            assert!(refusing(404, code).get(&Listed::named("k")).await.unwrap().is_none(), "{code}");
        }
        for (status, code) in [(404, "NoSuchBucket"), (403, "AccessDenied")] {
            assert!(refusing(status, code).get(&Listed::named("k")).await.is_err(), "{code}");
        }
    }

    #[tokio::test]
    async fn content_that_breaks_off_is_read_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            for body in ["half", "all of it"] {
                let (mut stream, _) = listener.accept().unwrap();
                assert!(stream.read(&mut [0; 8192]).unwrap() > 0);
                write!(stream, "HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 9\r\n\r\n{body}").unwrap();
            }
        });
        let bucket =
            Bucket { client: crate::aws::s3(&crate::aws::emulator(&endpoint, "us-east-1")), name: "b".to_owned() };
        let object = bucket.get(&Listed::named("k")).await.unwrap().unwrap();
        server.join().unwrap();
        assert_eq!((object.bytes, object.e_tag), (Bytes::from_static(b"all of it"), "e".to_owned()));
    }
}
