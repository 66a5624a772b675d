//! Commands and their arguments, with help that teaches by example.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use lockstep_app::{ImportType, Only};
use lockstep_protocol::{
    EventName, NoticeStatus, Reason, Room,
    log::{Level, LogType},
};

use super::client::Target;
use crate::config::Secret;

/// Every open page moves in step with the data.
#[derive(Debug, Parser)]
#[command(name = "lockstep", version, about = "Every open page moves in step with the data", max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    /// The configuration; else ./config.ini, else /etc/lockstep/config.ini, else the defaults.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  lockstep user add anna --admin          an account that may do everything; prints its password once
  lockstep serve                          one worker, SQLite, http://127.0.0.1:8080
  lockstep serve --workers 4 --config /etc/lockstep/config.ini
  lockstep key add nightly --scope publish
  LOCKSTEP_KEY=… lockstep publish files:changed --reason updated --id 7

Every setting can come from the environment, too: LOCKSTEP__REDIS__SOCKET=/run/redis.sock.
Exit codes: 0 done; 1 failed, the reason is on standard error; 2 wrong use.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve pages, JSON and Socket.IO.
    Serve(Serve),
    /// One worker process of `serve`.
    #[command(hide = true)]
    Worker(Worker),
    /// Accounts of people.
    User(User),
    /// Keys of programs.
    Key(Key),
    /// Tell every page in a room that something has changed.
    Publish(Publish),
    /// Tell persons something, on whichever pages they have open, or when they come.
    Notify(Notify),
    /// Have a registrator's folder scanned, and watch.
    Scan(Scan),
    /// Have an exchange of 1C imported, and watch.
    Import(Import),
    /// Watch events as they happen, one a line.
    Tail(Tail),
    /// Write a line for those who look at the page of logs.
    Log(Log),
    /// Check the configuration; print every value in force and where it came from.
    CheckConfig {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring the database to this version's form. `serve` does it, too.
    #[command(after_help = "\
Examples:
  lockstep migrate
  lockstep migrate --new-epoch            once the database has been put back from a backup")]
    Migrate {
        /// After restoring a backup: every page and worker reads its data anew.
        #[arg(long)]
        new_epoch: bool,
    },
    /// Fill the database with a small company to try things on. Doing it twice does no harm.
    DemoData,
}

/// `{n}` as help texts must spell it: clap takes the plain one for a new line, so a style that changes nothing stands between.
macro_rules! number {
    () => {
        "{\u{1b}[0mn}"
    };
}

#[derive(Debug, Args)]
#[command(after_help = concat!("\
Examples:
  lockstep serve
  lockstep serve --listen unix:/run/lockstep/server.sock
  lockstep serve --workers 3 --listen 'unix:/run/lockstep/worker-", number!(), ".sock'     needs [redis]

SIGTERM lets pages move elsewhere, then ends. SIGHUP restarts the workers one after the other, with the settings
and the program as they are then; a single process is restarted by whoever started it."))]
pub(super) struct Serve {
    /// Worker processes; more than one needs Redis.
    #[arg(long, value_name = "N")]
    pub(super) workers: Option<u16>,
    /// Where to listen, perhaps with the place of the worker's number.
    #[arg(long, value_name = "ADDRESS", help = concat!("host:port or unix:/path; ", number!(), " stands for the worker's number"))]
    pub(super) listen: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep scan \"Reception scanner\"
  lockstep scan 4 --sha256 --no-wait

The workers that run do it; this command works on the database beside them and needs no key. It prints what was found, and ends with 1
unless the scan was completed.")]
pub(super) struct Scan {
    /// The registrator, by name or id.
    pub(super) registrator: String,
    /// Sum the bytes of each file that has no sum yet.
    #[arg(long)]
    pub(super) sha256: bool,
    /// Believe it when most of the files are gone.
    #[arg(long)]
    pub(super) force: bool,
    /// Print the number of the job and do not wait for it.
    #[arg(long)]
    pub(super) no_wait: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep import catalog 1c/2026-11 --dry-run        what would happen; nothing is written
  lockstep import catalog 1c/2026-11
  lockstep import catalog 1c/2026-11 --only goods,offers
  lockstep import stocks /srv/1c/stocks.zip           a path does, too, if it leads below [jobs] import_root

Types: catalog (all but customers), stocks, prices (both need a catalogue), customers. What a file brings is told by what is in it.
The workers that run do it; this command works on the database beside them and needs no key. A second import of the same changes nothing.
It prints what became of the rows, and ends with 1 unless the import was completed without an error.")]
pub(super) struct Import {
    /// catalog, stocks, prices or customers.
    #[arg(value_name = "TYPE")]
    pub(super) import_type: ImportType,
    /// The folder, archive or file: its name below [jobs] import_root, or a path that leads there.
    #[arg(value_name = "DIR")]
    pub(super) source: PathBuf,
    /// Find out what would happen, and write nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Only these parts of a catalogue: goods, offers, prices, rests.
    #[arg(long, value_delimiter = ',', value_name = "PARTS", value_parser = part)]
    pub(super) only: Vec<Only>,
    /// Rows in a transaction, 1 to 1000.
    #[arg(long, value_name = "N")]
    pub(super) batch: Option<u32>,
    /// Believe a full load in which more than 30 % of what was there is missing.
    #[arg(long)]
    pub(super) allow_mass_delete: bool,
    /// Leave out files that cannot be read to their end, rather than the whole.
    #[arg(long)]
    pub(super) skip_broken: bool,
    /// Print the number of the session and do not wait for it.
    #[arg(long)]
    pub(super) no_wait: bool,
}

fn part(name: &str) -> Result<Only, String> {
    let all = Only::ALL.map(Only::name).join(", ");
    Only::of(name).ok_or_else(|| format!("`{name}` is no part of a catalogue; there are {all}"))
}

#[derive(Debug, Args)]
pub(super) struct Worker {
    /// The process that started this one; when it is gone, so is this.
    #[arg(long)]
    pub(super) parent: u32,
    /// The listener lies ready on the line to that process.
    #[arg(long)]
    pub(super) inherited: bool,
    #[command(flatten)]
    pub(super) serve: Serve,
    /// Which worker, from 0.
    #[arg(long)]
    pub(super) number: u16,
}

#[derive(Debug, Args)]
#[command(subcommand_required = true)]
pub(super) struct User {
    #[command(subcommand)]
    pub(super) action: UserAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum UserAction {
    /// Make an account. Without --password-stdin a password is made up and printed, once.
    #[command(after_help = "\
Examples:
  lockstep user add anna --admin
  lockstep user add boris --group Editors --password-stdin < password.txt")]
    Add {
        /// What the person signs in as.
        name: String,
        /// May do everything.
        #[arg(long, conflicts_with = "group")]
        admin: bool,
        /// The name of an existing group.
        #[arg(long)]
        group: Option<String>,
        /// Read the password from standard input, one line.
        #[arg(long)]
        password_stdin: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give an account a new password; its sessions end.
    Passwd {
        /// What the person signs in as.
        name: String,
        /// Read the password from standard input, one line.
        #[arg(long)]
        password_stdin: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(subcommand_required = true)]
pub(super) struct Key {
    #[command(subcommand)]
    pub(super) action: KeyAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyAction {
    /// Make a key. It is printed once, alone on standard output.
    #[command(after_help = "\
Example:
  LOCKSTEP_KEY=$(lockstep key add nightly --scope publish)")]
    Add {
        /// For people to know it by.
        name: String,
        /// What it may do.
        #[arg(long, value_delimiter = ',', required = true)]
        scope: Vec<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// All keys, without their secrets: id, name, scopes, when they were used last.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Withdraw a key. Connections that it opened end within a second.
    Remove {
        /// Its number, as `key list` shows it.
        id: String,
    },
    /// The same by its name.
    #[command(after_help = "\
Example:
  lockstep key revoke nightly")]
    Revoke {
        /// What it was called when it was made.
        name: String,
    },
}

/// How to reach a running server.
#[derive(Debug, Args)]
pub(super) struct Connection {
    /// http://host:port or unix:/path/server.sock; else the address in the configuration.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) url: Option<Target>,
    /// An API key; better given in the environment, where other users of the machine do not see it.
    #[arg(long, env = "LOCKSTEP_KEY", hide_env_values = true, value_name = "KEY")]
    pub(super) key: Option<Secret<String>>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep publish files:changed --reason updated --id 7
  lockstep publish files:changed --reason added --id 8 --data '{\"name\":\"a.pdf\"}'
  lockstep publish stock:low --reason updated --id 42 --room products --once stock-42-2025-11-22

Prints the event's number and the ledger's name; with --json the server's whole answer.")]
pub(super) struct Publish {
    /// What pages listen for, such as files:changed.
    pub(super) event: EventName,
    /// updated, added, deleted or toggled.
    #[arg(long)]
    pub(super) reason: Reason,
    /// What has changed; `*` for many.
    #[arg(long)]
    pub(super) id: String,
    /// The changed row as JSON; `-` reads it from standard input.
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(super) data: Option<String>,
    /// Who hears it; else the room that the event is named after.
    #[arg(long)]
    pub(super) room: Option<Room>,
    /// A name for this very event: publishing it again changes nothing.
    #[arg(long, value_name = "NAME")]
    pub(super) once: Option<String>,
    #[command(flatten)]
    pub(super) connection: Connection,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep log 'backup is done'
  lockstep log 'no space left' --level critical --source backup --metadata '{\"free\":0}'
  ./nightly.sh 2>&1 | lockstep log - --source nightly

The key needs the scope log: lockstep key add backup --scope log. Prints the id of the line, or how many lines were taken from standard
input; with --json the server's whole answer.")]
pub(super) struct Log {
    /// What it says; `-` makes a line of each line of standard input.
    #[arg(allow_hyphen_values = true)]
    pub(super) message: String,
    /// scan, debug, error or info; else the one that the level suggests.
    #[arg(long = "type", value_name = "TYPE")]
    pub(super) kind: Option<LogType>,
    /// debug, info, warning, error or critical; else the one that the type suggests.
    #[arg(long)]
    pub(super) level: Option<Level>,
    /// Who speaks; else the name of the key.
    #[arg(long)]
    pub(super) source: Option<String>,
    /// Where; else what the server's configuration says.
    #[arg(long)]
    pub(super) environment: Option<String>,
    /// Whatever else there is to know, as JSON.
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(super) metadata: Option<String>,
    #[command(flatten)]
    pub(super) connection: Connection,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep notify --user anna --type alert --message 'Backup failed' --status error
  lockstep notify --all --type system --message 'Down for maintenance at 22:00' --data '{\"minutes\":10}'
  df --output=pcent / | tail -1 | lockstep notify --group Administrators --type alert --message - --under disk

Prints the notice's id and how many were told; with --json the server's whole answer.")]
pub(super) struct Notify {
    #[command(flatten)]
    pub(super) to: Addressee,
    /// What kind it is: alert, system, or any of a-z, 0-9, `_`, `-`, `.`.
    #[arg(long = "type", value_name = "TYPE")]
    pub(super) kind: String,
    /// Whatever belongs to it, a JSON object; `-` reads it from standard input.
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(super) data: Option<String>,
    /// A sentence; `-` reads it from standard input.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) message: Option<String>,
    /// success, error, warning or info.
    #[arg(long)]
    pub(super) status: Option<NoticeStatus>,
    /// Who has not read the last one under this key yet is told this one in its place, within ten minutes.
    #[arg(long, value_name = "KEY")]
    pub(super) under: Option<String>,
    #[command(flatten)]
    pub(super) connection: Connection,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// Who is to be told.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Addressee {
    /// A person, by id or login.
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,
    /// Everybody in a group, by id or name.
    #[arg(long, value_name = "GROUP")]
    pub(super) group: Option<String>,
    /// Everybody.
    #[arg(long)]
    pub(super) all: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep tail                           all rooms that the key may see
  lockstep tail files categories
  lockstep tail --json files | jq .data")]
pub(super) struct Tail {
    /// The rooms to listen in.
    pub(super) rooms: Vec<Room>,
    #[command(flatten)]
    pub(super) connection: Connection,
    /// One JSON object a line.
    #[arg(long)]
    pub(super) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_words_are_answered_with_the_right_ones() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).expect_err(line).to_string();

        assert!(
            parse("lockstep publish files:changed --reason changed --id 1")
                .contains("updated, added, deleted or toggled")
        );
        assert!(parse("lockstep tail flies").contains("rooms are index, files"));
        assert!(parse("lockstep tail --url https://host").contains("http://"));
        assert!(parse("lockstep sevre").contains("serve"));
        assert!(parse("lockstep import goods x").contains("catalog, stocks, prices, customers"));
        assert!(parse("lockstep import catalog x --only bits").contains("goods, offers, prices, rests"));
    }

    #[test]
    fn a_key_does_not_print() {
        let cli = Cli::try_parse_from(["lockstep", "tail", "--key", "hunter2"]).expect("right");

        assert!(!format!("{cli:?}").contains("hunter2"));
    }
}
