//! Some files in the folders of the registrators, so that a scan finds something the first time.

use std::{fs, io, path::Path};

/// What every folder gets: a name, and what is in it.
const FILES: [(&str, &[u8]); 5] = [
    ("2026/letter of thanks.txt", b"Dear Anna, thank you for the quick delivery. Yours, Hansen & Sons\n"),
    ("2026/Накладная № 5.txt", "Накладная № 5\nДоски сосновые, 40 шт.\n".as_bytes()),
    ("2026/price list.csv", b"article;price\nRack 2 m;4900\nRack 3 m;6100\n"),
    ("invoice.pdf", PDF),
    ("stamp.png", PNG),
];

/// One empty page.
const PDF: &[u8] =
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
                     3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// One dot.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\
                     \x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

/// Makes a folder with files, unless it is there: what people have put in or taken away stays as they want it.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    for (name, bytes) in FILES {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, bytes)?;
    }
    Ok(())
}
