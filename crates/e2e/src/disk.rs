//! A disk of the test's own that can be filled up.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Written until the disk takes no more.
const FILLER: &str = "filler";

/// A file system in memory, mounted for one installation. Mounting is for root.
#[derive(Debug)]
pub struct Disk {
    directory: PathBuf,
}

impl Disk {
    /// Mounts one of so many megabytes at `directory`, which is made.
    ///
    /// # Errors
    /// When this user may not mount, or the machine does not let anybody.
    pub fn mount(directory: &Path, megabytes: u32) -> io::Result<Disk> {
        fs::create_dir_all(directory)?;
        let size = format!("size={megabytes}m,mode=0750");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(directory))?;
        Ok(Disk { directory: directory.to_path_buf() })
    }

    /// Leaves not a byte free.
    ///
    /// # Errors
    /// When the filler cannot be made at all.
    pub fn fill(&self) -> io::Result<()> {
        let mut filler = fs::File::options().create(true).append(true).open(self.directory.join(FILLER))?;
        for piece in [1 << 16, 1 << 12, 1] {
            while io::Write::write_all(&mut filler, &vec![0; piece]).is_ok() {}
        }
        Ok(())
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// When the filler cannot be taken away.
    pub fn relieve(&self) -> io::Result<()> {
        fs::remove_file(self.directory.join(FILLER))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = run(Command::new("umount").arg("--lazy").arg(&self.directory));
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
