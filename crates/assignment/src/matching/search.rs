//! Searching an alternating path: breadth first over drivers, each class and each driver once.

use super::NONE;
use crate::bits::{Bits, first_common, numbers};
use crate::classes::Classes;

/// The state of one search for an alternating path: breadth first, over drivers.
pub(super) struct Search {
    /// Drivers that may still be visited.
    unvisited: Bits,
    pub(super) visited: Bits,
    /// The package by which each visited driver was reached: what it would take over.
    pub(super) takes: Vec<u32>,
    queue: Vec<usize>,
    /// Classes whose drivers are all visited, by the number of the search in which they were.
    seen: Vec<u32>,
    number: u32,
}

impl Search {
    pub(super) fn new(drivers: usize, classes: usize) -> Self {
        Self {
            unvisited: Bits::none(drivers),
            visited: Bits::none(drivers),
            takes: vec![NONE; drivers],
            queue: Vec::new(),
            seen: vec![0; classes],
            number: 0,
        }
    }

    pub(super) fn start(&mut self, open: &Bits) {
        self.unvisited.clone_from(open);
        self.visited.clear();
        self.queue.clear();
        self.number += 1;
    }

    pub(super) fn enter(&mut self, driver: usize, takes: u32) {
        self.unvisited.remove(driver);
        self.visited.insert(driver);
        self.takes[driver] = takes;
        self.queue.push(driver);
    }

    /// Goes on from the drivers who were visited, through what they carry, until one of `targets` is reached.
    pub(super) fn spread(
        &mut self,
        classes: &Classes,
        class: &[u32],
        carried: &[Vec<u32>],
        targets: &Bits,
    ) -> Option<usize> {
        let mut next = 0;
        while let Some(driver) = self.queue.get(next).copied() {
            next += 1;
            let found = carried[driver]
                .iter()
                .find_map(|package| self.visit(classes, class[*package as usize] as usize, *package, targets));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Visits the drivers who could take a package over: one of `targets`, which ends the search, or else all.
    pub(super) fn visit(&mut self, classes: &Classes, class: usize, package: u32, targets: &Bits) -> Option<usize> {
        if std::mem::replace(&mut self.seen[class], self.number) == self.number {
            return None;
        }
        let eligible = classes.eligible(class).words();
        if let Some(target) = first_common([eligible, self.unvisited.words(), targets.words()]) {
            self.takes[target] = package;
            return Some(target);
        }
        for (index, eligible) in eligible.iter().enumerate() {
            for driver in numbers(index, eligible & self.unvisited.words()[index]) {
                self.enter(driver, package);
            }
        }
        None
    }
}
