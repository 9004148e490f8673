//! The dispatch bucket, which keeps replaced versions. What counts stays without the driver; of everything else the
//! versions that name it are deleted for good.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::time::Duration;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::eraser::{Eraser, Mode};
use super::names::{Mention, Names};
use crate::objects::{AT_ONCE, Bucket, Listed};
use crate::progress::Progress;

const STORE: &str = "dispatch";
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

impl Eraser<'_> {
    pub(super) async fn dispatch(&mut self, mode: Mode) -> Result<()> {
        let bucket = Bucket::of(self.deployment, "DispatchBucket")?;
        let versions = bucket.list_versions().await?;
        let packages = counting_lists(&versions, "packages");
        let needed = needed_versions(&bucket, &versions).await?;
        let mut naming = naming(&self.names, &bucket, versions).await?;
        if mode != Mode::Remove {
            for listed in &naming {
                self.found(mode, STORE, "versions", 1, &bucket.place(listed));
            }
            return Ok(());
        }
        // What counts first: deleted after that, its former version is no longer what readers get.
        naming.sort_by_key(|listed| !listed.is_latest);
        for listed in naming {
            let kind = listed.key.split('/').next().unwrap_or_default();
            let rest = match kind {
                "days" if is_list(&listed.key, "packages") => {
                    // A run that is not written to its end goes on with the version that it was decided from.
                    let counts = listed.is_latest && packages.contains(&listed.key);
                    if counts || needed.iter().any(|version| version.is(&listed)) {
                        continue;
                    }
                    true
                }
                "days" if listed.is_latest && is_list(&listed.key, "drivers") => {
                    self.rewrite_list(&bucket, &listed).await?
                }
                "plans" if listed.is_latest => self.rewrite(&bucket, &listed, plan_without).await?,
                _ => true,
            };
            if rest {
                bucket.delete(&listed).await?;
                self.found(mode, STORE, "versions", 1, "");
            }
        }
        Ok(())
    }

    /// Writes a day's list of drivers anew, if it still counts: what is written last does, so that nothing else may.
    /// Whether its former version may go.
    async fn rewrite_list(&self, bucket: &Bucket, listed: &Listed) -> Result<bool> {
        let day = listed.key.rsplit_once('/').map_or("", |(day, _)| day);
        let before = bucket.list(&format!("{day}/")).await?;
        if !counting_lists(&before, "drivers").contains(&listed.key) {
            return Ok(true);
        }
        let is_done = self.rewrite(bucket, listed, list_without).await?;
        let after = bucket.list(&format!("{day}/")).await?;
        if let Some(newer) = overtaken(&before, &after, &listed.key).filter(|_| is_done) {
            // It was uploaded between the two listings, and has to count: S3 tells times by the second.
            tokio::time::sleep(Duration::from_secs(1)).await;
            if let Some(object) = bucket.get(newer).await? {
                let bytes = object.bytes.to_vec();
                // Where it was replaced by now, its successor counts.
                bucket.replace(newer, &object, bytes).await?;
            }
        }
        Ok(is_done)
    }

    /// Writes a version without the driver on top; whether that was done, and the former may go.
    async fn rewrite(
        &self,
        bucket: &Bucket,
        listed: &Listed,
        without: fn(&Names, &[u8]) -> Result<Vec<u8>>,
    ) -> Result<bool> {
        let Some(object) = bucket.get(listed).await? else { return Ok(true) };
        let rest = without(&self.names, &object.bytes).with_context(|| bucket.place(listed))?;
        bucket.replace(listed, &object, rest).await
    }
}

/// A version of a list, as a plan has it.
#[derive(Deserialize)]
struct Needed {
    key: String,
    version_id: Option<String>,
}

impl Needed {
    fn is(&self, listed: &Listed) -> bool {
        self.key == listed.key && (self.version_id.is_none() || self.version_id == listed.version)
    }
}

/// The versions of packages' lists that runs need which are not written to their end.
async fn needed_versions(bucket: &Bucket, versions: &[Listed]) -> Result<Vec<Needed>> {
    let mut needed = Vec::new();
    for plan in versions.iter().filter(|listed| listed.is_latest && listed.key.starts_with("plans/")) {
        let Some(object) = bucket.get(plan).await? else { continue };
        needed.extend(needed_by(&object.bytes).with_context(|| bucket.place(plan))?);
    }
    Ok(needed)
}

fn needed_by(plan: &[u8]) -> Result<Vec<Needed>> {
    #[derive(Deserialize)]
    struct Run {
        packages: Needed,
        written: bool,
    }
    #[derive(Deserialize)]
    struct Plan {
        runs: Vec<Run>,
    }
    let plan: Plan = serde_json::from_slice(plan).context("the plan is not what dispatch writes")?;
    Ok(plan.runs.into_iter().filter(|run| !run.written).map(|run| run.packages).collect())
}

/// The newest list of drivers that was uploaded between two listings, but for the one that was rewritten.
fn overtaken<'a>(before: &[Listed], after: &'a [Listed], rewritten: &str) -> Option<&'a Listed> {
    let new = after.iter().filter(|listed| listed.key != rewritten && is_list(&listed.key, "drivers"));
    new.filter(|listed| !before.contains(listed)).max_by_key(|listed| (&listed.modified, &listed.key))
}

/// The versions that name the driver.
async fn naming(names: &Names, bucket: &Bucket, versions: Vec<Listed>) -> Result<Vec<Listed>> {
    let mut progress = Progress::new(STORE, versions.len());
    let look = async |listed: Listed| {
        let object = bucket.get(&listed).await?;
        let is_naming = object.is_some_and(|object| names.in_bytes(&object.bytes) > Mention::Nothing);
        anyhow::Ok(is_naming.then_some(listed))
    };
    let mut looked = std::pin::pin!(stream::iter(versions).map(look).buffered(AT_ONCE));
    let (mut naming, mut done) = (Vec::new(), 0);
    while let Some(one) = looked.try_next().await? {
        done += 1;
        progress.reach(done);
        naming.extend(one);
    }
    progress.finish();
    Ok(naming)
}

/// Of the lists of drivers, or of packages, of each day the newest, as `dispatch` chooses it: only it may be written
/// anew, which makes it the newest.
fn counting_lists(versions: &[Listed], list: &str) -> Vec<String> {
    let mut newest = BTreeMap::<&str, &Listed>::new();
    for listed in versions.iter().filter(|listed| listed.is_latest && is_list(&listed.key, list)) {
        let day = listed.key.rsplit_once('/').map_or("", |(day, _)| day);
        let known = newest.entry(day).or_insert(listed);
        if (&listed.modified, &listed.key) > (&known.modified, &known.key) {
            *known = listed;
        }
    }
    newest.into_values().map(|listed| listed.key.clone()).collect()
}

fn is_list(key: &str, list: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key);
    name.strip_prefix(list).is_some_and(|rest| rest.starts_with('.'))
}

/// A list of drivers without the driver, in the form that it had: an array or a line each, packed or not.
fn list_without(names: &Names, bytes: &[u8]) -> Result<Vec<u8>> {
    if bytes.starts_with(&GZIP_MAGIC) {
        let mut text = Vec::new();
        MultiGzDecoder::new(bytes).read_to_end(&mut text).context("the list cannot be unpacked")?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&list_without(names, &text)?)?;
        return Ok(packed.finish()?);
    }
    let is_other = |driver: &Value| !driver["id"].as_str().is_some_and(|id| names.is_listed(id));
    if let Ok(Value::Array(mut drivers)) = serde_json::from_slice(bytes) {
        drivers.retain(is_other);
        return Ok(serde_json::to_vec(&drivers)?);
    }
    let mut rest = Vec::new();
    for driver in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let driver = driver.context("the list of drivers is neither an array nor an object a line")?;
        if is_other(&driver) {
            rest.extend(serde_json::to_vec(&driver)?);
            rest.push(b'\n');
        }
    }
    Ok(rest)
}

/// A plan in which nobody has the driver's packages: taken out, they would be assigned again, delivered or not.
fn plan_without(names: &Names, bytes: &[u8]) -> Result<Vec<u8>> {
    let nobody = format!("erased-{:016x}", fastrand::u64(..));
    let mut plan: Value = serde_json::from_slice(bytes).context("the plan is not JSON")?;
    for run in plan["runs"].as_array_mut().context("the plan has no runs")? {
        let assignments = run["assignments"].as_object_mut().context("a run has no assignments")?;
        let mut rest = Map::new();
        for (driver, packages) in std::mem::take(assignments) {
            if !names.is_listed(&driver) {
                rest.insert(driver, packages);
            } else if let (Value::Array(packages), entry) =
                (packages, rest.entry(&nobody).or_insert_with(|| Value::Array(Vec::new())))
                && let Value::Array(known) = entry
            {
                known.extend(packages);
            }
        }
        *assignments = rest;
    }
    Ok(serde_json::to_vec(&plan)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::names::tests::names;
    use super::*;

    fn listed(key: &str, modified: &str, is_latest: bool) -> Listed {
        Listed {
            key: key.to_owned(),
            version: Some("v".to_owned()),
            is_latest,
            e_tag: String::new(),
            modified: modified.to_owned(),
        }
    }

    const LIST: &str = r#"[{"id":"driver-1","rules":[]},{"id":"driver-2","rules":[]}]"#;

    #[test]
    fn a_list_keeps_its_form() {
        let rest = r#"[{"id":"driver-2","rules":[]}]"#;
        assert_eq!(list_without(&names(), LIST.as_bytes()).unwrap(), rest.as_bytes());
        let lines = "{\"id\":\"driver-1\"}\n{\"id\":\"driver-2\"}\n{\"id\":\"courier-7\"}\n";
        assert_eq!(list_without(&names(), lines.as_bytes()).unwrap(), b"{\"id\":\"driver-2\"}\n");
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(LIST.as_bytes()).unwrap();
        let mut unpacked = String::new();
        let rest_packed = list_without(&names(), &packed.finish().unwrap()).unwrap();
        MultiGzDecoder::new(&rest_packed[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, rest);
    }

    #[test]
    fn what_was_planned_stays_planned_for_nobody() {
        let plan = json!({"schema_version": 1, "runs": [
            {"run_id": "r", "assignments": {"driver-1": ["p1"], "driver-2": ["p2"], "courier-7": ["p3"]}}]});
        let rest = plan_without(&names(), plan.to_string().as_bytes()).unwrap();
        assert_eq!(names().in_bytes(&rest), Mention::Nothing);
        let rest: Value = serde_json::from_slice(&rest).unwrap();
        let assignments = rest["runs"][0]["assignments"].as_object().unwrap();
        assert_eq!(assignments["driver-2"], json!(["p2"]));
        let (_, nobodys) = assignments.iter().find(|(driver, _)| driver.starts_with("erased-")).unwrap();
        let mut nobodys: Vec<_> = nobodys.as_array().unwrap().clone();
        nobodys.sort_by_key(ToString::to_string);
        assert_eq!(nobodys, [json!("p1"), json!("p3")]);
    }

    #[test]
    fn of_a_days_lists_the_newest_counts() {
        let versions = [
            listed("days/2026-11-20/drivers.json", "2026-11-20T02:00:00Z", true),
            listed("days/2026-11-20/drivers.json", "2026-11-20T04:00:00Z", false),
            listed("days/2026-11-20/drivers.v2.json", "2026-11-20T02:00:00Z", true),
            listed("days/2026-11-20/packages.json", "2026-11-20T05:00:00Z", true),
            listed("days/2026-11-21/drivers.jsonl.gz", "2026-11-20T01:00:00Z", true),
        ];
        assert_eq!(
            counting_lists(&versions, "drivers"),
            ["days/2026-11-20/drivers.v2.json", "days/2026-11-21/drivers.jsonl.gz"]
        );
        assert_eq!(counting_lists(&versions, "packages"), ["days/2026-11-20/packages.json"]);
    }

    #[test]
    fn a_list_that_came_in_between_is_seen() {
        let [old, rewritten, newer] = [("drivers.json", "02"), ("drivers.v2.json", "03"), ("drivers.v3.json", "04")]
            .map(|(name, hour)| listed(&format!("days/2026-11-20/{name}"), &format!("2026-11-20T{hour}:00:00Z"), true));
        let packages = listed("days/2026-11-20/packages.json", "2026-11-20T05:00:00Z", true);
        let before = [old.clone(), rewritten.clone()];
        let after =
            [old.clone(), Listed { modified: "2026-11-20T06:00:00Z".to_owned(), ..rewritten.clone() }, packages];
        assert_eq!(overtaken(&before, &after, &rewritten.key), None);
        // A new one, or the old one uploaded again.
        let again = Listed { modified: "2026-11-20T04:30:00Z".to_owned(), ..old.clone() };
        assert_eq!(overtaken(&before, &[old, newer.clone()], &rewritten.key), Some(&newer));
        assert_eq!(overtaken(&before, &[again.clone(), newer], &rewritten.key), Some(&again));
    }

    #[test]
    fn a_run_that_is_not_written_needs_its_packages() {
        let run = |version: &str, written| {
            let list = json!({"key": "days/2026-11-20/packages.json", "e_tag": "e", "version_id": version});
            json!({"drivers": list, "packages": list, "written": written, "assignments": {}})
        };
        let plan = json!({"runs": [run("v", false), run("w", true)]}).to_string();
        let needed = needed_by(plan.as_bytes()).unwrap();
        let mut version = listed("days/2026-11-20/packages.json", "2026-11-20T05:00:00Z", false);
        assert!(needed.len() == 1 && needed[0].is(&version));
        version.version = Some("w".to_owned());
        assert!(!needed[0].is(&version));
    }
}
