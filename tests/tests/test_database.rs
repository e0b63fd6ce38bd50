//! The test database itself: migrated, each test's own, gone afterwards.

use std::path::Path;

use dispatch_testing::TestDatabase;
use futures::future::join_all;
use sqlx::PgPool;

fn migrations(folder: &Path, files: &[(&str, &str)]) {
    for (name, sql) in files {
        std::fs::write(folder.join(name), sql).expect("write");
    }
}

async fn of(folder: &Path) -> TestDatabase {
    TestDatabase::of(folder).await.expect("a test database")
}

async fn exists(pool: &PgPool, name: &str) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(pool)
        .await
        .expect("query")
}

async fn count(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM things")
        .fetch_one(database.pool())
        .await
        .expect("the migrations made the table")
}

#[tokio::test]
async fn the_houses_migrations_run() {
    let database = TestDatabase::new().await;
    let named: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(database.pool())
        .await
        .expect("connected");
    assert_eq!(named, database.name());
    // a host under test gets there by the URL alone
    let other = PgPool::connect(database.url()).await.expect("connects");
    assert!(exists(&other, database.name()).await);
}

#[tokio::test]
async fn clones_are_apart_and_made_at_once_from_one_template() {
    let folder = tempfile::tempdir().expect("temp folder");
    // content of this run: the template is made here, by eight at once
    let unique = format!(
        "CREATE TABLE things (n int); COMMENT ON TABLE things IS '{}'",
        folder.path().display()
    );
    migrations(folder.path(), &[("0001_things.sql", &unique)]);
    let databases = join_all((0..8).map(|_| of(folder.path()))).await;
    for (n, database) in databases.iter().enumerate() {
        for _ in 0..n {
            sqlx::query("INSERT INTO things VALUES (1)")
                .execute(database.pool())
                .await
                .expect("insert");
        }
    }
    for (n, database) in databases.iter().enumerate() {
        assert_eq!(count(database).await, i64::try_from(n).expect("small"));
    }
}

#[tokio::test]
async fn dropped_it_is_gone_though_somebody_is_connected() {
    let watcher = TestDatabase::new().await;
    let database = TestDatabase::new().await;
    let name = database.name().to_owned();
    let held = database.pool().acquire().await.expect("connected");
    assert!(exists(watcher.pool(), &name).await);
    drop(database);
    assert!(!exists(watcher.pool(), &name).await);
    drop(held);
}

#[tokio::test]
async fn changed_migrations_make_another_template() {
    let folder = tempfile::tempdir().expect("temp folder");
    migrations(
        folder.path(),
        &[("0001_things.sql", "CREATE TABLE things (n int)")],
    );
    let one = of(folder.path()).await;
    assert_eq!(count(&one).await, 0);
    migrations(
        folder.path(),
        &[("0002_more.sql", "INSERT INTO things VALUES (1)")],
    );
    let two = of(folder.path()).await;
    assert_eq!((count(&one).await, count(&two).await), (0, 1));
}

#[tokio::test]
async fn broken_migrations_say_so_and_leave_no_template() {
    let folder = tempfile::tempdir().expect("temp folder");
    migrations(folder.path(), &[("0001_broken.sql", "CREATE TABLE (")]);
    for _ in 0..2 {
        let error = TestDatabase::of(folder.path()).await.expect_err("broken");
        assert!(format!("{error:#}").contains("migrating"), "{error:#}");
    }
}

#[tokio::test]
async fn templates_of_changed_migrations_do_not_pile_up() {
    let folder = tempfile::tempdir().expect("temp folder");
    for n in 0..20 {
        let comment = format!("-- {n} {}", folder.path().display());
        migrations(folder.path(), &[("0001_nothing.sql", &comment)]);
        of(folder.path()).await;
    }
    let watcher = TestDatabase::new().await;
    let templates: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_database WHERE starts_with(datname, 'dispatch_template_')",
    )
    .fetch_one(watcher.pool())
    .await
    .expect("query");
    assert!((1..=17).contains(&templates), "{templates} templates");
}
