//! Replacing the pack while calls are judged, and the folder that brings a new one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use dispatch_contract::{Role, State, Tool, Verdict};
use dispatch_engine::{
    ActivePack, Pack, PackError, PackFiles, PackWatcher, Proven, Rejected, Step,
};

use crate::house::hostile::{Guest, load_with};
use crate::house::scene::plain;
use crate::house::{engine, shipped, shipped_files};

#[test]
fn calls_meet_one_whole_pack_or_the_other() {
    // In this pack notes say nothing and photos trap: half a pack would show.
    let trap = Guest {
        validate: "unreachable",
        ..Guest::default()
    };
    let broken = load_with(
        &[Tool::CloseoutAddNote, Tool::CloseoutAddPhoto],
        &trap.component(),
    )
    .unwrap();
    let active = ActivePack::new(shipped().clone());
    let (stop, judged) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let note = plain(Tool::CloseoutAddNote, Role::OperatorAdmin, State::Onsite);
                let photo = plain(Tool::CloseoutAddPhoto, Role::OperatorAdmin, State::Onsite);
                while !stop.load(Ordering::Relaxed) {
                    let pack = active.current();
                    let whole = pack.reference() == shipped().reference();
                    for question in [&note, &photo] {
                        let judged = pack.judge(question);
                        assert_eq!(matches!(judged.verdict, Verdict::Allow(_)), whole);
                        assert_eq!(judged.fault.is_none(), whole);
                    }
                    judged.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
        for n in 0..50 {
            active.swap(if n % 2 == 0 {
                broken.clone()
            } else {
                shipped().clone()
            });
            std::thread::sleep(Duration::from_millis(4));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(judged.load(Ordering::Relaxed) > 100);
}

fn write(folder: &Path, files: &PackFiles) {
    for (path, bytes) in files.iter() {
        let to = folder.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
}

fn revised(revision: u64) -> PackFiles {
    let mut files: BTreeMap<String, Vec<u8>> = shipped_files()
        .iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    let text = String::from_utf8(files["pack.toml"].clone()).unwrap();
    let text = text.replace("revision = 1", &format!("revision = {revision}"));
    files.insert("pack.toml".into(), text.into_bytes());
    PackFiles::of(files).unwrap()
}

fn next(candidates: &Receiver<Result<Proven, Rejected>>) -> Result<Pack, PackError> {
    candidates
        .recv_timeout(Duration::from_secs(60))
        .expect("a candidate arrives")
        .map(|proven| proven.pack)
        .map_err(|rejected| rejected.error)
}

#[test]
fn a_changed_folder_becomes_a_candidate_once_whole_or_not() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("pack");
    write(&folder, &shipped_files());
    let active = ActivePack::new(shipped().clone());
    let (send, candidates) = channel();
    let asked = active.clone();
    let watcher = PackWatcher::start(
        engine().clone(),
        &folder,
        move || asked.current().reference().digest.clone(),
        move |candidate| send.send(candidate).is_ok(),
    );

    // the same content again is no news
    write(&folder, &shipped_files());
    assert!(
        candidates
            .recv_timeout(Duration::from_millis(2500))
            .is_err()
    );

    write(&folder, &revised(2));
    let second = next(&candidates).unwrap();
    assert_eq!(second.revision(), 2);
    active.admits(&second).unwrap();
    active.swap(second.clone());

    // broken: refused once, with the step; the active one stays
    std::fs::write(folder.join("cedar/operators.cedar"), "permit").unwrap();
    assert_eq!(next(&candidates).unwrap_err().step, Step::Cedar);
    assert!(
        candidates
            .recv_timeout(Duration::from_millis(2500))
            .is_err(),
        "told twice"
    );
    assert_eq!(active.current().revision(), 2);

    // gone, and back as a symlink to another folder
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(next(&candidates).unwrap_err().step, Step::Read);
    let elsewhere = parent.path().join("third");
    write(&elsewhere, &revised(3));
    std::os::unix::fs::symlink(&elsewhere, &folder).unwrap();
    let third = next(&candidates).unwrap();
    assert_eq!(third.revision(), 3);
    active.swap(third);

    // an older revision is a whole pack, but not admitted
    write(&elsewhere, &revised(2));
    let old = next(&candidates).unwrap();
    assert_eq!(active.admits(&old).unwrap_err().step, Step::Revision);
    drop(watcher);
}
