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
    let mut others: serde_json::Map<String, serde_json::Value> = match serde_json::from_str(package.source) {
        Ok(fields) => fields,
        // Nested too deeply to be taken apart: kept whole.
        Err(_) => return with_attributes(package, None, Attributes::from_json(package.source.to_owned()).ok()),
    };
    others.retain(|name, _| !KNOWN.contains(&name.as_str()));
    let address = others.get("address").and_then(|address| address.as_str()).map(str::to_owned);
    if address.is_some() {
        others.remove("address");
    }
    let attributes = (!others.is_empty()).then(|| serde_json::Value::Object(others).to_string());
    with_attributes(package, address, attributes.and_then(|json| Attributes::from_json(json).ok()))
}

fn with_attributes(package: &Package<'_>, address: Option<String>, attributes: Option<Attributes>) -> PackageMetadata {
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
        address,
        attributes,
    }
}
