//! The same promises in a folder and in a bucket: what is kept is exactly what
//! was sent, nothing is overwritten, nothing half can be read.
//!
//! The bucket is a real S3 server on loopback, named by `DISPATCH_TEST_S3_ENDPOINT`
//! (see `tests/s3/with-moto.sh`); without it those tests say so and do nothing.

use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dispatch_objects::{
    ObjectError, Objects, ObjectsConfig, S3Config, Secret, StorageKey, UploadLimits,
};
use futures::{Stream, StreamExt, stream};
use sha2::{Digest, Sha256};
use ulid::Ulid;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01 and the rest of a photo";
const MIB: usize = 1024 * 1024;

/// A store, and what keeps its folder alive.
struct Shop {
    objects: Objects,
    folder: Option<tempfile::TempDir>,
}

fn local() -> Shop {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::open(&ObjectsConfig::Local {
        folder: folder.path().join("objects"),
    })
    .unwrap();
    Shop {
        objects,
        folder: Some(folder),
    }
}

fn bucket() -> Option<Shop> {
    let Ok(endpoint) = std::env::var("DISPATCH_TEST_S3_ENDPOINT") else {
        eprintln!("SKIPPED: no S3 server; run host/objects/tests/s3/with-moto.sh cargo test ...");
        return None;
    };
    let config = S3Config {
        bucket: std::env::var("DISPATCH_TEST_S3_BUCKET").unwrap_or_else(|_| "dispatch".into()),
        region: Some("us-east-1".into()),
        endpoint: Some(endpoint),
        access_key_id: Some("test".into()),
        secret_access_key: Some(Secret::new("test")),
        allow_http: true,
        virtual_hosted: false,
    };
    Some(Shop {
        objects: Objects::open(&ObjectsConfig::S3(config)).unwrap(),
        folder: None,
    })
}

fn id() -> Ulid {
    Ulid::generate()
}

fn chunks(bytes: &[u8], size: usize) -> impl Stream<Item = io::Result<Bytes>> + Unpin + use<> {
    let owned: Vec<io::Result<Bytes>> = bytes
        .chunks(size)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    stream::iter(owned)
}

/// A JPEG as far as its first bytes go, no two parts alike.
fn large(bytes: usize) -> Vec<u8> {
    let mut body: Vec<u8> = (0..bytes / 4)
        .flat_map(|word| u32::try_from(word).unwrap().to_be_bytes())
        .collect();
    body.resize(bytes, 7);
    body[..JPEG.len()].copy_from_slice(JPEG);
    body
}

fn roomy() -> UploadLimits {
    UploadLimits {
        max_bytes: 64 * MIB as u64,
        ..UploadLimits::default()
    }
}

async fn keeps_what_was_sent(shop: &Shop, body: &[u8], chunk: usize) {
    let objects = &shop.objects;
    let stored = objects
        .put_stream(id(), chunks(body, chunk), "image/jpeg", &roomy())
        .await
        .unwrap();
    assert_eq!(stored.size_bytes, body.len() as u64);
    assert_eq!(stored.sha256, hex::encode(Sha256::digest(body)));
    assert!(stored.storage_key.as_str().ends_with(".jpg"));
    let head = objects.head(&stored.storage_key).await.unwrap().unwrap();
    assert_eq!(head.size_bytes, stored.size_bytes);
    assert_eq!(head.content_type, Some(stored.content_type));
    let whole = objects
        .get_bytes(&stored.storage_key, stored.size_bytes)
        .await
        .unwrap();
    assert_eq!(&whole[..], body);
    let capped = objects
        .get_bytes(&stored.storage_key, stored.size_bytes - 1)
        .await;
    assert!(
        matches!(capped, Err(ObjectError::TooLarge { .. })),
        "{capped:?}"
    );
    let read = objects.get_stream(&stored.storage_key).await.unwrap();
    let read: Vec<Bytes> = read.stream.map(Result::unwrap).collect().await;
    assert_eq!(read.concat(), body);
}

async fn never_overwrites(shop: &Shop, first: &[u8], second: &[u8]) {
    let objects = &shop.objects;
    let id = id();
    let put = |body: &[u8]| {
        let chunks = chunks(body, MIB);
        async move { objects.put_stream(id, chunks, "image/jpeg", &roomy()).await }
    };
    let stored = put(first).await.unwrap();
    let again = put(second).await;
    assert!(
        matches!(again, Err(ObjectError::AlreadyExists { .. })),
        "{again:?}"
    );
    let kept = objects
        .get_bytes(&stored.storage_key, u64::MAX)
        .await
        .unwrap();
    assert_eq!(&kept[..], first);
}

async fn refuses_and_leaves_nothing(shop: &Shop) {
    let objects = &shop.objects;
    let limits = UploadLimits {
        max_bytes: 20 * MIB as u64,
        ..UploadLimits::default()
    };
    let too_large = large(20 * MIB + 1);
    let html = b"<html>not a photo, however it is called</html>".to_vec();
    let html_in_parts = [html.clone(), vec![b' '; 9 * MIB]].concat();
    for (body, claimed) in [
        (&too_large, "image/jpeg"),
        (&Vec::new(), "image/jpeg"),
        (&html, "image/jpeg"),
        (&html_in_parts, "image/png"),
        (&JPEG.to_vec(), "image/png"),
        (&JPEG[..2].to_vec(), "image/jpeg"),
        (&JPEG.to_vec(), "text/html"),
        (&b"{}".to_vec(), "application/json"),
    ] {
        let id = id();
        let put = objects
            .put_stream(id, chunks(body, MIB), claimed, &limits)
            .await;
        let error = put.unwrap_err();
        assert!(error.is_callers(), "{claimed}: {error}");
        for extension in ["jpg", "png", "json"] {
            let key: StorageKey = format!("uploads/{id}.{extension}").parse().unwrap();
            assert_eq!(objects.head(&key).await.unwrap(), None);
        }
    }
    let broken = chunks(&large(10 * MIB), MIB).chain(stream::iter([Err(io::Error::other("gone"))]));
    let cut = objects
        .put_stream(id(), broken, "image/jpeg", &limits)
        .await;
    assert!(matches!(cut, Err(ObjectError::Interrupted(_))), "{cut:?}");
}

async fn papers_are_kept_once(shop: &Shop) {
    let objects = &shop.objects;
    let key = StorageKey::artifact(id(), id(), dispatch_objects::ContentType::Pdf);
    let paper = Bytes::from_static(b"%PDF-1.7 one");
    let missing = objects.get_bytes(&key, 1).await;
    assert!(
        matches!(missing, Err(ObjectError::NotFound { .. })),
        "{missing:?}"
    );
    let stored = objects.put_artifact(&key, paper.clone()).await.unwrap();
    assert_eq!(
        objects.put_artifact(&key, paper.clone()).await.unwrap(),
        stored
    );
    for other in ["%PDF-1.7 two", "%PDF-1.7 longer"] {
        let put = objects
            .put_artifact(&key, Bytes::from_static(other.as_bytes()))
            .await;
        assert!(
            matches!(put, Err(ObjectError::DifferentContent { .. })),
            "{put:?}"
        );
    }
    assert_eq!(objects.get_bytes(&key, 99).await.unwrap(), paper);
    let key = StorageKey::artifact(id(), id(), dispatch_objects::ContentType::Pdf);
    let put = objects.put_artifact(&key, Bytes::from_static(b"{}")).await;
    assert!(
        matches!(put, Err(ObjectError::ContentMismatch { .. })),
        "{put:?}"
    );
}

async fn one_of_many_wins(shop: &Shop) {
    let id = id();
    let puts = (0..8_usize).map(|n| {
        let body = [JPEG, &[u8::try_from(n).unwrap()]].concat();
        let objects = shop.objects.clone();
        async move {
            let put = objects
                .put_stream(id, chunks(&body, 4), "image/jpeg", &roomy())
                .await;
            put.map(|stored| (stored, body))
        }
    });
    let puts = futures::future::join_all(puts).await;
    let mut won = puts.into_iter().filter_map(Result::ok);
    let (stored, body) = won.next().expect("somebody wins");
    assert!(won.next().is_none(), "only one wins");
    let kept = shop
        .objects
        .get_bytes(&stored.storage_key, 999)
        .await
        .unwrap();
    assert_eq!(&kept[..], &body[..]);
}

/// Everything of a folder that is a file.
fn files(shop: &Shop) -> Vec<std::path::PathBuf> {
    let mut folders = vec![shop.folder.as_ref().unwrap().path().to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files
}

#[tokio::test]
async fn a_folder_keeps_what_was_sent() {
    let shop = local();
    for (bytes, chunk) in [
        (60, 1),
        (8 * MIB, MIB),
        (8 * MIB + 1, 3 * MIB),
        (20 * MIB, 20 * MIB),
    ] {
        keeps_what_was_sent(&shop, &large(bytes), chunk).await;
    }
    assert_eq!(files(&shop).len(), 4, "nothing waits: {:?}", files(&shop));
}

#[tokio::test]
async fn a_folder_is_never_overwritten() {
    let shop = local();
    let (small, in_parts) = (JPEG.to_vec(), large(17 * MIB));
    never_overwrites(&shop, &small, &[JPEG, b"2"].concat()).await;
    never_overwrites(&shop, &small, &in_parts).await;
    never_overwrites(&shop, &in_parts, &small).await;
    never_overwrites(&shop, &in_parts, &large(18 * MIB)).await;
    assert_eq!(files(&shop).len(), 4, "nothing waits: {:?}", files(&shop));
}

#[tokio::test]
async fn a_folder_keeps_nothing_of_what_was_refused() {
    let shop = local();
    refuses_and_leaves_nothing(&shop).await;
    assert!(files(&shop).is_empty(), "{:?}", files(&shop));
}

#[tokio::test]
async fn a_folder_keeps_papers_once_and_shows_where() {
    let shop = local();
    papers_are_kept_once(&shop).await;
    let key = StorageKey::artifact(id(), id(), dispatch_objects::ContentType::Json);
    shop.objects
        .put_artifact(&key, Bytes::from_static(b"{}"))
        .await
        .unwrap();
    let path = shop.objects.local_path(&key).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"{}");
}

#[tokio::test]
async fn in_a_folder_one_of_many_wins() {
    one_of_many_wins(&local()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let shop = local();
    let folder = shop.folder.as_ref().unwrap().path().join("objects");
    let mode = std::fs::metadata(folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_caller_who_leaves_in_the_middle_leaves_nothing() {
    let shop = local();
    let body = chunks(&large(10 * MIB), MIB).chain(stream::pending().boxed());
    let put = shop
        .objects
        .put_stream(id(), body, "image/jpeg", &roomy())
        .await_for(200)
        .await;
    assert!(put.is_none(), "the body never ends");
    for _ in 0..100 {
        if files(&shop).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("left behind: {:?}", files(&shop));
}

#[tokio::test]
async fn the_sweep_takes_what_a_killed_host_left_and_nothing_else() {
    let shop = local();
    let kept = shop
        .objects
        .put_stream(id(), chunks(JPEG, 9), "image/jpeg", &roomy())
        .await
        .unwrap();
    let root = shop.folder.as_ref().unwrap().path().join("objects");
    std::fs::create_dir_all(root.join("incoming")).unwrap();
    for left in [
        "incoming/01J9ZQ4Y7M8K6T5R4E3W2Q1P0N#1",
        "incoming/x",
        "uploads/y.jpg#1",
    ] {
        std::fs::write(root.join(left), b"half").unwrap();
    }
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
    assert_eq!(shop.objects.sweep(now, hour).await.unwrap(), 0, "too young");
    assert_eq!(shop.objects.sweep(now + 2 * hour, hour).await.unwrap(), 3);
    assert_eq!(
        files(&shop),
        vec![shop.objects.local_path(&kept.storage_key).unwrap()]
    );
}

#[tokio::test]
async fn a_bucket_keeps_what_was_sent() {
    let Some(shop) = bucket() else { return };
    for (bytes, chunk) in [(60, 7), (8 * MIB + 1, 3 * MIB), (20 * MIB, MIB)] {
        keeps_what_was_sent(&shop, &large(bytes), chunk).await;
    }
    let hour = Duration::from_secs(3600);
    shop.objects
        .sweep(SystemTime::now() + 2 * hour, hour)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_bucket_is_never_overwritten() {
    let Some(shop) = bucket() else { return };
    let (small, in_parts) = (JPEG.to_vec(), large(17 * MIB));
    never_overwrites(&shop, &small, &[JPEG, b"2"].concat()).await;
    never_overwrites(&shop, &small, &in_parts).await;
    never_overwrites(&shop, &in_parts, &small).await;
    never_overwrites(&shop, &in_parts, &large(18 * MIB)).await;
    assert!(
        shop.objects
            .local_path(&"uploads/a.jpg".parse().unwrap())
            .is_none()
    );
}

#[tokio::test]
async fn a_bucket_keeps_nothing_of_what_was_refused() {
    let Some(shop) = bucket() else { return };
    refuses_and_leaves_nothing(&shop).await;
}

#[tokio::test]
async fn a_bucket_keeps_papers_once() {
    let Some(shop) = bucket() else { return };
    papers_are_kept_once(&shop).await;
}

#[tokio::test]
async fn in_a_bucket_one_of_many_wins() {
    let Some(shop) = bucket() else { return };
    one_of_many_wins(&shop).await;
}

#[test]
fn a_store_that_cannot_be_says_what_to_mend() {
    let half = ObjectsConfig::S3(S3Config {
        bucket: "b".into(),
        access_key_id: Some("id".into()),
        ..S3Config::default()
    });
    for config in [half, ObjectsConfig::S3(S3Config::default())] {
        let error = Objects::open(&config).unwrap_err();
        assert!(matches!(error, ObjectError::Config { .. }), "{error}");
    }
}

trait AwaitFor: Future + Sized {
    /// The answer, or none after so many milliseconds; the future is dropped then.
    async fn await_for(self, millis: u64) -> Option<Self::Output> {
        tokio::time::timeout(Duration::from_millis(millis), self)
            .await
            .ok()
    }
}

impl<F: Future> AwaitFor for F {}
