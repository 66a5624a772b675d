//! A configuration in any state: read, or refused with places and without secrets. Never a panic.

use std::{net::IpAddr, path::Path};

use super::*;
use crate::nasty::texts;

const FILES: [&str; 8] = [
    "[server]\nlisten = 127.0.0.1:8080\nworkers = 1\ntrusted_proxies = 10.0.0.0/8, ::1\nsocket_mode = 0660\n",
    "[server]\nlisten = unix:/run/lockstep/worker-{n}.sock\nops_listen = 127.0.0.1:910{n}\nallowed_origins = https://a.example\n",
    "[redis]\nurl = rediss://user:hunter2@host:6380/3?sentinelPassword=hunter2\nprefix = a:\n",
    "[redis]\nsocket = /r.sock\npassword = hunter2\ndb = 3\nusername = x\n",
    "[database]\nurl = sqlite:/x.db?mode=rwc\nsynchronous = normal\n[sync]\nfast_lane = off\ntick_ms = 50\n",
    "[sync.dependencies]\ncategories = files, users\nimport:1 = files\nregistrators =\n",
    "[limits]\nconnections = 1\nbody_s = 3600\n[log]\nlevel = trace\nformat = json\n[auth]\nsession_hours = 1\n",
    "\u{feff}; comment\n[ server ]\n = \n[]\n[[x]]\nk\n\"\" = \"\"\n",
];

#[test]
fn a_file_in_any_state_is_read_or_refused_and_tells_no_secret() {
    let file = file("");
    let path = file.path.display().to_string();
    let (mut read, mut refused) = (0, 0);
    for text in texts(&FILES, 600) {
        fs::write(&file.path, &text).expect("writes");
        match load(&Inputs { file: Some(file.path.clone()), ..Inputs::default() }) {
            Ok(loaded) => {
                let shown = format!("{:?} {:?}", loaded.effective(), loaded.settings);
                assert!(!shown.contains("hunter2") || is_told_elsewhere(&text), "{text:?}: {shown}");
                read += 1;
            }
            Err(problems) => {
                let problems = problems.to_string();
                assert!(problems.lines().all(|line| line.starts_with(&path)), "{text:?}: {problems}");
                refused += 1;
            }
        }
    }
    assert!(read > 30 && refused > 100, "{read} read, {refused} refused");
}

/// Whether a mutant has put the password where no password belongs, such as into `username`: then it is shown as what it seems to be.
fn is_told_elsewhere(text: &str) -> bool {
    let is_secret = |key: &str| matches!(key.trim(), "password" | "url");
    text.lines().any(|line| line.contains("hunter2") && line.split_once('=').is_none_or(|(key, _)| !is_secret(key)))
}

#[test]
fn lines_in_any_state_become_assignments_or_problems_with_their_line() {
    for text in texts(&FILES, 20_000) {
        let mut problems = Problems::default();
        for assignment in scan::scan(&text, Path::new("config.ini"), &mut problems) {
            assert!(!assignment.value.contains('\n'), "{text:?}");
            assert!(
                matches!(assignment.origin, Origin::File { line, .. } if (1..=text.lines().count()).contains(&line))
            );
        }
        assert!(problems.to_string().lines().count() <= text.lines().count(), "{text:?}");
    }
}

#[test]
fn small_values_in_any_state_are_taken_within_their_bounds_or_refused() {
    const VALUES: [&str; 12] = [
        "10.0.0.5",
        "192.168.7.0/24",
        "fd00::/8",
        "::ffff:10.0.0.1/104",
        "0.0.0.0/0",
        "::/0",
        "https://shop.example.com:8443/",
        "http://[::1]:8080",
        "0660",
        "777",
        "10.0.0.0/33",
        "https://пример.рф",
    ];
    let addresses: [IpAddr; 3] =
        ["8.8.8.8", "::1", "::ffff:10.1.2.3"].map(|address| address.parse().expect("an address"));
    let (mut networks, mut origins) = (0, 0);
    for text in texts(&VALUES, 20_000) {
        if let Ok(network) = text.parse::<Network>() {
            let holds = addresses.iter().filter(|address| network.contains(**address)).count();
            assert!(holds <= addresses.len());
            networks += 1;
        }
        if let Ok(origin) = text.parse::<WebOrigin>() {
            http::HeaderValue::from_str(origin.as_str()).unwrap_or_else(|_| panic!("{text:?} can stand in no header"));
            assert_eq!(origin.as_str().parse(), Ok(origin), "{text:?}");
            origins += 1;
        }
        assert!(text.parse::<Mode>().is_ok_and(|mode| mode.0 <= 0o777) || text.parse::<Mode>().is_err());
    }
    assert!(networks > 100 && origins > 100, "{networks} networks, {origins} origins");
}
