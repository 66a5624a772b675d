//! The configuration as its users meet it.

mod strangers;

use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

struct File {
    _directory: TempDir,
    path: PathBuf,
}

fn file(text: &str) -> File {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("config.ini");
    fs::write(&path, text).expect("writes");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("sets the mode");
    File { _directory: directory, path }
}

fn load_text(text: &str) -> Result<Loaded, String> {
    let file = file(text);
    let inputs = Inputs { file: Some(file.path.clone()), ..Inputs::default() };
    load(&inputs).map_err(|problems| problems.to_string().replace(&file.path.display().to_string(), "config.ini"))
}

fn problems(text: &str) -> String {
    load_text(text).expect_err("a problem")
}

fn check(text: &str, expected: &str) {
    assert_eq!(problems(text), expected);
}

#[test]
fn the_example_and_the_settings_have_the_same_keys() {
    // A key that the settings lack, or one that the example lacks, ends this in the assertion of `typed`.
    let loaded = load_text("").expect("the defaults are right");

    assert_eq!(loaded.settings.server.workers, 1);
    assert_eq!(loaded.settings.database_url().expose(), "sqlite:data/lockstep.db");
    assert!(!loaded.settings.has_redis());
    assert_eq!(loaded.settings.sync.fanout(), lockstep_protocol::FanOut::default());
}

#[test]
fn the_defaults_need_no_file() {
    let inputs = Inputs { file: Some("/nowhere/config.ini".into()), ..Inputs::default() };

    let problems = load(&inputs).expect_err("a file that was named must exist").to_string();

    assert!(problems.starts_with("/nowhere/config.ini: no such file; copy config.ini.example"), "{problems}");
}

#[test]
fn the_keys_of_the_first_system_work_as_they_stand() {
    let text = "# config.ini\n[redis]\nsocket = /var/run/redis/redis.sock\npassword = other!\ndb = 3\n[sync]\nsync_idle_seconds = 45\n";

    let settings = load_text(text).expect("right").settings;

    assert_eq!(settings.redis.socket, Some("/var/run/redis/redis.sock".into()));
    assert_eq!(settings.redis.password.expect("one").expose(), "other!");
    assert_eq!((settings.redis.db, settings.sync.sync_idle_seconds), (3, 45));
}

#[test]
fn the_password_of_the_public_example_is_refused() {
    let expected = "config.ini:3: [redis] password: this password is printed in a public example; choose another one in Redis and here";
    check("[redis]\nsocket = /r.sock\npassword = znf25!\n", expected);
}

#[test]
fn an_unknown_key_is_answered_with_the_near_one() {
    check("[redis]\nsokcet = /r\n", "config.ini:2: [redis] sokcet: no such key; did you mean socket?");
    check("[Redis]\nsocket = /r\n", "config.ini:2: [Redis] socket: no such section; did you mean redis?");
    check("[redis]\nDB = 1\n", "config.ini:2: [redis] DB: no such key; did you mean db?");
    check(
        "[server]\nsession_hours = 1\n",
        "config.ini:2: [server] session_hours: no such key here; it belongs into [auth]",
    );
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_file() {
    let text = "[server]\nworkers = many\nlisten = nowhere\nlisten = x\n[redis]\ndb = 300\nnonsense\n[log]\nlevel = loud\n[limits]\nconnections = 0\n";

    let problems = problems(text);

    let places: Vec<_> = problems.lines().map(|line| line.split(": ").next().expect("a place")).collect();
    assert_eq!(
        places,
        [
            "config.ini:2",
            "config.ini:3",
            "config.ini:4",
            "config.ini:6",
            "config.ini:7",
            "config.ini:9",
            "config.ini:11"
        ],
        "{problems}"
    );
}

#[test]
fn a_wrong_type_says_what_was_expected() {
    check(
        "[server]\nworkers = many\n",
        "config.ini:2: [server] workers: `many` is not a whole number in its range; the default is 1",
    );
    check("[redis]\ndb = -1\n", "config.ini:2: [redis] db: `-1` is not a whole number in its range; the default is 0");
    check("[log]\nformat = xml\n", "config.ini:2: [log] format: `xml` is none of text, json");
}

#[test]
fn entities_under_locks_are_named_once_and_a_slip_is_answered_with_the_near_name() {
    let settings = load_text("[locks]\nentities = categories, files , files\nlease_s = 60\n").expect("right").settings;

    use lockstep_app::Entity;
    assert_eq!(settings.locks.entities(), [Entity::Files, Entity::Categories]);
    assert_eq!(settings.locks.lease_s, 60);
    assert_eq!(load_text("").expect("right").settings.locks.entities(), []);
    check(
        "[locks]\nentities = files, catgories\n",
        "config.ini:2: [locks] entities: `catgories`: no such entity; did you mean categories?",
    );
    let all = "files, users, groups, categories, registrators";
    check(
        "[locks]\nentities = products\n",
        &format!("config.ini:2: [locks] entities: `products`: no such entity; there are {all}"),
    );
    check("[locks]\nlease = 5\n", "config.ini:2: [locks] lease: no such key; did you mean lease_s?");
    check("[lock]\nentities = files\n", "config.ini:2: [lock] entities: no such section; did you mean locks?");
    check("[locks]\nlease_s = 0\n", "config.ini:2: [locks] lease_s: `0` is out of range; give 2 to 3600");
}

#[test]
fn imports_have_a_root_a_key_and_limits() {
    let settings = load_text("").expect("right").settings;
    assert_eq!(settings.import_root(), PathBuf::from("data/imports"));
    assert_eq!(settings.jobs.redis_lock_key.as_deref(), Some("lockstep:import_catalog_lock"));
    assert_eq!((settings.imports.max_file_bytes, settings.imports.max_entries), (2 << 30, 10_000));

    let text = "[jobs]\nimport_root = /srv/1c\nredis_lock_key =\n[imports]\nmax_rows = 7\n";
    let settings = load_text(text).expect("right").settings;
    assert_eq!((settings.import_root(), settings.jobs.redis_lock_key), ("/srv/1c".into(), None));
    assert_eq!(settings.imports.max_rows, 7);

    let out = "`0` is out of range; give 1024 to 1073741824";
    check("[imports]\nexchange_file_limit = 0\n", &format!("config.ini:2: [imports] exchange_file_limit: {out}"));
    check("[imports]\nmax_row = 1\n", "config.ini:2: [imports] max_row: no such key; did you mean max_rows?");
    assert!(
        problems("[jobs]\nredis_lock_key = a key\n").starts_with("config.ini:2: [jobs] redis_lock_key: give a name")
    );
}

#[test]
fn what_is_in_force_names_the_root_of_imports_even_where_none_is_set() {
    let shown = |text: &str| {
        let all = load_text(text).expect("right").effective();
        all.into_iter()
            .find(|value| value.key == "import_root")
            .map(|value| (value.value, value.origin))
            .expect("a key")
    };

    assert_eq!(shown("[server]\ndata_dir = /var/lib/x\n"), ("/var/lib/x/imports".into(), "default".into()));
    assert_eq!(shown("[jobs]\nimport_root = /srv/1c\n").0, "/srv/1c");
}

#[test]
fn several_workers_without_redis_are_refused_with_the_cure() {
    check("[server]\nworkers = 3\n", &format!("config.ini:2: [server] workers: {NO_WIRE}"));
}

#[test]
fn dependencies_can_be_added_and_switched_off() {
    let settings = load_text("[sync.dependencies]\nregistrators =\ngroups = users, admin\n").expect("right").settings;

    let fanout = settings.sync.fanout();

    use lockstep_protocol::Room;
    assert_eq!(fanout.dependents(&Room::Registrators), []);
    assert_eq!(fanout.dependents(&Room::Categories), [Room::Files]);
    assert_eq!(fanout.dependents(&Room::Groups), [Room::Users, Room::Admin]);
}

#[test]
fn a_cycle_and_an_unknown_room_are_refused() {
    check(
        "[sync.dependencies]\nfiles = categories\n",
        "config.ini:2: [sync.dependencies] files: dependencies go round: files → categories → files; take one of them out",
    );
    assert!(
        problems("[sync.dependencies]\nflies = users\n")
            .starts_with("config.ini:2: [sync.dependencies] `flies`: no such room")
    );
    // Such a name has a colon, on which the reader of settings once ended the process.
    let passing = problems("[sync.dependencies]\nimport:7 = files\n");
    assert!(passing.starts_with("config.ini:2: [sync.dependencies] `import:7`: rules are for rooms"), "{passing}");
    let unknown = problems("[sync.dependencies]\ncategories = flies\n");
    assert!(unknown.starts_with("config.ini:2: [sync.dependencies] categories: `flies`: no such room"), "{unknown}");
}

#[test]
fn the_environment_goes_over_the_file_and_the_command_line_over_both() {
    let file = file("[server]\nworkers = 2\ndrain_s = 3\n[redis]\nsocket = /a\ndb = 1\n");
    let inputs = Inputs {
        file: Some(file.path.clone()),
        environment: vec![
            ("LOCKSTEP__REDIS__DB".into(), "5".into()),
            ("LOCKSTEP__SERVER__WORKERS".into(), "7".into()),
            ("LOCKSTEP__SYNC__DEPENDENCIES__GROUPS".into(), "users".into()),
            ("LOCKSTEP_KEY".into(), "not a setting".into()),
        ],
        arguments: vec![("--workers", "server.workers", "9".into())],
    };

    let loaded = load(&inputs).expect("right");

    let origins: Vec<String> = loaded
        .effective()
        .into_iter()
        .filter(|effective| effective.origin != "default")
        .map(|effective| format!("{} = {} {}", effective.key, effective.value, effective.origin))
        .collect();
    let path = file.path.display();
    assert_eq!(
        origins,
        [
            "workers = 9 --workers".to_owned(),
            format!("drain_s = 3 {path}:3"),
            format!("socket = /a {path}:5"),
            "db = 5 LOCKSTEP__REDIS__DB".to_owned(),
            "groups = users LOCKSTEP__SYNC__DEPENDENCIES__GROUPS".to_owned(),
        ]
    );
}

#[test]
fn a_variable_that_names_nothing_is_an_error_like_any_other() {
    let inputs = Inputs { environment: vec![("LOCKSTEP__REDIS__SOKCET".into(), "/r".into())], ..Inputs::default() };

    let problems = load(&inputs).expect_err("unknown").to_string();

    assert_eq!(problems, "LOCKSTEP__REDIS__SOKCET: [redis] sokcet: no such key; did you mean socket?");
}

#[test]
fn a_secret_that_everybody_can_read_is_refused() {
    let file = file("[redis]\nsocket = /r\npassword = mine\n");
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).expect("sets the mode");
    let inputs = Inputs { file: Some(file.path.clone()), ..Inputs::default() };

    let problems = load(&inputs).expect_err("readable").to_string();

    assert!(problems.contains(&format!(
        ":3: [redis] password: everybody on this machine can read it in `{}`",
        file.path.display()
    )));
}

/// Only what stood before the `@` was once taken for a password; the one for the sentinels stands in the query.
#[test]
fn a_password_in_the_query_of_a_url_is_a_secret() {
    let urls = [
        "redis-sentinel://host:26379/0?sentinelServiceName=main&sentinelPassword=hunter2",
        "redis://host:6379?password=hunter2",
        "redis://host:6379/0?PASSWORD=hunter2&x=1",
        "redis://user:hunter2@host",
    ];
    for url in urls {
        let file = file(&format!("[redis]\nurl = {url}\n"));
        let inputs = Inputs { file: Some(file.path.clone()), ..Inputs::default() };
        let loaded = load(&inputs).expect("right");
        let shown = format!("{:?} {:?}", loaded.effective(), loaded.settings);
        assert!(!shown.contains("hunter2"), "{shown}");

        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).expect("sets the mode");
        let problems = load(&inputs).expect_err("readable").to_string();
        assert!(problems.contains(":2: [redis] url: everybody on this machine can read it"), "{url}: {problems}");
    }
    let public = problems("[redis]\nurl = redis-sentinel://host?sentinelPassword=znf25!\n");
    assert!(public.contains("printed in a public example"), "{public}");
}

#[test]
fn a_database_on_a_server_is_taken_and_its_password_is_a_secret() {
    let urls = [
        "postgres://lockstep:hunter2@db.example.com/lockstep",
        "postgresql://lockstep:hunter2@10.0.0.7:5433/lockstep?sslmode=verify-full&sslrootcert=/etc/ssl/own.pem",
        "postgres://localhost/lockstep?host=/run/postgresql&user=lockstep&password=hunter2",
    ];
    for url in urls {
        // Nothing is kept here, so no directory is needed.
        let file = file(&format!("[server]\ndata_dir =\n[database]\nurl = {url}\n"));
        let inputs = Inputs { file: Some(file.path.clone()), ..Inputs::default() };
        let loaded = load(&inputs).expect(url);
        assert_eq!(loaded.settings.database_url().expose(), url);
        let shown = format!("{:?} {:?}", loaded.effective(), loaded.settings);
        assert!(!shown.contains("hunter2"), "{shown}");

        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).expect("sets the mode");
        let problems = load(&inputs).expect_err("readable").to_string();
        assert!(problems.contains(":4: [database] url: everybody on this machine can read it"), "{url}: {problems}");
    }
    let public = problems("[database]\nurl = postgres://lockstep:znf25!@db/lockstep\n");
    assert!(public.contains("printed in a public example"), "{public}");
    let open = load_text("[database]\nurl = postgres://lockstep@db/lockstep\n").expect("right");
    assert!(format!("{:?}", open.effective()).contains("postgres://lockstep@db/lockstep"), "nothing to hide");
    let path = load_text("[database]\nurl = sqlite:/srv/a:b@c.db\n").expect("right");
    assert!(format!("{:?}", path.effective()).contains("a:b@c.db"), "a file has no password");
}

/// `serve` once found these where `check-config` had found nothing.
#[test]
fn what_serve_would_refuse_is_refused_here_with_its_line() {
    let bad = |text: &str, line: usize, key: &str, says: &str| {
        let problems = problems(text);
        assert!(problems.starts_with(&format!("config.ini:{line}: {key}: ")) && problems.contains(says), "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    };

    for url in [
        "redis://host:99999",
        "redis://host:x",
        "redis://host:0",
        "redis://",
        "redis://:6379",
        "redis://host/many",
        "redis-sentinel://host:26379",
        "redis-cluster://host:7000?node=other",
        "redis://:hunter2/with/slashes?@host",
    ] {
        bad(&format!("[redis]\nurl = {url}\n"), 2, "[redis] url", "cannot be used");
    }
    bad("[server]\nsocket_group = no-such-group\n", 2, "[server] socket_group", "no group `no-such-group`");
    for url in
        ["sqlite:", "sqlite://", "sqlite::memory:", "mysql://a:hunter2@h/x", "postgres:a:hunter2@h/x", "lockstep.db"]
    {
        bad(&format!("[database]\nurl = {url}\n"), 2, "[database] url", "the path of a file");
    }
    bad("[database]\nurl = sqlite:x.db?mood=rw\n", 2, "[database] url", "mood");
    for url in [
        "postgres://a:hunter2@h:99999/x",
        "postgres://a:hunter2/with/slashes@h/x",
        "postgres://a:hunter2@h/x?sslmode=maybe",
    ] {
        bad(&format!("[database]\nurl = {url}\n"), 2, "[database] url", "cannot be used");
    }
    bad("[database]\nurl = postgres://a:hunter2@h/x?sslmood=require\n", 2, "[database] url", "`sslmood`");
    let redis = "[redis]\nsocket = /r\n";
    let many = "[server]\nworkers = 12\n";
    bad(&format!("{redis}{many}listen = 127.0.0.1:655{{n}}0\n"), 5, "[server] listen", "127.0.0.1:65540");
    bad(&format!("{redis}{many}ops_listen = h:808{{n}}\n"), 5, "[server] ops_listen", "h:80810");
    bad("[server]\nlisten = 127.0.0.{n}0000:80\n", 2, "[server] listen", "is no address");
    let empty = file(" \n");
    bad(&format!("{redis}password_file = {}\n", empty.path.display()), 3, "[redis] password_file", "is empty");
}

#[test]
fn addresses_of_redis_in_every_form_are_taken() {
    for url in [
        "redis://host",
        "rediss://user:p%2Fw@host:6380/3",
        "redis://[::1]:6379",
        "redis-sentinel://one:26379?node=two:26379&sentinelServiceName=main",
        "redis-cluster://one:7000?node=two:7001",
    ] {
        load_text(&format!("[redis]\nurl = {url}\n")).expect(url);
    }
}

#[test]
fn a_user_of_redis_needs_a_password() {
    let settings = load_text("[redis]\nsocket = /r\nusername = lockstep\npassword = x\n").expect("right").settings;
    assert_eq!(settings.redis.username.as_deref(), Some("lockstep"));
    load_text("[redis]\nurl = redis://x:y@host\nusername = lockstep\n").expect("the password is in the URL");

    let problems = problems("[redis]\nsocket = /r\nusername = lockstep\n");
    assert!(problems.starts_with("config.ini:3: [redis] username: a user needs a password"), "{problems}");
}

#[test]
fn a_url_without_a_password_is_shown() {
    let loaded = load_text("[redis]\nurl = redis-sentinel://host:26379/0?sentinelServiceName=main\n").expect("right");

    assert!(format!("{:?}", loaded.effective()).contains("sentinelServiceName=main"));
}

#[test]
fn a_file_without_secrets_may_be_read_by_all() {
    let file = file("[redis]\nsocket = /r\n");
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).expect("sets the mode");

    assert!(load(&Inputs { file: Some(file.path.clone()), ..Inputs::default() }).is_ok());
}

#[test]
fn a_password_may_come_from_a_file_of_its_own() {
    let password = file("s3cret\n");

    let text = format!("[redis]\nsocket = /r\npassword_file = {}\n", password.path.display());
    let settings = load_text(&text).expect("right").settings;

    assert_eq!(settings.redis.password.expect("read").expose(), "s3cret");
    assert!(problems(&format!("{text}password = x\n")).contains("not both"));
    assert!(problems("[redis]\nsocket = /r\npassword_file = /nowhere\n").contains("cannot read `/nowhere`"));
}

#[test]
fn secrets_do_not_print() {
    let loaded = load_text("[redis]\nurl = redis://:hunter2@host:6379/1\n").expect("right");

    let shown = format!("{:?} {:?}", loaded.effective(), loaded.settings);

    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("***"));
}

#[test]
fn a_file_in_another_encoding_is_named_with_its_line() {
    let file = file("");
    fs::write(&file.path, b"[server]\nlisten = \xcf\xf0\n").expect("writes");

    let problems =
        load(&Inputs { file: Some(file.path.clone()), ..Inputs::default() }).expect_err("not UTF-8").to_string();

    assert!(problems.ends_with("config.ini:2: is not UTF-8; save the file in that encoding"), "{problems}");
}

#[test]
fn addresses_that_cannot_work_together_are_refused() {
    let text = "[server]\nworkers = 2\nops_listen = 127.0.0.1:9100\n[redis]\nsocket = /r\n";
    assert!(problems(text).contains("put `{n}` into it"));
    assert!(problems("[redis]\nsocket = /r\nurl = redis://h\n").contains("not both"));
    assert!(problems("[redis]\nurl = http://h\n").contains("no address of Redis"));
    assert!(problems("[redis]\npassword = x\n").contains("no server"));
    assert!(problems("[database]\nurl = mysql://x\n").contains("sqlite:"));
}

#[test]
fn sentinels_and_a_cluster_are_lists_of_hosts() {
    let redis = |text: &str| load_text(&format!("[redis]\n{text}\n")).expect(text).settings.redis;

    let sentinels = redis("sentinels = one:26379, 10.0.0.2:26379,[fd00::3]:26379\nsentinel_password = x\ndb = 3");
    let hosts: Vec<_> = sentinels.sentinels.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["one:26379", "10.0.0.2:26379", "[fd00::3]:26379"]);
    assert_eq!(sentinels.service, "mymaster");
    assert_eq!(redis("cluster = one:7000, two:7000").cluster.len(), 2);
    load_text("[server]\nworkers = 3\n[redis]\ncluster = one:7000\n").expect("a wire");
}

#[test]
fn sentinels_and_a_cluster_that_cannot_work_are_refused_with_the_cure() {
    let bad = |text: &str, key: &str, says: &str| {
        let problems = problems(&format!("[redis]\n{text}\n"));
        assert!(problems.contains(&format!("[redis] {key}: ")) && problems.contains(says), "{text}: {problems}");
        assert_eq!(problems.lines().count(), 1, "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    };

    bad("sentinels = one:26379, two", "sentinels", "`two` is no address; write it as host:port");
    bad("cluster = redis://one:7000", "cluster", "host:port");
    bad("cluster = one:7000\nsocket = /r", "cluster", "give `socket` or `cluster`, not both");
    bad("cluster = one:7000\nsentinels = two:1", "cluster", "give `sentinels` or `cluster`, not both");
    bad("cluster = one:7000\ndb = 1", "db", "a cluster has the database 0 alone");
    bad("sentinels = one:26379\nservice =", "service", "sentinel monitor NAME");
    bad("sentinels = one:26379\nsentinel_username = x", "sentinel_username", "a user needs a password");
    bad("socket = /r\nsentinel_password = hunter2", "sentinel_password", "there are no sentinels");
    bad("sentinels = one:1\nsentinel_password = znf25!", "sentinel_password", "public example");
    bad("sentinels = one:1\nsentinel_password_file = /nowhere", "sentinel_password_file", "cannot read `/nowhere`");
    bad(
        "sentinels = one:1\nsentinel_password = hunter2\nsentinel_password_file = /r",
        "sentinel_password_file",
        "not both",
    );
}

#[test]
fn the_password_of_the_sentinels_is_a_secret_like_the_other() {
    let password = file("hunter2\n");
    let path = password.path.display();
    let given = load_text("[redis]\nsentinels = one:26379\nsentinel_password = hunter2\n").expect("right");
    let read = load_text(&format!("[redis]\nsentinels = one:26379\nsentinel_password_file = {path}\n")).expect("right");

    for loaded in [given, read] {
        let shown = format!("{:?} {:?}", loaded.effective(), loaded.settings);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(loaded.settings.redis.sentinel_password.expect("one").expose(), "hunter2");
    }
    let file = file("[redis]\nsentinels = one:26379\nsentinel_password = hunter2\n");
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).expect("sets the mode");
    let problems =
        load(&Inputs { file: Some(file.path.clone()), ..Inputs::default() }).expect_err("readable").to_string();
    assert!(problems.contains(":3: [redis] sentinel_password: everybody on this machine can read it"), "{problems}");
}
