//! The dispatch bucket, which keeps replaced versions. What counts stays without the driver; of everything else the
//! versions that name it are deleted for good. One that cannot be read or changed is left, and the others are not.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use assignment::List;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use wire_json::Json;

use super::eraser::{Eraser, Mode};
use super::names::{Mention, Names, Searched};
use crate::objects::{AT_ONCE, Bucket, Listed};
use crate::progress::Progress;

const STORE: &str = "dispatch";
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

impl Eraser<'_> {
    pub(super) async fn dispatch(&mut self, mode: Mode) -> Result<()> {
        let bucket = Bucket::of(self.deployment, "DispatchBucket")?;
        let versions = bucket.list_versions().await?;
        let packages = counting_lists(&versions, "packages");
        let needed = Needed::of(&bucket, &versions).await;
        let mut naming = Vec::new();
        for (listed, searched) in search(&self.names, &bucket, versions).await {
            match searched {
                Ok(Searched { mention, cut_short }) => {
                    if let Some(why) = cut_short {
                        self.unsearched(mode, STORE, &bucket, &listed, &anyhow!(why));
                    }
                    if mention > Mention::Nothing {
                        naming.push(listed);
                    }
                }
                Err(error) => self.unsearched(mode, STORE, &bucket, &listed, &error),
            }
        }
        if mode != Mode::Remove {
            for listed in &naming {
                self.found(mode, STORE, "versions", 1, &bucket.place(listed));
            }
            return Ok(());
        }
        // What counts first: deleted after that, its former version is no longer what readers get.
        naming.sort_by_key(|listed| !listed.is_latest);
        for listed in naming {
            match self.remove_version(&bucket, &listed, &packages, &needed).await {
                Ok(true) => self.found(mode, STORE, "versions", 1, ""),
                Ok(false) => {}
                Err(error) => self.failed(STORE, &bucket.place(&listed), &error),
            }
        }
        Ok(())
    }

    /// Deletes a version, after what counts was written without the driver; whether that was done.
    async fn remove_version(
        &self,
        bucket: &Bucket,
        listed: &Listed,
        packages: &[String],
        needed: &Needed,
    ) -> Result<bool> {
        let kind = listed.key.split('/').next().unwrap_or_default();
        let rest = match kind {
            "days" if is_list(&listed.key, "packages") => {
                if listed.is_latest && packages.contains(&listed.key) {
                    return Ok(false);
                }
                // A run that is not written to its end goes on with the version that it was decided from.
                if needed.unread.contains(day_of(&listed.key)) {
                    bail!("the plan of its day cannot be read, and may need it");
                }
                !needed.versions.iter().any(|version| version.is(listed))
            }
            "days" if listed.is_latest && is_list(&listed.key, "drivers") => self.rewrite_list(bucket, listed).await?,
            "plans" if listed.is_latest => self.rewrite(bucket, listed, plan_without).await?,
            _ => true,
        };
        if rest {
            bucket.delete(listed).await?;
        }
        Ok(rest)
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
        let rest = without(&self.names, &object.bytes)?;
        bucket.replace(listed, &object, rest).await
    }
}

/// A version of a list, as a plan has it.
#[derive(Deserialize)]
struct Version {
    key: String,
    version_id: Option<String>,
}

impl Version {
    fn is(&self, listed: &Listed) -> bool {
        self.key == listed.key && (self.version_id.is_none() || self.version_id == listed.version)
    }
}

/// The versions of packages' lists that runs need which are not written to their end.
#[derive(Default)]
struct Needed {
    versions: Vec<Version>,
    /// Days whose plans cannot be read.
    unread: BTreeSet<String>,
}

impl Needed {
    async fn of(bucket: &Bucket, versions: &[Listed]) -> Self {
        let mut needed = Self::default();
        for plan in versions.iter().filter(|listed| listed.is_latest) {
            let Some(day) = plan.key.strip_prefix("plans/").and_then(|name| name.strip_suffix(".json")) else {
                continue;
            };
            let read = bucket.get(plan).await.and_then(|object| object.map(|plan| needed_by(&plan.bytes)).transpose());
            match read {
                Ok(versions) => needed.versions.extend(versions.unwrap_or_default()),
                Err(_) => drop(needed.unread.insert(day.to_owned())),
            }
        }
        needed
    }
}

/// The day of a list, by its key.
fn day_of(key: &str) -> &str {
    key.split('/').nth(1).unwrap_or_default()
}

fn needed_by(plan: &[u8]) -> Result<Vec<Version>> {
    #[derive(Deserialize)]
    struct Run {
        packages: Version,
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

/// Searches every version for the driver.
async fn search(names: &Names, bucket: &Bucket, versions: Vec<Listed>) -> Vec<(Listed, Result<Searched>)> {
    let mut progress = Progress::new(STORE, versions.len());
    let look = async |listed: Listed| {
        // A version that is gone names no driver.
        let bytes = bucket.get(&listed).await.map(|object| object.map(|object| object.bytes).unwrap_or_default());
        (listed, bytes.map(|bytes| names.search(&bytes)))
    };
    let mut looked = std::pin::pin!(stream::iter(versions).map(look).buffered(AT_ONCE));
    let mut searched = Vec::new();
    while let Some(one) = looked.next().await {
        searched.push(one);
        progress.reach(searched.len());
    }
    progress.finish();
    searched
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

/// A list of drivers without the driver, in the form that it had: an array or a line each, packed or not. The other
/// drivers stay as they were written, whatever tokens they have.
fn list_without(names: &Names, bytes: &[u8]) -> Result<Vec<u8>> {
    let text = List::Drivers.text(bytes).map_err(|fault| anyhow!("the list {}", fault.detail))?;
    let text = wire_json::without_bom(&text);
    let is_other = |driver: &&RawValue| !is_listed(names, driver.get());
    let rest = if let Ok(drivers) = serde_json::from_str::<Vec<&RawValue>>(text) {
        let others: Vec<_> = drivers.into_iter().filter(is_other).map(RawValue::get).collect();
        format!("[{}]", others.join(","))
    } else {
        let drivers = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>().collect::<Result<Vec<_>, _>>();
        let drivers = drivers.context("the list of drivers is neither an array nor an object a line")?;
        drivers.into_iter().filter(is_other).flat_map(|driver| [driver.get(), "\n"]).collect()
    };
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(rest.into_bytes());
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(rest.as_bytes())?;
    Ok(packed.finish()?)
}

fn is_listed(names: &Names, driver: &str) -> bool {
    let json = Json::parse(driver).ok();
    let id = json.as_ref().and_then(|json| json.as_object()?.get("id")?.as_str());
    id.is_some_and(|id| names.is_listed(id.trim()))
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
    use std::io::Read as _;

    use flate2::read::MultiGzDecoder;
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
    fn other_drivers_stay_as_they_were_written() {
        let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
        let others = [
            r#"{"id":"driver-2","name":"Jo\ud83d"}"#.to_owned(),
            r#"{"id":"driver-3","x":1e999,"y":123456789012345678901234567890,"z":8.0}"#.to_owned(),
            format!(r#"{{"id":"driver-4","deep":{deep}}}"#),
            r#"{ "id" : "driver-5", "id" : "driver-6" }"#.to_owned(),
            r#"{"id":7}"#.to_owned(),
            "null".to_owned(),
        ];
        let own = [r#"{"id":"driver-1","name":"\udfff"}"#, r#"{"id":" driver-1 ","x":-1e999}"#];
        let all: Vec<_> = own.into_iter().chain(others.iter().map(String::as_str)).collect();
        let rest = list_without(&names(), format!("\u{feff}[{}]", all.join(" ,\n")).as_bytes()).unwrap();
        assert_eq!(String::from_utf8(rest).unwrap(), format!("[{}]", others.join(",")));
        let rest = list_without(&names(), all.join("\n").as_bytes()).unwrap();
        assert_eq!(String::from_utf8(rest).unwrap(), others.join("\n") + "\n");
    }

    #[test]
    fn what_is_no_list_is_refused_with_the_reason() {
        let cut_off = [0x1f, 0x8b, 8, 0];
        for (bytes, says) in [
            (&cut_off[..], "cannot be unpacked"),
            (b"\xff", "not UTF-8"),
            (b"[{},", "neither an array nor an object a line"),
            (b"nobody", "neither an array nor an object a line"),
        ] {
            let error = list_without(&names(), bytes).unwrap_err();
            assert!(format!("{error:#}").contains(says), "{error:#}");
        }
    }

    #[tokio::test]
    async fn a_version_that_cannot_be_read_ends_nothing() {
        let versions = ["days/2026-11-20/drivers.json", "plans/2026-11-20.json", "plans/2026-11-21.json"].map(|key| {
            let version = if key.contains("20.json") { "denied" } else { "readable" };
            Listed { version: Some(version.to_owned()), ..listed(key, "2026-11-20T02:00:00Z", true) }
        });
        let bucket = crate::objects::tests::bucket(|query| {
            if query.contains("versionId=denied") {
                (403, "<Error><Code>AccessDenied</Code></Error>".to_owned())
            } else {
                (200, json!({"runs": [], "x": "driver-1"}).to_string())
            }
        });
        let searched = search(&names(), &bucket, versions.to_vec()).await;
        let mentions = searched.iter().map(|(_, searched)| searched.as_ref().map(|searched| searched.mention).ok());
        assert_eq!(mentions.collect::<Vec<_>>(), [Some(Mention::Driver), None, Some(Mention::Driver)]);
        // Which packages that plan needs is not known.
        let needed = Needed::of(&bucket, &versions).await;
        assert_eq!((needed.versions.len(), needed.unread), (0, BTreeSet::from(["2026-11-20".to_owned()])));
    }

    #[test]
    fn what_was_planned_stays_planned_for_nobody() {
        let plan = json!({"schema_version": 1, "runs": [
            {"run_id": "r", "assignments": {"driver-1": ["p1"], "driver-2": ["p2"], "courier-7": ["p3"]}}]});
        let rest = plan_without(&names(), plan.to_string().as_bytes()).unwrap();
        assert_eq!(names().search(&rest).mention, Mention::Nothing);
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
