//! A wrong configuration: refused at the start, with every mistake, its place and its cure.

use std::{fs, process::Output};

use lockstep_e2e::{Launch, lockstep};

/// `lockstep <arguments> --config config.ini` with this text in the file; status and what it said to stderr.
fn run(arguments: &[&str], text: &str) -> (i32, String) {
    let directory = tempfile::tempdir().expect("room for a directory");
    fs::write(directory.path().join("config.ini"), text).expect("writable");
    let launch = Launch::new("lockstep", lockstep(), directory.path()).args(arguments.iter().copied());
    said(&launch.args(["--config", "config.ini"]).run(""))
}

fn said(output: &Output) -> (i32, String) {
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn all_mistakes_are_reported_at_once_with_file_line_and_cure() {
    let text = "[server]\nlisten = nowhere\nworkers = many\n\n[redis]\nsokcet = /run/redis.sock\n\n[sync]\nsync_idle_seconds = soon\n";

    for command in ["serve", "check-config"] {
        let (status, errors) = run(&[command], text);

        assert_eq!(status, 2, "{errors}");
        for expected in ["config.ini:2", "config.ini:3", "config.ini:6", "config.ini:9", "did you mean socket?"] {
            assert!(errors.contains(expected), "no `{expected}` in {command}'s\n{errors}");
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let directory = tempfile::tempdir().expect("room for a directory");
    let launch = Launch::new("lockstep", lockstep(), directory.path()).args(["serve", "--config", "absent.ini"]);

    let (status, errors) = said(&launch.run(""));

    assert_eq!(status, 2, "{errors}");
    assert!(errors.contains("absent.ini"), "{errors}");
}

#[test]
fn several_workers_without_redis_are_refused_with_the_cure() {
    let (status, errors) = run(&["serve", "--workers", "3"], "[server]\nlisten = unix:worker-{n}.sock\n");

    assert_eq!(status, 2, "{errors}");
    assert!(errors.contains("[redis]") && errors.contains("one worker"), "{errors}");
}

#[test]
fn a_circle_of_dependencies_is_refused() {
    let (status, errors) = run(&["serve"], "[sync.dependencies]\ncategories = files\nfiles = categories\n");

    assert_eq!(status, 2, "{errors}");
    assert!(errors.contains("files") && errors.contains("categories"), "{errors}");
}

#[test]
fn a_password_is_never_printed() {
    let directory = tempfile::tempdir().expect("room for a directory");
    let launch = Launch::new("lockstep", lockstep(), directory.path()).arg("check-config");

    let output =
        launch.env("LOCKSTEP__REDIS__SOCKET", "/run/redis.sock").env("LOCKSTEP__REDIS__PASSWORD", "hush-hush").run("");

    let all = [output.stdout, output.stderr].concat();
    let all = String::from_utf8_lossy(&all);
    assert!(output.status.success(), "{all}");
    assert!(all.contains("***") && !all.contains("hush-hush"), "{all}");
}

#[test]
fn wrong_use_of_the_command_line_exits_with_two() {
    let directory = tempfile::tempdir().expect("room for a directory");
    for wrong in [&["serv"][..], &["serve", "--wokers", "3"], &["user", "add"]] {
        let (status, errors) =
            said(&Launch::new("lockstep", lockstep(), directory.path()).args(wrong.iter().copied()).run(""));

        assert_eq!(status, 2, "{wrong:?}: {errors}");
        assert!(!errors.is_empty());
    }
}
