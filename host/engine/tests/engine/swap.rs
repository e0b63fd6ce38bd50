//! Replacing the pack while calls are judged, and the folder that brings a new one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use dispatch_contract::{Role, State, Tool, Verdict};
use dispatch_engine::{ActivePack, FolderContent, FolderNews, PackFiles, PackWatcher, Step};

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
    let active = ActivePack::new(shipped().clone(), 1);
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
            let pack = if n % 2 == 0 {
                broken.clone()
            } else {
                shipped().clone()
            };
            active.swap(pack, n + 2);
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

fn next(told: &Receiver<FolderNews>) -> FolderNews {
    told.recv_timeout(Duration::from_secs(60))
        .expect("what is new is told")
}

#[track_caller]
fn candidate(told: &Receiver<FolderNews>, expected: &PackFiles) {
    match next(told) {
        FolderNews::Candidate(files) => assert_eq!(files.digest(), expected.digest()),
        other => panic!("{other:?}"),
    }
}

/// Longer than a folder is watched and polled for.
#[track_caller]
fn nothing(told: &Receiver<FolderNews>) {
    let more = told.recv_timeout(Duration::from_millis(2500));
    assert!(more.is_err(), "{more:?}");
}

#[test]
fn each_content_of_a_folder_is_told_once() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("pack");
    write(&folder, &shipped_files());
    let active = ActivePack::new(shipped().clone(), 1);
    let (send, told) = channel();
    let asked = active.clone();
    let watcher = PackWatcher::start(
        &folder,
        FolderContent::of(&PackFiles::read(&folder)),
        Duration::from_millis(300),
        move || asked.current().reference().digest.clone(),
        move |news| send.send(news).is_ok(),
    );

    // the same content again is no news
    write(&folder, &shipped_files());
    nothing(&told);

    write(&folder, &revised(2));
    candidate(&told, &revised(2));
    nothing(&told);
    active.swap(engine().load(&revised(2)).unwrap(), 2);

    // whether it is any good is another's business
    let broken = folder.join("cedar/operators.cedar");
    std::fs::write(&broken, "permit").unwrap();
    candidate(&told, &PackFiles::read(&folder).unwrap());

    // as it was: what judges
    let good = revised(2);
    std::fs::write(&broken, good.get("cedar/operators.cedar").unwrap()).unwrap();
    assert!(matches!(next(&told), FolderNews::Active));

    // other content judges now: the folder has nothing new to say
    active.swap(shipped().clone(), 3);
    nothing(&told);

    // gone, and back as a symlink to another folder
    std::fs::remove_dir_all(&folder).unwrap();
    match next(&told) {
        FolderNews::Unreadable(error) => assert_eq!(error.step, Step::Read),
        other => panic!("{other:?}"),
    }
    let elsewhere = parent.path().join("third");
    write(&elsewhere, &revised(3));
    std::os::unix::fs::symlink(&elsewhere, &folder).unwrap();
    candidate(&told, &revised(3));
    drop(watcher);
}

#[test]
fn a_pack_stands_under_the_revision_of_its_activation() {
    let active = ActivePack::new(shipped().clone(), 1);
    let before = active.swap(shipped().clone(), 7);
    assert_eq!(before.revision, 1);
    let standing = active.standing();
    assert_eq!((standing.revision, standing.pack.revision()), (7, 1));
    active.restand(8);
    assert_eq!(active.standing().revision, 8);
    assert_eq!(active.current().reference(), shipped().reference());
}
