//! `milkrun keys`: the API keys of those who use the read edge.
//!
//! A consumer's keys have the consumer's name. There is one, and two while it is being rotated: both work until the old
//! one is revoked, so that nobody has to change at the same moment as we.

pub(crate) mod plan;

use std::fmt;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use location_event::Timestamp;
use serde::Serialize;

use self::plan::{Key, Plan};
use crate::deployment::Target;
use crate::outcome::{DryRun, Output};

/// Issue, rotate, revoke and list the API keys of the read edge
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a consumer's first key, and print it
    Issue {
        #[command(flatten)]
        consumer: Consumer,
        /// What the consumer is, or who is to be asked about it
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Make a consumer's next key, and print it; the one before it works until `revoke NAME --old`
    Rotate(Consumer),
    /// Delete a consumer's keys
    Revoke {
        #[command(flatten)]
        consumer: Consumer,
        /// All but the newest: ends a rotation
        #[arg(long)]
        old: bool,
    },
    /// Show whose keys there are; never the keys themselves
    List {
        #[command(flatten)]
        scope: Scope,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(clap::Args)]
struct Consumer {
    /// The consumer's name
    #[arg(value_parser = name)]
    name: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    dry_run: DryRun,
}

#[derive(clap::Args)]
struct Scope {
    #[command(flatten)]
    target: Target,
    /// Another usage plan's id, with a rate and a quota of its own [default: the one that is deployed]
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
}

/// A key that was made.
#[derive(Serialize)]
struct Issued {
    name: String,
    dry_run: bool,
    usage_plan_id: String,
    /// Absent from a dry run.
    key: Option<Key>,
    /// Ids of the keys before it, which still work.
    still_live: Vec<String>,
}

/// Keys that were deleted.
#[derive(Serialize)]
struct Revoked {
    name: String,
    dry_run: bool,
    keys: Vec<Key>,
    /// Ids of those that still work.
    still_live: Vec<String>,
}

#[derive(Serialize)]
struct Listed {
    usage_plan_id: String,
    keys: Vec<Key>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    match &options.command {
        Command::Issue { consumer, description } => {
            let issued = consumer.scope.run(async |plan| issue(plan, consumer, description.as_deref()).await)?;
            consumer.output.write(&issued, false)
        }
        Command::Rotate(consumer) => {
            let issued = consumer.scope.run(async |plan| rotate(plan, consumer).await)?;
            consumer.output.write(&issued, false)
        }
        Command::Revoke { consumer, old } => {
            let revoked = consumer.scope.run(async |plan| revoke(plan, consumer, *old).await)?;
            consumer.output.write(&revoked, false)
        }
        Command::List { scope, output } => {
            let listed =
                scope.run(async |plan| Ok(Listed { usage_plan_id: plan.id().to_owned(), keys: plan.keys().await? }))?;
            output.write(&listed, false)
        }
    }
}

impl Scope {
    fn run<T>(&self, work: impl AsyncFnOnce(&Plan) -> Result<T>) -> Result<T> {
        self.target.run(async |deployment| work(&Plan::of(deployment, self.plan.as_deref())?).await)
    }
}

async fn issue(plan: &Plan, consumer: &Consumer, description: Option<&str>) -> Result<Issued> {
    let name = &consumer.name;
    if !plan.keys_of(name).await?.is_empty() {
        bail!("{name} has a key already: `keys rotate {name}` makes the next one, `keys revoke {name}` ends it");
    }
    make(plan, consumer, description, &[]).await
}

async fn rotate(plan: &Plan, consumer: &Consumer) -> Result<Issued> {
    let name = &consumer.name;
    let live = plan.keys_of(name).await?;
    match live.as_slice() {
        [] => bail!("{name} has no key: `keys issue {name}` makes the first one"),
        [only] => make(plan, consumer, only.description.as_deref(), &live).await,
        _ => bail!("{name} has {} keys: end the rotation before with `keys revoke {name} --old` first", live.len()),
    }
}

async fn make(plan: &Plan, consumer: &Consumer, description: Option<&str>, live: &[Key]) -> Result<Issued> {
    let DryRun { dry_run } = consumer.dry_run;
    let key = if dry_run { None } else { Some(plan.issue(&consumer.name, description, live).await?) };
    Ok(Issued {
        name: consumer.name.clone(),
        dry_run,
        usage_plan_id: plan.id().to_owned(),
        key,
        still_live: live.iter().map(|key| key.id.clone()).collect(),
    })
}

async fn revoke(plan: &Plan, consumer: &Consumer, old: bool) -> Result<Revoked> {
    let name = &consumer.name;
    let (revoked, kept) = chosen(name, plan.keys_of(name).await?, old)?;
    let DryRun { dry_run } = consumer.dry_run;
    if !dry_run {
        for key in &revoked {
            plan.revoke(key).await?;
        }
    }
    Ok(Revoked { name: name.clone(), dry_run, keys: revoked, still_live: kept.into_iter().map(|key| key.id).collect() })
}

/// Which of a consumer's keys, oldest first, to delete and which to keep.
fn chosen(name: &str, mut live: Vec<Key>, old: bool) -> Result<(Vec<Key>, Vec<Key>)> {
    if !old {
        return if live.is_empty() { bail!("{name} has no key") } else { Ok((live, Vec::new())) };
    }
    match live.as_slice() {
        [] => bail!("{name} has no key"),
        [_] => bail!("{name} has one key, and no old one: without --old it would be revoked"),
        [.., second, newest] if second.created_at == newest.created_at => bail!(
            "which of {name}'s keys is the newest cannot be told, {} and {} are of one second: delete one by its id \
             with `aws apigateway delete-api-key`",
            second.id,
            newest.id
        ),
        [old @ .., newest] if !newest.enabled && old.iter().any(|key| key.enabled) => bail!(
            "{name}'s newest key, {}, is disabled: without the old one {name} would have none that works; enable it \
             with `aws apigateway update-api-key`, or without --old all are revoked",
            newest.id
        ),
        _ => {
            let newest = live.split_off(live.len() - 1);
            Ok((live, newest))
        }
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if !text.is_empty() && text.len() <= 128 && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("a consumer's name has up to 128 letters, digits, hyphens, underscores and dots")
    }
}

impl fmt::Display for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, usage_plan_id, key, still_live, .. } = self;
        match key {
            Some(Key { id, value, .. }) => {
                let value = value.as_deref().unwrap_or_default();
                write!(f, "{value}\nThe key of {name}, id {id}, usage plan {usage_plan_id}.")?;
                write!(f, " It is not shown again. On AWS it works within a minute.")?;
            }
            None => write!(f, "dry run: {name} would get a key of the usage plan {usage_plan_id}")?,
        }
        if !still_live.is_empty() {
            let old = still_live.join(", ");
            write!(f, "\nThe key before it, id {old}, works until `milkrun keys revoke {name} --old`.")?;
        }
        Ok(())
    }
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, dry_run, keys, still_live } = self;
        let ids: Vec<_> = keys.iter().map(|key| key.id.as_str()).collect();
        let done = if *dry_run { "dry run: would revoke" } else { "revoked" };
        write!(f, "{done} {} of {name}", ids.join(", "))?;
        match still_live.as_slice() {
            [] => write!(f, "; {name} has no other"),
            live => write!(f, "; {} works on", live.join(", ")),
        }
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}  {:<12}  {:<24}  {:<8}  description", "name", "id", "created", "state")?;
        for (index, key) in self.keys.iter().enumerate() {
            let created = key.created_at.map_or_else(String::new, |at: Timestamp| at.to_string());
            let newer = self.keys[index + 1..].iter().any(|other| other.name == key.name);
            let state = match (key.enabled, newer) {
                (false, _) => "disabled",
                (true, true) => "old",
                (true, false) => "live",
            };
            let description = key.description.as_deref().unwrap_or_default();
            let row = format!("{:<24}  {:<12}  {created:<24}  {state:<8}  {description}", key.name, key.id);
            write!(f, "\n{}", row.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, name: &str, second: i64) -> Key {
        Key {
            id: id.to_owned(),
            name: name.to_owned(),
            description: None,
            created_at: Timestamp::from_millis(second * 1000).ok(),
            enabled: true,
            value: None,
        }
    }

    fn ids(keys: &[Key]) -> Vec<&str> {
        keys.iter().map(|key| key.id.as_str()).collect()
    }

    #[test]
    fn revoking_takes_all_or_all_but_the_newest() {
        let two = || vec![key("a", "shop", 1), key("b", "shop", 2)];
        let (revoked, kept) = chosen("shop", two(), false).unwrap();
        assert_eq!((ids(&revoked), ids(&kept)), (vec!["a", "b"], vec![]));
        let (revoked, kept) = chosen("shop", two(), true).unwrap();
        assert_eq!((ids(&revoked), ids(&kept)), (vec!["a"], vec!["b"]));
    }

    #[test]
    fn the_only_key_is_not_an_old_one() {
        for (live, old) in [(vec![], false), (vec![], true), (vec![key("a", "shop", 1)], true)] {
            assert!(chosen("shop", live, old).is_err());
        }
        let error = chosen("shop", vec![key("a", "shop", 1), key("b", "shop", 1)], true).err().unwrap();
        assert!(error.to_string().contains("a and b are of one second"), "{error}");
    }

    #[test]
    fn the_only_key_that_works_is_not_an_old_one() {
        let disabled = |id, second| Key { enabled: false, ..key(id, "shop", second) };
        let error = chosen("shop", vec![key("a", "shop", 1), disabled("b", 2)], true).err().unwrap();
        assert!(error.to_string().contains("newest key, b, is disabled"), "{error}");
        let (revoked, kept) = chosen("shop", vec![disabled("a", 1), key("b", "shop", 2)], true).unwrap();
        assert_eq!((ids(&revoked), ids(&kept)), (vec!["a"], vec!["b"]));
        assert!(chosen("shop", vec![disabled("a", 1), disabled("b", 2)], true).is_ok());
    }

    #[test]
    fn names_are_plain() {
        assert_eq!(name("shop-1.web_a").unwrap(), "shop-1.web_a");
        for odd in ["", "a b", "a/b", "ü", &"x".repeat(129)] {
            assert!(name(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_list_says_which_key_is_old() {
        let keys =
            vec![key("a1", "shop", 1_800_000_000), key("b1", "app", 1_800_000_001), key("a2", "shop", 1_800_000_002)];
        insta::assert_snapshot!(Listed { usage_plan_id: "p".to_owned(), keys }, @r"
        name                      id            created                   state     description
        shop                      a1            2027-01-15T08:00:00.000Z  old
        app                       b1            2027-01-15T08:00:01.000Z  live
        shop                      a2            2027-01-15T08:00:02.000Z  live
        ");
    }
}
