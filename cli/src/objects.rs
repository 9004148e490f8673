//! A bucket, as operators' commands read, rewrite and empty it.

use anyhow::{Context as _, Result};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::{ByteStream, DateTimeFormat};
use bytes::Bytes;

use crate::deployment::Deployment;

/// Objects that are read or written at once.
pub(crate) const AT_ONCE: usize = 8;

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
        let request = self.client.get_object().bucket(&self.name).key(&listed.key);
        let got = match request.set_version_id(listed.version.clone()).send().await {
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            got => got.with_context(|| format!("{} cannot be read", self.place(listed)))?,
        };
        let (e_tag, content_type) = (got.e_tag.unwrap_or_default(), got.content_type);
        let bytes = got.body.collect().await.with_context(|| format!("{} breaks off", self.place(listed)))?;
        Ok(Some(Object { bytes: bytes.into_bytes(), e_tag, content_type }))
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
