//! Rows of an exchange as the store takes them.

use std::collections::BTreeSet;

use lockstep_commerceml as read;
use lockstep_commerceml::{Brand, Row};
use lockstep_store::{
    Error as StoreError,
    goods::{
        BrandRow, CharacteristicRow, CustomerKind, CustomerRow, GroupRow, Mode, OfferRow, PriceRow, PriceTypeRow,
        ProductRow, PropertyRow, PropertyVariantRow, StockRow, UnitRow, ValueType, WarehouseRow, Written,
    },
    jobs::BatchTx,
};

use super::{
    read::{Taken, What},
    stage::Stage,
};

/// Rows of one kind, each with the place in the batch of what it was made of.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The name under which they are counted.
    pub(super) counted: &'static str,
    /// Of each row, what it was made of.
    pub(super) origins: Vec<usize>,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Units(Vec<UnitRow>),
    Warehouses(Vec<WarehouseRow>),
    PriceTypes(Vec<PriceTypeRow>),
    Properties(Vec<PropertyRow>),
    PropertyVariants(Vec<PropertyVariantRow>),
    Groups(Vec<GroupRow>),
    Products(Vec<ProductRow>),
    Offers(Vec<OfferRow>),
    Prices(Vec<PriceRow>),
    Stocks(Vec<StockRow>),
    Customers(Vec<CustomerRow>),
}

/// What the steps know besides the rows.
#[derive(Debug, Default)]
pub(super) struct Brands(pub(super) BTreeSet<String>);

impl Sheet {
    /// What a step writes of a batch.
    pub(super) fn of(stage: Stage, taken: &[Taken], brands: &Brands) -> Vec<Self> {
        let rows = Given(taken);
        let counted = stage.counted();
        let sheets = match stage {
            Stage::Units => vec![rows.sheet(counted, Rows::Units, |row| unit(row).into_iter().collect())],
            Stage::Warehouses => {
                vec![rows.sheet(counted, Rows::Warehouses, |row| warehouse(row).into_iter().collect())]
            }
            Stage::PriceTypes => {
                vec![rows.sheet(counted, Rows::PriceTypes, |row| price_type(row).into_iter().collect())]
            }
            Stage::Properties => vec![
                rows.sheet(counted, Rows::Properties, |row| property(row).into_iter().collect()),
                rows.sheet("propertyVariants", Rows::PropertyVariants, |row| variant(row).into_iter().collect()),
            ],
            Stage::Groups => vec![rows.sheet(counted, Rows::Groups, |row| group(row).into_iter().collect())],
            Stage::Products => {
                vec![rows.sheet(counted, Rows::Products, |row| product(row, brands).into_iter().collect())]
            }
            Stage::Offers => vec![rows.sheet(counted, Rows::Offers, |row| offer(row).into_iter().collect())],
            Stage::Prices => vec![rows.sheet(counted, Rows::Prices, prices)],
            Stage::Stocks => vec![rows.sheet(counted, Rows::Stocks, stocks)],
            Stage::Customers => vec![rows.sheet(counted, Rows::Customers, |row| customer(row).into_iter().collect())],
            Stage::Scan | Stage::Finish => Vec::new(),
        };
        sheets.into_iter().filter(|sheet| !sheet.origins.is_empty()).collect()
    }

    /// Writes them.
    pub(super) async fn write(&self, tx: &mut BatchTx, mode: Mode) -> Result<Written, StoreError> {
        match &self.rows {
            Rows::Units(rows) => tx.write_units(rows, mode).await,
            Rows::Warehouses(rows) => tx.write_warehouses(rows, mode).await,
            Rows::PriceTypes(rows) => tx.write_price_types(rows, mode).await,
            Rows::Properties(rows) => tx.write_properties(rows, mode).await,
            Rows::PropertyVariants(rows) => tx.write_property_variants(rows, mode).await,
            Rows::Groups(rows) => tx.write_groups(rows, mode).await,
            Rows::Products(rows) => tx.write_products(rows, mode).await,
            Rows::Offers(rows) => tx.write_offers(rows, mode).await,
            Rows::Prices(rows) => tx.write_prices(rows, mode).await,
            Rows::Stocks(rows) => tx.write_stocks(rows, mode).await,
            Rows::Customers(rows) => tx.write_customers(rows, mode).await,
        }
    }
}

struct Given<'a>(&'a [Taken]);

impl Given<'_> {
    fn sheet<T>(&self, counted: &'static str, kind: fn(Vec<T>) -> Rows, of: impl Fn(&Row) -> Vec<T>) -> Sheet {
        let (mut origins, mut made) = (Vec::new(), Vec::new());
        for (place, taken) in self.0.iter().enumerate() {
            let What::Row(row) = &taken.what else { continue };
            for row in of(row) {
                origins.push(place);
                made.push(row);
            }
        }
        Sheet { counted, origins, rows: kind(made) }
    }
}

fn unit(row: &Row) -> Option<UnitRow> {
    let Row::Unit(read::Unit { id, code, name, full_name, deleted }) = row.clone() else { return None };
    Some(UnitRow { ext_id: id, code, name, full_name, deleted })
}

fn warehouse(row: &Row) -> Option<WarehouseRow> {
    let Row::Warehouse(read::Warehouse { id, name, address, deleted }) = row.clone() else { return None };
    Some(WarehouseRow { ext_id: id, name, address, deleted })
}

fn price_type(row: &Row) -> Option<PriceTypeRow> {
    let Row::PriceType(read::PriceType { id, name, currency, deleted }) = row.clone() else { return None };
    Some(PriceTypeRow { ext_id: id, name, currency, deleted })
}

fn property(row: &Row) -> Option<PropertyRow> {
    let Row::Property(read::Property { id, name, value_type, deleted }) = row.clone() else { return None };
    let value_type = match value_type {
        read::ValueType::Text => ValueType::Text,
        read::ValueType::Number => ValueType::Number,
        read::ValueType::Variant => ValueType::Variant,
    };
    Some(PropertyRow { ext_id: id, name, value_type, deleted })
}

fn variant(row: &Row) -> Option<PropertyVariantRow> {
    let Row::PropertyVariant(read::PropertyVariant { property, id, value }) = row.clone() else { return None };
    Some(PropertyVariantRow { property, ext_id: id, value })
}

fn group(row: &Row) -> Option<GroupRow> {
    let Row::Group(read::Group { id, parent, name, deleted }) = row.clone() else { return None };
    Some(GroupRow { ext_id: id, parent, name, deleted })
}

fn product(row: &Row, Brands(brands): &Brands) -> Option<ProductRow> {
    let Row::Product(product) = row else { return None };
    let brand = product.brand(|property| brands.contains(property)).map(|brand| match brand {
        Brand::Maker(maker) => BrandRow { ext_id: maker.id.clone(), name: maker.name.clone(), property: None },
        Brand::Value(value) => {
            let of = product.values.iter().find(|values| brands.contains(&values.property));
            BrandRow { ext_id: value.to_owned(), name: None, property: of.map(|values| values.property.clone()) }
        }
    });
    let read::Product {
        id, name, sku, barcode, unit, groups, description, pictures, values, requisites, deleted, ..
    } = (**product).clone();
    let attrs = values.into_iter().map(|values| (values.property, values.values)).collect();
    let (ext_id, images) = (id, pictures);
    Some(ProductRow {
        ext_id,
        name,
        sku,
        barcode,
        brand,
        unit,
        description,
        images,
        groups,
        attrs,
        requisites,
        deleted,
    })
}

fn offer(row: &Row) -> Option<OfferRow> {
    let Row::Offer(offer) = row else { return None };
    let read::Offer { id, declared, name, sku, barcode, characteristics, deleted, .. } = (**offer).clone();
    let characteristics = characteristics
        .into_iter()
        .map(|read::Characteristic { id, name, value }| CharacteristicRow { ext_id: id, name, value })
        .collect();
    Some(OfferRow { ext_id: id, declared, name, sku, barcode, characteristics, deleted })
}

fn prices(row: &Row) -> Vec<PriceRow> {
    let Row::Offer(offer) = row else { return Vec::new() };
    let price = |price: &read::Price| PriceRow {
        offer: offer.id.clone(),
        price_type: price.price_type.clone(),
        amount: price.amount,
        currency: price.currency.clone(),
    };
    offer.prices.iter().map(price).collect()
}

fn stocks(row: &Row) -> Vec<StockRow> {
    let Row::Offer(offer) = row else { return Vec::new() };
    let stock = |stock: &read::Stock| StockRow {
        offer: offer.id.clone(),
        warehouse: stock.warehouse.clone(),
        qty: stock.quantity,
    };
    offer.stocks.iter().map(stock).collect()
}

fn customer(row: &Row) -> Option<CustomerRow> {
    let Row::Customer(customer) = row else { return None };
    let read::Customer { id, kind, name, full_name, inn, kpp, email, phone, address, role, deleted } =
        (**customer).clone();
    let kind = kind.map(|kind| match kind {
        read::CustomerKind::Person => CustomerKind::Person,
        read::CustomerKind::Firm => CustomerKind::Firm,
    });
    Some(CustomerRow { ext_id: id, kind, name, full_name, inn, kpp, email, phone, address, role, deleted })
}
