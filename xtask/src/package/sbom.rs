//! The software bill of materials: every package that a release is made of, as CycloneDX 1.5.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::exec;
use crate::package::linked::{Id, Package};
use crate::package::release::Release;

/// What is shipped is `required`, what only makes it is `excluded`.
pub fn of(release: &Release, packages: &BTreeMap<Id, Package>) -> Result<Value> {
    let root = packages.keys().find(|(name, _)| name == "handup");
    let root = root.context("handup is not among its packages")?;
    let mut components: Vec<_> = packages
        .iter()
        .filter(|(id, _)| *id != root)
        .map(|(id, package)| component("library", id, package))
        .collect();
    components.push(standard_library()?);
    let dependencies: Vec<_> = packages
        .iter()
        .map(|(id, package)| {
            let uses: Vec<_> = package.uses.iter().map(reference).collect();
            json!({ "ref": reference(id), "dependsOn": uses })
        })
        .collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": release.date("+%Y-%m-%dT%H:%M:%SZ")?,
            "component": component("application", root, &packages[root]),
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn reference((name, version): &Id) -> String {
    format!("{name}@{version}")
}

fn component(kind: &str, id: &Id, package: &Package) -> Value {
    let (name, version) = id;
    let mut component = json!({
        "type": kind,
        "bom-ref": reference(id),
        "name": name,
        "version": version,
        "scope": if package.is_shipped { "required" } else { "excluded" },
    });
    if !package.license.is_empty() {
        component["licenses"] = json!([{ "expression": package.license }]);
    }
    // What is in no registry has neither.
    if let Some(checksum) = &package.checksum {
        component["purl"] = json!(format!("pkg:cargo/{name}@{version}"));
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// What comes with the compiler is linked too.
fn standard_library() -> Result<Value> {
    let told = exec::read(exec::command("rustc").arg("--version"))?;
    let version = told.split(' ').nth(1).context("rustc does not tell its version")?;
    Ok(json!({
        "type": "library",
        "bom-ref": format!("std@{version}"),
        "name": "std",
        "version": version,
        "scope": "required",
        "description": "Rust's standard library",
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
    }))
}
