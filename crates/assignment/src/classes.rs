//! Classes of packages: those that no rule of the day tells apart.
//!
//! Rules cut each attribute at a few points, so classes are few where packages are many: 100,000 packages of
//! ten attributes fall into some 4,600. Who may carry what is then a set of drivers a class.

use foldhash::{HashMap, HashMapExt as _};

use crate::bits::Bits;
use crate::{Day, Driver, Package, Rule};

/// How many rules' answers fit the key of a class at a time.
const WORD: usize = u64::BITS as usize;

/// What follows from a day's lists alone: its packages by class, who may carry each class, and which are near.
///
/// Drivers are known by their rank: from the one who may carry least on.
#[derive(Clone, Debug)]
pub struct Classes {
    /// The class of each package.
    of: Vec<u32>,
    /// The first package of each class.
    first: Vec<usize>,
    /// Different rules of the day, and the ranks of those who have them.
    rules: Vec<(Rule, Bits)>,
    /// The ranks of those who may carry each class.
    eligible: Vec<Bits>,
    /// The rank of each driver.
    ranks: Vec<usize>,
    /// All packages, from the nearest on; equally near ones in the order of the list.
    nearest: Vec<u32>,
}

impl Classes {
    /// The classes of a day, numbered in the order in which packages first show them.
    pub fn of(day: &Day<'_>) -> Self {
        let (rules, rules_of) = distinct_rules(&day.drivers);
        let mut of = vec![0; day.packages.len()];
        for rules in rules.chunks(WORD) {
            refine(&mut of, &day.packages, rules);
        }
        let mut sizes: Vec<u32> = Vec::new();
        let mut first = Vec::new();
        for (package, class) in of.iter().enumerate() {
            if *class as usize == sizes.len() {
                sizes.push(0);
                first.push(package);
            }
            sizes[*class as usize] += 1;
        }
        let fits = |rule: &Rule, class: usize| rule.fits(&day.packages[first[class]]);

        // How much each rule lets through, and what is left of it by all rules of a driver, as if they were
        // independent: near enough for an order.
        let passing: Vec<f64> = rules
            .iter()
            .map(|rule| (0..first.len()).filter(|class| fits(rule, *class)).map(|class| f64::from(sizes[class])).sum())
            .collect();
        let all: f64 = sizes.iter().copied().map(f64::from).sum();
        let share = |driver: usize| rules_of[driver].iter().map(|rule| passing[*rule] / all).product::<f64>();
        let shares: Vec<f64> = (0..day.drivers.len()).map(share).collect();
        let mut drivers: Vec<usize> = (0..day.drivers.len()).collect();
        drivers.sort_by(|a, b| shares[*a].total_cmp(&shares[*b]));
        let mut ranks = vec![0; drivers.len()];
        drivers.iter().enumerate().for_each(|(rank, driver)| ranks[*driver] = rank);

        let mut having = vec![Bits::none(drivers.len()); rules.len()];
        for (driver, rules) in rules_of.iter().enumerate() {
            rules.iter().for_each(|rule| having[*rule].insert(ranks[driver]));
        }
        let rules: Vec<_> = rules.into_iter().zip(having).collect();
        let eligible = (0..first.len()).map(|class| {
            let mut eligible = Bits::all(drivers.len());
            rules.iter().filter(|(rule, _)| !fits(rule, class)).for_each(|(_, having)| eligible.remove_all(having));
            eligible
        });
        Self { eligible: eligible.collect(), of, first, rules, ranks, nearest: by_distance(&day.packages) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.eligible.len()
    }

    /// Whether the day has no packages.
    pub fn is_empty(&self) -> bool {
        self.eligible.is_empty()
    }

    /// Pairs of a class and a driver who may carry it.
    pub fn edges(&self) -> usize {
        self.eligible.iter().map(Bits::len).sum()
    }

    /// The class of a package.
    pub(crate) fn class(&self, package: usize) -> u32 {
        self.of[package]
    }

    /// Who may carry a class.
    pub(crate) fn eligible(&self, class: usize) -> &Bits {
        &self.eligible[class]
    }

    /// The packages of the list, from the nearest on.
    pub(crate) fn nearest(&self) -> impl Iterator<Item = usize> {
        self.nearest.iter().map(|package| *package as usize)
    }

    /// The rank of a driver of the list.
    pub(crate) fn rank(&self, driver: usize) -> usize {
        self.ranks[driver]
    }

    /// The rules that keep a class from some driver, and the ranks of those drivers.
    pub(crate) fn excluding<'a>(
        &'a self,
        class: usize,
        day: &'a Day<'_>,
    ) -> impl Iterator<Item = (&'a Rule, &'a Bits)> {
        let package = &day.packages[self.first[class]];
        self.rules.iter().filter(|(rule, _)| !rule.fits(package)).map(|(rule, having)| (rule, having))
    }
}

fn by_distance(packages: &[Package<'_>]) -> Vec<u32> {
    // Distances are not negative, and the bits of such numbers are ordered as they are.
    let mut packages: Vec<(u64, u32)> =
        packages.iter().zip(0..).map(|(package, index)| (package.distance_km.abs().to_bits(), index)).collect();
    packages.sort_unstable();
    packages.into_iter().map(|(_, package)| package).collect()
}

/// The different rules of all drivers, and which of them each driver has.
fn distinct_rules(drivers: &[Driver]) -> (Vec<Rule>, Vec<Vec<usize>>) {
    let mut rules: Vec<Rule> = Vec::new();
    let mut place = |rule: &Rule| {
        rules.iter().position(|known| known == rule).unwrap_or_else(|| {
            rules.push(*rule);
            rules.len() - 1
        })
    };
    let of_drivers = drivers.iter().map(|driver| driver.rules.iter().map(&mut place).collect()).collect();
    (rules, of_drivers)
}

/// Splits classes by the answers of up to [`WORD`] rules.
fn refine(of: &mut [u32], packages: &[Package<'_>], rules: &[Rule]) {
    let mut classes: HashMap<(u32, u64), u32> = HashMap::new();
    for (class, package) in of.iter_mut().zip(packages) {
        let answers =
            (0..).zip(rules).fold(0_u64, |answers, (bit, rule)| answers | (u64::from(rule.fits(package)) << bit));
        // There are no more classes than packages, and a list of four billion is refused for its size.
        let next = u32::try_from(classes.len()).unwrap_or(u32::MAX);
        *class = *classes.entry((*class, answers)).or_insert(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_carried_by_whoever_may_carry_its_packages() {
        // More rules than fit one word: a limit of its own for each driver.
        let drivers: Vec<_> = (0..150)
            .map(|index| Driver {
                id: format!("driver_{index}"),
                rules: vec![
                    Rule::MaxWeight { limit_kg: f64::from(index) },
                    Rule::MaxDistance { max_km: f64::from(150 - index) },
                ],
            })
            .collect();
        let package = |index: i32| {
            serde_json::json!({
                "package_id": index.to_string(), "weight_kg": f64::from(index % 160) + 0.5, "is_perishable": false,
                "region": "north", "distance_km": index / 10, "is_express": false, "is_fragile": false,
                "hazmat_class": null, "temperature_c": 0, "delivery_hour": 0, "volume_m3": 1,
            })
        };
        let packages = serde_json::Value::from((0..1000).map(package).collect::<Vec<_>>()).to_string();
        let day = Day { drivers, packages: crate::list::packages(&packages).unwrap() };
        let classes = Classes::of(&day);
        assert!(classes.len() > 64);
        for (index, package) in day.packages.iter().enumerate() {
            let eligible = classes.eligible(classes.class(index) as usize);
            for (driver, Driver { rules, .. }) in day.drivers.iter().enumerate() {
                let fits = rules.iter().all(|rule| rule.fits(package));
                assert_eq!(eligible.contains(classes.rank(driver)), fits, "package {index}, driver {driver}");
            }
        }
    }
}
