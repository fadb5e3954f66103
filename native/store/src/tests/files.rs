//! The disk of the system does what the trait says.

use crate::{Directory, Disk, DiskError, DiskFile};

fn in_directory(name: &str, test: impl FnOnce(Directory)) {
    let path = std::env::temp_dir().join(format!("nt-store-{name}-{}", std::process::id()));
    std::fs::create_dir(&path).expect("a new directory");
    test(Directory::new(&path));
    std::fs::remove_dir_all(&path).expect("removed");
}

#[test]
fn bytes_are_read_where_they_were_written() {
    in_directory("bytes", |disk| {
        let file = disk.create("a", 10).expect("new");
        file.write_at(20, b"hello").expect("written");
        file.sync().expect("synced");
        let mut bytes = [1; 30];
        assert_eq!(disk.open("a").expect("there").read_at(18, &mut bytes), Ok(7));
        assert_eq!(&bytes[..7], b"\0\0hello");
        assert_eq!(file.length(), Ok(25));
        file.set_length(5).expect("cut");
        assert_eq!(file.read_at(18, &mut bytes), Ok(0));
    });
}

#[test]
fn names_come_and_go() {
    in_directory("names", |disk| {
        disk.create("a", 0).expect("new");
        assert!(matches!(disk.create("a", 0), Err(DiskError::Failed { .. })));
        disk.rename("a", "b").expect("renamed");
        assert_eq!(disk.list(), Ok(vec!["b".to_owned()]));
        disk.sync_directory().expect("synced");
        disk.remove("b").expect("removed");
        assert!(matches!(disk.open("b"), Err(DiskError::Missing { .. })));
    });
}

#[test]
fn a_directory_is_locked_once_in_a_process_too() {
    in_directory("lock", |disk| {
        let lock = disk.lock().expect("free");
        assert!(matches!(disk.lock(), Err(DiskError::Locked { .. })));
        assert_eq!(disk.list(), Ok(Vec::new()), "the lock is no file of the store");
        drop(lock);
        disk.lock().expect("free again");
    });
}
