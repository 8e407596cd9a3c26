//! The migrations that the program holds are the files in the repository.

use std::path::Path;

use sqlx::migrate::Migrator;

use crate::store::{postgres, sqlite};

#[tokio::test]
async fn the_program_holds_every_migration_as_its_file_is() {
    let told = |migrator: &Migrator| -> Vec<_> {
        let all = migrator.iter();
        all.map(|it| (it.version, it.description.clone(), it.checksum.clone(), it.no_tx)).collect()
    };
    let held = [&*sqlite::schema::MIGRATIONS, &*postgres::schema::MIGRATIONS];
    for (folder, held) in ["sqlite", "postgres"].into_iter().zip(held) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
        let files = Migrator::new(path).await.expect("a folder of migrations");
        assert_eq!(told(held), told(&files), "{folder}");
    }
}
