//! The map in ARCHITECTURE.md says of every room which rooms it stands on, and says it as
//! the manifests do.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms, and what each stands on in the house. Tests may look at more.
fn arrows(root: &Path) -> BTreeMap<String, Vec<String>> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root.join("host"))
        .expect("host/")
        .map(|entry| entry.expect("an entry").path())
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect();
    folders.push(root.join("tui"));
    let rooms = folders.iter().map(|folder| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("TOML");
        let needs = manifest.get("dependencies").and_then(toml::Value::as_table);
        let mut needs: Vec<String> = needs
            .into_iter()
            .flat_map(toml::Table::keys)
            .filter_map(|name| Some(name.strip_prefix("dispatch-")?.to_owned()))
            .collect();
        needs.sort();
        let name = folder.file_name().expect("a name").to_string_lossy();
        (name.into_owned(), needs)
    });
    rooms.collect()
}

#[test]
fn every_arrow_of_the_house_is_on_the_map_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let map = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("the map");
    let arrows = arrows(&root);
    let rows: Vec<String> = arrows
        .iter()
        .map(|(room, needs)| match needs.as_slice() {
            [] => format!("| {room} | no room |"),
            needs => format!("| {room} | {} |", needs.join(", ")),
        })
        .collect();
    let table = rows.join("\n");
    assert!(
        map.contains(&format!("| --- | --- |\n{table}\n\n")),
        "ARCHITECTURE.md, below \"Arrows run one way\", does not say what the manifests do. The \
         table is:\n\n{table}\n"
    );
    // one way: what stands on nothing goes first, until nothing is left
    let mut left = arrows;
    while !left.is_empty() {
        let before = left.len();
        let standing: Vec<String> = left.keys().cloned().collect();
        left.retain(|_, needs| needs.iter().any(|need| standing.contains(need)));
        assert!(left.len() < before, "these stand on each other: {left:?}");
    }
}
