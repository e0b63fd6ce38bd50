//! Only the switchboard and what is below it speak with gateways.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path
            .extension()
            .is_some_and(|kind| kind == "rs" || kind == "toml")
        {
            found.push(path);
        }
    }
}

#[test]
fn the_api_and_the_desk_name_no_gateway_client() {
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host");
    for (room, must_not_name) in [
        (
            "api",
            &[
                "dispatch_gateway",
                "dispatch-gateway",
                "dispatch_provision",
                "dispatch-provision",
                "dispatch_ledger",
                "sqlx",
            ][..],
        ),
        (
            "desk",
            &[
                "dispatch_gateway",
                "dispatch-gateway",
                "dispatch_switchboard",
                "dispatch-switchboard",
            ][..],
        ),
        (
            "gateway",
            &["dispatch_ledger", "dispatch_contract", "sqlx"][..],
        ),
        (
            "provision",
            &["dispatch_ledger", "sqlx", "dispatch_switchboard"][..],
        ),
        (
            "switchboard",
            &["sqlx", "axum", "dispatch_api", "dispatch_desk"][..],
        ),
    ] {
        let mut files = Vec::new();
        sources(&host.join(room), &mut files);
        assert!(files.len() > 3, "{room} has sources");
        for file in files {
            let text = std::fs::read_to_string(&file).expect("read");
            for name in must_not_name {
                assert!(!text.contains(name), "{} names {name}", file.display());
            }
        }
    }
}
