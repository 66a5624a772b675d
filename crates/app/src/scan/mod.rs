//! The scan of a registrator's folder: its files become rows, and rows follow their files.

#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the job that walks comes next"))]
mod walk;
