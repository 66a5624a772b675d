//! What was wrong with rows, and the files they stood in.

use lockstep_store::goods::{
    FileState, ImportFile, IssueQuery, IssueRow, IssueTotal, KeptFile, MAX_ISSUES, Mode, Severity,
};
use serde_json::json;

use super::{Import, some, words};
use crate::world::{Engine, World};

contract!(
    issues_are_numbered_and_found_by_what_they_say,
    of_too_many_issues_the_first_are_kept_and_all_are_counted,
    files_say_how_far_the_import_is,
    the_same_bytes_are_known_again,
);

pub(super) fn issue(code: &str) -> IssueRow {
    IssueRow {
        severity: if code.starts_with("unknown_p") { Severity::Error } else { Severity::Warning },
        code: code.to_owned(),
        file: some("a.xml"),
        line: Some(7),
        col: Some(3),
        kind: some("offer"),
        ext_id: some("1#2"),
        field: some("Ид"),
        value: some("1#2 'x'"),
    }
}

pub(super) fn file(name: &str, sha256: &str) -> ImportFile {
    ImportFile {
        name: name.to_owned(),
        kinds: words(&["product", "offer"]),
        bytes: 5_000_000_000,
        modified: Some(1_763_760_000_123_456_789),
        sha256: some(sha256),
        encoding: some("windows-1251"),
        totals: json!({"product": 60}),
        state: FileState::Waiting,
        error: None,
    }
}

async fn issues_are_numbered_and_found_by_what_they_say<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let bare = IssueRow {
        severity: Severity::Error,
        code: "no_id".to_owned(),
        file: some("b.xml"),
        line: None,
        col: None,
        kind: None,
        ext_id: None,
        field: None,
        value: None,
    };
    import.batch(async |tx| tx.add_issues(&[issue("unknown_product"), issue("unknown_unit")]).await).await;
    import.batch(async |tx| tx.add_issues(&[]).await).await;
    import.batch(async |tx| tx.add_issues(&[bare.clone(), issue("unknown_product")]).await).await;

    let page = async |query: IssueQuery| {
        let page = world.store.import_issues(import.held.id, &IssueQuery { limit: query.limit.max(2), ..query }).await;
        let page = page.expect("read");
        (page.items.iter().map(|issue| issue.n).collect::<Vec<_>>(), page.next, page.total)
    };
    assert_eq!(page(IssueQuery::default()).await, (vec![1, 2], Some(2), 4));
    assert_eq!(page(IssueQuery { after: 2, ..IssueQuery::default() }).await, (vec![3, 4], None, 4));
    let errors = IssueQuery { severity: Some(Severity::Error), limit: 9, ..IssueQuery::default() };
    assert_eq!(page(errors).await, (vec![1, 3, 4], None, 3));
    let units = IssueQuery { code: some("unknown_unit"), ..IssueQuery::default() };
    assert_eq!(page(units).await, (vec![2], None, 1));
    assert_eq!(page(IssueQuery { file: some("b.xml"), ..IssueQuery::default() }).await, (vec![3], None, 1));
    assert_eq!(page(IssueQuery { file: some("\0"), ..IssueQuery::default() }).await, (vec![], None, 0));

    let all = IssueQuery { limit: 1_000, ..IssueQuery::default() };
    let items = world.store.import_issues(import.held.id, &all).await.expect("read").items;
    assert_eq!((&items[0].row, &items[2].row), (&issue("unknown_product"), &bare));
    let other = Import::begin(&world).await;
    assert_eq!(world.store.import_issues(other.held.id, &all).await.expect("read").total, 0);
}

async fn of_too_many_issues_the_first_are_kept_and_all_are_counted<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let many = vec![issue("unknown_product"); 6_001];

    import.batch(async |tx| tx.add_issues(&many).await).await;
    import.batch(async |tx| tx.add_issues(&many).await).await;
    import.batch(async |tx| tx.add_issues(&[issue("unknown_unit")]).await).await;

    let last = IssueQuery { after: MAX_ISSUES - 2, limit: 100, ..IssueQuery::default() };
    let page = world.store.import_issues(import.held.id, &last).await.expect("read");
    assert_eq!((page.items.len(), page.total, page.next), (2, MAX_ISSUES, None));
    let total = |severity, code: &str, count| IssueTotal { severity, code: code.to_owned(), count };
    let expected = [total(Severity::Error, "unknown_product", 12_002), total(Severity::Warning, "unknown_unit", 1)];
    assert_eq!(world.store.import_totals(import.held.id).await.expect("read"), expected);
}

async fn files_say_how_far_the_import_is<E: Engine>(world: World<E>) {
    let import = Import::begin(&world).await;
    let job = import.held.id;
    let broken = ImportFile { state: FileState::Broken, error: Some(json!({"line": 3})), ..file("a.xml", "00") };
    import.batch(async |tx| tx.put_import_files(&[file("old.xml", "00")], Mode::Write).await).await;
    import.batch(async |tx| tx.put_import_files(&[file("z.xml", "00"), broken.clone()], Mode::Write).await).await;

    import.batch(async |tx| tx.set_import_file_state("z.xml", FileState::Running, 40, None).await).await;

    let expected = [
        KeptFile { file: ImportFile { state: FileState::Running, ..file("z.xml", "00") }, done: 40 },
        KeptFile { file: broken, done: 0 },
    ];
    assert_eq!(world.store.import_files(job).await.expect("read"), expected);
    let error = json!({"code": "truncated"});
    import.batch(async |tx| tx.set_import_file_state("z.xml", FileState::Skipped, 0, Some(&error)).await).await;
    let kept = world.store.import_files(job).await.expect("read").swap_remove(0);
    assert_eq!((kept.file.state, kept.file.error), (FileState::Skipped, Some(error)));
    let mut tx = world.store.begin_batch(import.held, "x", None).await.expect("held");
    let never = tx.set_import_file_state("never.xml", FileState::Done, 0, None).await;
    assert!(matches!(never, Err(lockstep_store::Error::NotFound)), "{never:?}");
}

async fn the_same_bytes_are_known_again<E: Engine>(world: World<E>) {
    let before = async |sha256: &str| world.store.import_seen_before(sha256).await.expect("read");
    for (mode, state) in [(Mode::Dry, FileState::Done), (Mode::Write, FileState::Skipped)] {
        let import = Import::begin(&world).await;
        let file = ImportFile { state, ..file("a.xml", "aa") };
        import.batch(async |tx| tx.put_import_files(&[file], mode).await).await;
        import.end(lockstep_store::jobs::JobState::Completed).await;
        assert_eq!(before("aa").await, None, "{mode:?} {state:?}");
    }

    let import = Import::begin(&world).await;
    import.batch(async |tx| tx.put_import_files(&[file("a.xml", "aa"), file("b.xml", "bb")], Mode::Write).await).await;
    assert_eq!(before("aa").await, None, "not yet");
    import.batch(async |tx| tx.set_import_file_state("a.xml", FileState::Done, 9, None).await).await;

    assert_eq!((before("aa").await, before("bb").await), (Some(import.held.id), None));
}
