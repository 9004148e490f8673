//! The matching: as many packages as can be carried, evenly spread, the near ones first.
//!
//! Packages and places with drivers form a bipartite graph, and a maximum matching of it is wanted, with a
//! capacity on each driver. Of the maximum ones, in this order:
//!
//! 1. **even load**: the numbers of packages of the drivers who are asked for, earlier ones included, are as
//!    even as they can be (least for every convex cost, such as the sum of squares);
//! 2. **look-ahead**: what is left can be carried by the drivers who are not asked for as far as any choice
//!    allows. So a day that is assigned in several calls with one limit leaves no more behind, once all of its
//!    drivers were asked for, than one call would;
//! 3. **distance**: the sum of the packages' distances. It is the least possible when every driver with room
//!    is asked for; look-ahead exchanges packages only where it gains one.
//!
//! Why steps that look no further ahead reach the optimum: the sets of packages that can be carried are the
//! independent sets of a transversal matroid, so settling packages from the nearest on, each if an alternating
//! path exists, ends in the set of least distance (Edmonds 1971). Evening out by alternating paths ends in the
//! least of every convex cost (Harvey, Ladner, Lovász, Tamir: Semi-matchings for bipartite graphs and load
//! balancing, 2006). That the one does not hurt the other is the theorem of Mendelsohn and Dulmage (1958): a set
//! of packages and loads of drivers, each possible in some matching, are possible in one.
//!
//! What makes it fast: rules see only a package's class, so a search visits each class and each driver once,
//! and sets of drivers are words of bits. Classes that few can carry are placed first, with those drivers who
//! can carry little else: then most packages find room at once, and few searches are needed. A search that
//! fails has found drivers who are full and can give nothing to anybody outside; that stays so, and they are
//! never searched again.

mod search;

use crate::Day;
use crate::bits::{Bits, first_common};
use crate::classes::Classes;
use search::Search;

/// Nobody, nothing.
const NONE: u32 = u32::MAX;

/// What is preferred among matchings of the largest size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Even loads, then short distances.
    #[default]
    EvenLoad,
    /// Short distances, whoever drives them.
    Distance,
}

/// A package for a driver, as places in the day's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assignment {
    /// Who carries it.
    pub driver: usize,
    /// What is carried.
    pub package: usize,
}

/// What is to be assigned.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Drivers who are asked for, as places in the list.
    pub drivers: &'a [usize],
    /// The most packages for one driver in the day.
    pub max_per_driver: u32,
    /// How many packages each driver of the list has already.
    pub loads: &'a [u32],
    /// Whether each package of the list is assigned already.
    pub taken: &'a [bool],
    /// What is preferred.
    pub objective: Objective,
}

/// The new assignments, by driver in the order of the list, then from the nearest package on.
pub fn assign(day: &Day<'_>, classes: &Classes, request: &Request<'_>) -> Vec<Assignment> {
    let mut asked = Bits::none(day.drivers.len());
    request.drivers.iter().for_each(|driver| asked.insert(classes.rank(*driver)));
    let mut others = Bits::all(day.drivers.len());
    others.remove_all(&asked);
    let packages: Vec<usize> = classes.nearest().filter(|package| !request.taken[*package]).collect();
    let class: Vec<u32> = packages.iter().map(|package| classes.class(*package)).collect();
    let nearest: Vec<u32> = (0..).take(packages.len()).collect();
    let scarcest = by_scarcity(classes, &class, &asked);

    let mut matching = Matching::new(classes, class, request);
    matching.add(&scarcest, &asked);
    if request.objective == Objective::EvenLoad {
        matching.even_out(&asked);
    }
    matching.draw_near(&asked);
    // Look-ahead. First what the others can carry without the asked ones giving anything up; then with.
    asked.iter().for_each(|driver| matching.close(driver));
    if matching.spare.common(&others) > 0 {
        matching.add(&scarcest, &others);
        matching.add(&nearest, &Bits::all(day.drivers.len()));
    }

    let asked = (0..day.drivers.len()).filter(|driver| asked.contains(classes.rank(*driver)));
    let carried = asked.flat_map(|driver| {
        let mut places = std::mem::take(&mut matching.carried[classes.rank(driver)]);
        places.sort_unstable();
        let packages = &packages;
        places.into_iter().map(move |place| Assignment { driver, package: packages[place as usize] })
    });
    carried.collect()
}

/// All packages by class, from the class with the fewest drivers on, then from the nearest on.
fn by_scarcity(classes: &Classes, class: &[u32], drivers: &Bits) -> Vec<u32> {
    let mut order: Vec<_> = (0..classes.len()).map(|class| (classes.eligible(class).common(drivers), class)).collect();
    order.sort_unstable();
    // By counting: how many come before each class, then each package into the next place of its class.
    let mut next = vec![0; classes.len()];
    class.iter().for_each(|class| next[*class as usize] += 1);
    let mut before = 0;
    for (_, class) in order {
        before += std::mem::replace(&mut next[class], before);
    }
    let mut packages = vec![NONE; class.len()];
    for (package, class) in (0..).zip(class) {
        let next = &mut next[*class as usize];
        packages[*next] = package;
        *next += 1;
    }
    packages
}

/// Who carries what, so far. Drivers are known by their rank among the classes, packages by their place among
/// those that are to be assigned, from the nearest on.
struct Matching<'a> {
    classes: &'a Classes,
    /// The class of each package.
    class: Vec<u32>,
    /// New packages of each driver.
    carried: Vec<Vec<u32>>,
    /// Who has each package.
    carrier: Vec<u32>,
    /// Packages of each driver, earlier ones included.
    load: Vec<u32>,
    /// The most that anybody may have.
    limit: u32,
    /// The most that each may have.
    capacity: Vec<u32>,
    /// Who has room.
    spare: Bits,
    /// At `[n]`: drivers with at most `n` packages.
    at_most: Vec<Bits>,
    search: Search,
}

impl<'a> Matching<'a> {
    fn new(classes: &'a Classes, class: Vec<u32>, request: &Request<'_>) -> Self {
        let drivers = request.loads.len();
        let mut matching = Self {
            classes,
            carried: vec![Vec::new(); drivers],
            carrier: vec![NONE; class.len()],
            class,
            load: vec![0; drivers],
            limit: request.max_per_driver,
            capacity: vec![request.max_per_driver; drivers],
            spare: Bits::none(drivers),
            at_most: vec![Bits::none(drivers); request.max_per_driver as usize],
            search: Search::new(drivers, classes.len()),
        };
        for (driver, load) in request.loads.iter().enumerate() {
            let rank = classes.rank(driver);
            matching.load[rank] = *load;
            if *load < request.max_per_driver {
                matching.spare.insert(rank);
            }
            matching.at_most.iter_mut().skip(*load as usize).for_each(|drivers| drivers.insert(rank));
        }
        matching
    }

    /// A driver gets no more than it has.
    fn close(&mut self, driver: usize) {
        self.capacity[driver] = self.load[driver];
        self.spare.remove(driver);
    }

    /// Adds every package that an augmenting path among `drivers` exists for, in the given order. Packages that
    /// are carried stay so, though perhaps by another driver.
    fn add(&mut self, packages: &[u32], drivers: &Bits) {
        self.fill_evenly(packages, drivers);
        let mut open = drivers.clone();
        let mut is_stuck = vec![false; self.classes.len()];
        for package in packages {
            let class = self.class[*package as usize] as usize;
            if is_stuck[class] || self.carrier[*package as usize] != NONE {
                continue;
            }
            let eligible = self.classes.eligible(class).words();
            if let Some(driver) = first_common([eligible, open.words(), self.spare.words()]) {
                self.put(*package, driver);
            } else if let Some(driver) = self.reach(*package, &mut open, &self.spare.clone()) {
                self.shift(driver);
            } else {
                is_stuck[class] = true;
            }
        }
    }

    /// Gives drivers packages up to an even share, as far as it needs no search: most find their place so, and
    /// little is left to even out.
    fn fill_evenly(&mut self, packages: &[u32], drivers: &Bits) {
        let count = drivers.len();
        let total = packages.len() + drivers.iter().map(|driver| self.load[driver] as usize).sum::<usize>();
        let share = as_u32(total.div_ceil(count.max(1))).clamp(1, self.limit);
        let mut room = Bits::none(self.load.len());
        let has_room = |driver: &usize| self.load[*driver] < share && self.spare.contains(*driver);
        drivers.iter().filter(has_room).for_each(|driver| room.insert(driver));
        let mut is_stuck = vec![false; self.classes.len()];
        let mut last = None;
        for package in packages {
            let class = self.class[*package as usize] as usize;
            if is_stuck[class] || self.carrier[*package as usize] != NONE {
                continue;
            }
            let before = last.filter(|(of, driver)| *of == class && room.contains(*driver));
            let eligible = || first_common([self.classes.eligible(class).words(), room.words()]);
            let Some(driver) = before.map(|(_, driver)| driver).or_else(eligible) else {
                is_stuck[class] = true;
                continue;
            };
            last = Some((class, driver));
            self.put(*package, driver);
            if self.load[driver] >= share || !self.spare.contains(driver) {
                room.remove(driver);
            }
        }
    }

    /// Searches one of `targets` to which packages can be moved on so that `package` finds a place. Where there is
    /// none, the drivers that were visited are no longer open.
    fn reach(&mut self, package: u32, open: &mut Bits, targets: &Bits) -> Option<usize> {
        self.search.start(open);
        let class = self.class[package as usize] as usize;
        let found = self.search.visit(self.classes, class, package, targets);
        let found = found.or_else(|| self.search.spread(self.classes, &self.class, &self.carried, targets));
        if found.is_none() {
            open.remove_all(&self.search.visited);
        }
        found
    }

    /// Exchanges packages for nearer ones until none can be. How many each driver has does not change.
    ///
    /// Packages are settled from the nearest on. One that nobody carries takes the place of one that is not
    /// settled yet, so is no nearer, with a driver that an alternating path leads to; where no path leads to
    /// any, what is settled needs all the places that the package could have.
    fn draw_near(&mut self, drivers: &Bits) {
        let mut open = drivers.clone();
        let farthest = |packages: &Vec<u32>| packages.iter().max().copied().unwrap_or(NONE);
        let mut farthest_of: Vec<_> = self.carried.iter().map(farthest).collect();
        let mut unsettled = Bits::none(self.carried.len());
        drivers.iter().filter(|driver| farthest_of[*driver] != NONE).for_each(|driver| unsettled.insert(driver));
        let mut is_stuck = vec![false; self.classes.len()];
        for package in (0..).take(self.class.len()) {
            let mut carrier = self.carrier[package as usize];
            if carrier == NONE {
                let class = self.class[package as usize] as usize;
                if is_stuck[class] {
                    continue;
                }
                let eligible = self.classes.eligible(class).words();
                let direct = first_common([eligible, open.words(), unsettled.words()]);
                let Some(driver) = direct.or_else(|| self.reach(package, &mut open, &unsettled)) else {
                    is_stuck[class] = true;
                    continue;
                };
                farthest_of[driver] = if direct.is_some() {
                    self.exchange(farthest_of[driver], package, driver)
                } else {
                    self.drop(farthest_of[driver], driver);
                    self.shift(driver);
                    farthest(&self.carried[driver])
                };
                carrier = as_u32(driver);
            }
            let carrier = carrier as usize;
            if farthest_of[carrier] <= package {
                unsettled.remove(carrier);
            }
        }
    }

    /// Moves packages between drivers until no exchange makes their loads more even.
    fn even_out(&mut self, drivers: &Bits) {
        let mut open = drivers.clone();
        // Who had more than the limit before has nothing new to give.
        let highest = drivers.iter().map(|driver| self.load[driver].min(self.limit)).max().unwrap_or(0);
        // What a search from the most loaded finds closed stays closed for the less loaded.
        for load in (2..=highest).rev() {
            for driver in drivers.iter() {
                while self.load[driver] == load && open.contains(driver) {
                    if let Some(target) = self.reach_less(driver, load - 2, &mut open) {
                        self.shift(target);
                    }
                }
            }
        }
    }

    /// Searches a driver with at most `load` packages, to whom `from` can give one, perhaps through others.
    fn reach_less(&mut self, from: usize, load: u32, open: &mut Bits) -> Option<usize> {
        self.search.start(open);
        self.search.enter(from, NONE);
        let found = self.search.spread(self.classes, &self.class, &self.carried, &self.at_most[load as usize]);
        if found.is_none() {
            open.remove_all(&self.search.visited);
        }
        found
    }

    /// Hands packages on along the path that the search found, from its end.
    fn shift(&mut self, mut driver: usize) {
        loop {
            let package = self.search.takes[driver];
            if package == NONE {
                return;
            }
            let before = self.carrier[package as usize];
            if before != NONE {
                self.drop(package, before as usize);
            }
            self.put(package, driver);
            if before == NONE {
                return;
            }
            driver = before as usize;
        }
    }

    /// Gives a driver one package for another, and returns the farthest that it then has.
    fn exchange(&mut self, before: u32, after: u32, driver: usize) -> u32 {
        let mut farthest = 0;
        for package in &mut self.carried[driver] {
            *package = if *package == before { after } else { *package };
            farthest = farthest.max(*package);
        }
        self.carrier[before as usize] = NONE;
        self.carrier[after as usize] = as_u32(driver);
        farthest
    }

    fn put(&mut self, package: u32, driver: usize) {
        self.carried[driver].push(package);
        self.carrier[package as usize] = as_u32(driver);
        if let Some(drivers) = self.at_most.get_mut(self.load[driver] as usize) {
            drivers.remove(driver);
        }
        self.load[driver] += 1;
        if self.load[driver] >= self.capacity[driver] {
            self.spare.remove(driver);
        }
    }

    fn drop(&mut self, package: u32, driver: usize) {
        let carried = &mut self.carried[driver];
        if let Some(place) = carried.iter().position(|carried| *carried == package) {
            carried.swap_remove(place);
        }
        self.carrier[package as usize] = NONE;
        self.load[driver] -= 1;
        if let Some(drivers) = self.at_most.get_mut(self.load[driver] as usize) {
            drivers.insert(driver);
        }
        if self.load[driver] < self.capacity[driver] {
            self.spare.insert(driver);
        }
    }
}

/// Drivers and packages have places in memory: fewer than four billion.
fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

#[cfg(test)]
mod tests;
