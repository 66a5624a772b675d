//! Shops that were made up: exchanges of any size in constant memory, the same bytes each time, and what they hold.
//!
//! In them on purpose: codes padded with a blank, empty values, decimal commas and blanks in numbers, CDATA, references, deletion marks,
//! brands as a property, firms and persons, customers without tax number, few addresses of e-mail.
//!
//! ```
//! use lockstep_commerceml::sample::Shop;
//! let shop = Shop { products: 100_000, per_file: 1_000, ..Shop::default() };
//! assert_eq!(shop.totals().offers, 166_668);
//! ```

mod lists;
mod stream;
mod text;

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::Path,
};

use rust_decimal::Decimal;
use zip::{ZipWriter, write::SimpleFileOptions};

pub use stream::{Encoding, Stream};

/// What the shop is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shop {
    /// How many products. Every third has three offers, the others one.
    pub products: u64,
    /// How many products, or offers, stand in one file of folders; a pair has all in one.
    pub per_file: u64,
    /// How many properties; each product has a value of each, though some are empty. The first is the brand.
    pub properties: u64,
    /// How many price types; each offer has a price of each.
    pub price_types: u64,
    /// How many warehouses; each offer has a quantity in each.
    pub warehouses: u64,
    /// How many customers.
    pub customers: u64,
    /// How the text is written.
    pub encoding: Encoding,
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            products: 60,
            per_file: 25,
            properties: 3,
            price_types: 3,
            warehouses: 2,
            customers: 20,
            encoding: Encoding::Utf8Marked,
        }
    }
}

/// What a database holds after all of it was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Groups, in two levels.
    pub groups: u64,
    /// Products.
    pub products: u64,
    /// Products that are marked as deleted.
    pub deleted: u64,
    /// Offers.
    pub offers: u64,
    /// Prices.
    pub prices: u64,
    /// The sum of the prices.
    pub sum_price: Decimal,
    /// Quantities.
    pub stocks: u64,
    /// The sum of the quantities.
    pub sum_quantity: Decimal,
    /// Customers.
    pub customers: u64,
}

impl Shop {
    /// The files of a 3.1 exchange in folders, such as `goods/goods_1_2_….xml`.
    pub fn folders(self) -> impl Iterator<Item = (String, Stream)> {
        let lists = ["units", "storages", "priceLists", "propertiesGoods", "groups"];
        let lists = lists.into_iter().map(move |kind| (text::path(kind, 1), self.stream(text::list(self, kind))));
        let pages = ["goods", "offers", "prices", "rests"].into_iter().flat_map(move |kind| {
            let size = self.per_file.max(1);
            (0..self.products.div_ceil(size)).map(move |page| {
                let products = page * size..self.products.min((page + 1) * size);
                (text::path(kind, page + 1), self.stream(text::page(self, kind, products)))
            })
        });
        let customers = (text::path("contragents", 1), self.stream(text::customers(self)));
        lists.chain(pages).chain([customers])
    }

    /// The two files of a 2.07 exchange: `import.xml` and `offers.xml`.
    #[must_use]
    pub fn pair(self) -> [(String, Stream); 2] {
        [
            ("import.xml".to_owned(), self.stream(text::import(self))),
            ("offers.xml".to_owned(), self.stream(text::offers(self))),
        ]
    }

    /// The file of all products alone.
    #[must_use]
    pub fn goods(self) -> Stream {
        self.stream(text::page(self, "goods", 0..self.products))
    }

    /// What is in all of it.
    #[must_use]
    pub fn totals(self) -> Totals {
        let offers = text::offers_of_all(self.products);
        let each =
            |of: &dyn Fn(u64) -> u64| (0..self.products).map(|product| text::offers_of(product) * of(product)).sum();
        let cents: u64 = each(&|product| (0..self.price_types).map(|kind| text::cents(product, kind)).sum());
        let quantity: u64 = each(&|product| (0..self.warehouses).map(|place| text::quantity(product, place)).sum());
        Totals {
            groups: text::GROUPS,
            products: self.products,
            deleted: self.products / text::DELETED_EVERY,
            offers,
            prices: offers * self.price_types,
            sum_price: Decimal::from_i128_with_scale(cents.into(), 2),
            stocks: offers * self.warehouses,
            sum_quantity: quantity.into(),
            customers: self.customers,
        }
    }

    /// Writes these files below the folder, which is made.
    pub fn write(folder: &Path, files: impl IntoIterator<Item = (String, Stream)>) -> io::Result<()> {
        for (name, mut stream) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            io::copy(&mut stream, &mut BufWriter::new(File::create(path)?))?;
        }
        Ok(())
    }

    /// Packs these files into an archive.
    pub fn pack(archive: &Path, files: impl IntoIterator<Item = (String, Stream)>) -> io::Result<()> {
        let mut writer = ZipWriter::new(BufWriter::new(File::create(archive)?));
        for (name, mut stream) in files {
            writer.start_file(name, SimpleFileOptions::default())?;
            io::copy(&mut stream, &mut writer)?;
        }
        writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    fn stream(self, pieces: impl Iterator<Item = String> + Send + 'static) -> Stream {
        Stream::new(self.encoding, Box::new(pieces))
    }
}
