//! A day in pages: a company has thousands of drivers, and a table's item 400 KB.

use std::mem;

use serde::Serialize;

use super::Day;

impl Day {
    /// Splits the day into pages whose JSON takes `max_bytes` at most, in order: each has all of the day but the
    /// geofences and drivers that are on others. A page is larger where what cannot be split is.
    pub fn pages(mut self, max_bytes: usize) -> Result<Vec<Self>, serde_json::Error> {
        let (geofences, drivers) = (mem::take(&mut self.geofences), mem::take(&mut self.drivers));
        let head = self;
        let head_bytes = bytes(&head)?;
        let mut pages = Vec::new();
        let (mut page, mut page_bytes) = (head.clone(), head_bytes);
        let mut is_room_for = |page: &mut Self, entry_bytes: usize| {
            // With the comma.
            page_bytes += entry_bytes + 1;
            if page_bytes > max_bytes && !(page.geofences.is_empty() && page.drivers.is_empty()) {
                pages.push(mem::replace(page, head.clone()));
                page_bytes = head_bytes + entry_bytes;
            }
        };
        for geofence in geofences {
            is_room_for(&mut page, bytes(&geofence)?);
            page.geofences.push(geofence);
        }
        for driver in drivers {
            is_room_for(&mut page, bytes(&driver)?);
            page.drivers.push(driver);
        }
        pages.push(page);
        Ok(pages)
    }

    /// The day whose pages these are, in order; `None` of none.
    pub fn join(pages: impl IntoIterator<Item = Self>) -> Option<Self> {
        pages.into_iter().reduce(|mut day, page| {
            day.geofences.extend(page.geofences);
            day.drivers.extend(page.drivers);
            day
        })
    }
}

fn bytes(part: &impl Serialize) -> Result<usize, serde_json::Error> {
    serde_json::to_vec(part).map(|json| json.len())
}
