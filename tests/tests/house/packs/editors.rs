//! However a folder's content changes, and whatever tells of it or does not: it leads to
//! the right pack, once.

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dispatch_desk::PackSettings;
use dispatch_engine::PackFiles;
use tempfile::TempDir;

use crate::support::house::Settings;
use crate::support::pack::{Copy, copy};
use crate::support::{House, eventually};

/// Longer than a folder is polled for: what would be told twice is told by then.
const TWICE: Duration = Duration::from_millis(2_500);

/// A host beside a folder that has a parent of its own.
struct Watched {
    house: House,
    parent: TempDir,
}

impl Watched {
    /// `lay` makes the folder from the pack of revision 1.
    async fn new(lay: impl FnOnce(&Path, &Path)) -> Self {
        Self::with(lay, Settings::default()).await
    }

    async fn with(lay: impl FnOnce(&Path, &Path), settings: Settings) -> Self {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("pack");
        lay(Copy::new().with_few_cases().path(), &folder);
        let house = House::with(Settings {
            pack: folder,
            ..settings
        })
        .await;
        Self { house, parent }
    }

    fn folder(&self) -> PathBuf {
        self.parent.path().join("pack")
    }

    /// This revision judges, and so many activations and rejections were told, the
    /// start's among them.
    async fn came_to(&self, revision: u64, activated: usize, rejected: usize) {
        eventually("the folder's pack", async || {
            let status = self.house.packs().await;
            (status["revision"] == revision && status["folder"] == "active").then_some(())
        })
        .await;
        tokio::time::sleep(TWICE).await;
        let (yes, no) = ("policy.pack_activated", "policy.pack_rejected");
        let refused = self.house.pack_events(no).await;
        assert_eq!(refused.len(), rejected, "{refused:?}");
        assert_eq!(self.house.pack_events(yes).await.len(), activated);
        let status = self.house.packs().await;
        assert_eq!(
            (&status["revision"], status.get("rejected")),
            (&revision.into(), None)
        );
    }
}

fn plainly(pack: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).expect("made");
    copy(pack, folder);
}

/// The manifest of this revision, from that of revision 1.
fn manifest(revision: u64) -> String {
    let text = std::fs::read_to_string(crate::support::pack::shipped().join("pack.toml"));
    let text = text.expect("a manifest");
    text.replace("revision = 1", &format!("revision = {revision}"))
}

/// A whole pack of this revision.
fn revised(revision: u64) -> Copy {
    let pack = Copy::new().with_few_cases();
    pack.edit(&[("revision = 1", &format!("revision = {revision}"))]);
    pack
}

#[tokio::test]
async fn files_that_are_renamed_into_place() {
    let watched = Watched::new(plainly).await;
    let new = watched.folder().join(".pack.toml.swp");
    std::fs::write(&new, manifest(2)).expect("written");
    std::fs::rename(new, watched.folder().join("pack.toml")).expect("replaced");
    watched.came_to(2, 2, 0).await;
}

#[tokio::test]
async fn a_folder_that_is_renamed_into_place() {
    let watched = Watched::new(plainly).await;
    for revision in [2, 3] {
        let next = watched.parent.path().join("next");
        plainly(revised(revision).path(), &next);
        let old = watched.parent.path().join(format!("old-{revision}"));
        std::fs::rename(watched.folder(), old).expect("out of the way");
        std::fs::rename(next, watched.folder()).expect("into place");
        let activated = usize::try_from(revision).expect("small");
        watched.came_to(revision, activated, 0).await;
    }
}

/// As Kubernetes mounts a config map: every entry is a link through `..data`, and an
/// update turns `..data` in one rename.
fn mounted(pack: &Path, folder: &Path) {
    plainly(pack, &folder.join("..1"));
    symlink("..1", folder.join("..data")).expect("linked");
    for entry in ["pack.toml", "cedar", "components", "tests"] {
        symlink(format!("..data/{entry}"), folder.join(entry)).expect("linked");
    }
}

#[tokio::test]
async fn a_mount_whose_data_link_is_turned() {
    let watched = Watched::new(mounted).await;
    for revision in [2, 3] {
        let (old, new) = (format!("..{}", revision - 1), format!("..{revision}"));
        plainly(revised(revision).path(), &watched.folder().join(&new));
        let turning = watched.folder().join("..data_tmp");
        symlink(&new, &turning).expect("linked");
        std::fs::rename(turning, watched.folder().join("..data")).expect("turned");
        std::fs::remove_dir_all(watched.folder().join(old)).expect("removed");
        let activated = usize::try_from(revision).expect("small");
        watched.came_to(revision, activated, 0).await;
    }
}

#[tokio::test]
async fn a_file_that_is_written_bit_by_bit() {
    let watched = Watched::new(plainly).await;
    let text = manifest(2);
    let mut file =
        std::fs::File::create(watched.folder().join("pack.toml")).expect("cut to nothing");
    for part in text.as_bytes().chunks(text.len() / 8) {
        file.write_all(part).expect("written");
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    watched.came_to(2, 2, 0).await;
}

/// The manifest is new for a second before the rest is: each state in between could judge.
#[tokio::test]
async fn a_pack_that_is_copied_slowly_is_taken_up_whole() {
    let settings = Settings {
        packs: PackSettings::default(),
        ..Settings::default()
    };
    let watched = Watched::with(plainly, settings).await;
    let next = revised(2);
    next.forbid_when("resource.state == \"no such state\"");
    let whole = PackFiles::read(next.path()).expect("a pack").digest_hex();
    for part in ["pack.toml", "cedar/operators.cedar"] {
        std::fs::copy(next.path().join(part), watched.folder().join(part)).expect("copied");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    watched.came_to(2, 2, 0).await;
    let status = watched.house.packs().await;
    assert_eq!(status["active"]["digest"], whole);
}

#[tokio::test]
async fn a_folder_that_goes_and_comes_back() {
    let watched = Watched::new(plainly).await;
    let away = watched.parent.path().join("away");
    std::fs::rename(watched.folder(), &away).expect("out of the way");
    let status = eventually("the rejection", async || {
        let status = watched.house.packs().await;
        status["rejected"].is_object().then_some(status)
    })
    .await;
    assert_eq!(status["rejected"]["step"], "read");
    assert_eq!(
        (&status["revision"], &status["last_good"]),
        (&1.into(), &true.into())
    );
    // as it was
    std::fs::rename(&away, watched.folder()).expect("back");
    watched.came_to(1, 1, 1).await;
    // gone for a moment, and another when it comes back
    std::fs::remove_dir_all(watched.folder()).expect("removed");
    plainly(revised(2).path(), &watched.folder());
    watched.came_to(2, 2, 1).await;
}

#[tokio::test]
async fn a_burst_of_a_hundred_writes() {
    let watched = Watched::new(plainly).await;
    let path = watched.folder().join("pack.toml");
    for revision in 2..=101 {
        std::fs::write(&path, manifest(revision)).expect("written");
    }
    watched.came_to(101, 2, 0).await;
}

#[tokio::test]
async fn a_mount_that_sends_no_events() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let back_door = elsewhere.path().join("manifest");
    let watched = Watched::new(|pack, folder| {
        plainly(pack, folder);
        std::fs::hard_link(folder.join("pack.toml"), &back_door).expect("linked");
    })
    .await;
    // another name of the same file: whoever watches the folder is told nothing
    std::fs::write(&back_door, manifest(2)).expect("written");
    watched.came_to(2, 2, 0).await;
}
