//! What a list says of a package, for whoever reads the assignment.

use assignment::Package;
use delivery::PackageMetadata;
use location_event::Attributes;

/// Every field of the package in its list; those that rules do not know are its attributes.
pub(crate) fn of(package: &Package<'_>) -> PackageMetadata {
    const KNOWN: [&str; 11] = [
        "package_id",
        "weight_kg",
        "is_perishable",
        "region",
        "distance_km",
        "is_express",
        "is_fragile",
        "hazmat_class",
        "temperature_c",
        "delivery_hour",
        "volume_m3",
    ];
    // An object in strict JSON; of a repeated name the last is read, as it was before.
    let mut others: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&package.source).unwrap_or_default();
    others.retain(|name, _| !KNOWN.contains(&name.as_str()));
    let address = others.get("address").and_then(|address| address.as_str()).map(str::to_owned);
    if address.is_some() {
        others.remove("address");
    }
    let attributes = (!others.is_empty()).then(|| serde_json::Value::Object(others).to_string());
    let attributes = attributes.and_then(|json| Attributes::from_json(json).ok());
    PackageMetadata {
        weight_kg: package.weight_kg,
        is_perishable: package.is_perishable,
        region: package.region.name().to_owned(),
        distance_km: package.distance_km,
        is_express: package.is_express,
        is_fragile: package.is_fragile,
        hazmat_class: package.hazmat_class,
        temperature_c: package.temperature_c,
        delivery_hour: package.delivery_hour,
        volume_m3: package.volume_m3,
        // A blank text says nothing.
        address: address.filter(|address| !address.trim().is_empty()),
        attributes,
    }
}
