//! The names that mean something to us.

/// Makes the list, and the table by which a name is found in one step.
macro_rules! tags {
    ($($tag:ident = $name:literal,)*) => {
        /// An element or attribute, by its local name: prefixes and namespaces are as various as 1C's versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Tag {
            /// Any other name. What stands in it is not looked at.
            Other,
            $($tag,)*
        }

        impl Tag {
            const ALL: &[Self] = &[Self::Other, $(Self::$tag,)*];

            /// As 1C writes it.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    Self::Other => "",
                    $(Self::$tag => $name,)*
                }
            }
        }
    };
}

tags! {
    Root = "КоммерческаяИнформация",
    SchemaVersion = "ВерсияСхемы",
    MadeAt = "ДатаФормирования",
    OnlyChanges = "СодержитТолькоИзменения",

    Classifier = "Классификатор",
    Catalog = "Каталог",
    Package = "ПакетПредложений",
    PackageChanges = "ИзмененияПакетаПредложений",
    Customers = "Контрагенты",
    Document = "Документ",

    Id = "Ид",
    Name = "Наименование",
    Version = "НомерВерсии",
    DeletionMark = "ПометкаУдаления",
    Status = "Статус",
    Value = "Значение",
    Kind = "Тип",
    Code = "Код",
    Presentation = "Представление",

    Groups = "Группы",
    Group = "Группа",

    Properties = "Свойства",
    Property = "Свойство",
    OldProperty = "СвойствоНоменклатуры",
    ValueType = "ТипЗначений",
    ValueTypes = "ТипыЗначений",
    Variants = "ВариантыЗначений",
    Variant = "Справочник",
    OldVariant = "ВариантЗначения",
    VariantId = "ИдЗначения",

    PriceTypes = "ТипыЦен",
    PriceType = "ТипЦены",
    Currency = "Валюта",

    Warehouses = "Склады",
    Warehouse = "Склад",
    Address = "Адрес",

    Units = "ЕдиницыИзмерения",
    Unit = "ЕдиницаИзмерения",
    ShortName = "НаименованиеКраткое",
    FullName = "НаименованиеПолное",

    Products = "Товары",
    Product = "Товар",
    Barcode = "Штрихкод",
    Sku = "Артикул",
    BaseUnit = "БазоваяЕдиница",
    Description = "Описание",
    Picture = "Картинка",
    Maker = "Изготовитель",
    PropertyValues = "ЗначенияСвойств",
    PropertyValue = "ЗначенияСвойства",
    Requisites = "ЗначенияРеквизитов",
    Requisite = "ЗначениеРеквизита",

    Offers = "Предложения",
    Offer = "Предложение",
    Characteristics = "ХарактеристикиТовара",
    Characteristic = "ХарактеристикаТовара",
    Prices = "Цены",
    Price = "Цена",
    PriceTypeId = "ИдТипаЦены",
    PerUnit = "ЦенаЗаЕдиницу",
    PriceUnit = "Единица",
    Factor = "Коэффициент",
    Rests = "Остатки",
    Rest = "Остаток",
    Quantity = "Количество",
    WarehouseId = "ИдСклада",
    WarehouseQuantity = "КоличествоНаСкладе",

    Customer = "Контрагент",
    PersonName = "ПолноеНаименование",
    FirmName = "ОфициальноеНаименование",
    Role = "Роль",
    Inn = "ИНН",
    Kpp = "КПП",
    RegisteredAddress = "АдресРегистрации",
    Contacts = "Контакты",
    Contact = "Контакт",
}

impl Tag {
    /// The tag of that name, whatever prefix it has. Most have none, and are found before anybody looks for one.
    pub(super) fn of_any(name: &str) -> Self {
        match Self::of(name) {
            Self::Other => name.split_once(':').map_or(Self::Other, |(_, local)| Self::of(local)),
            tag => tag,
        }
    }

    /// The tag of that local name.
    fn of(name: &str) -> Self {
        let mut slot = slot(name.as_bytes());
        loop {
            let found = TABLE[slot];
            if found == Self::Other || found.name() == name {
                return found;
            }
            slot = (slot + 1) % TABLE.len();
        }
    }

    /// Whether problems are told by where this element begins: those that are a row, and those that hold a number.
    pub(super) fn is_landmark(self) -> bool {
        matches!(
            self,
            Self::Group
                | Self::Property
                | Self::OldProperty
                | Self::Variant
                | Self::OldVariant
                | Self::PriceType
                | Self::Warehouse
                | Self::Unit
                | Self::Product
                | Self::Offer
                | Self::Price
                | Self::PerUnit
                | Self::Factor
                | Self::Quantity
                | Self::Customer
        )
    }
}

/// Names by their slot, each in its own or the next free one. A name that is not here meets an empty slot soon.
const TABLE: [Tag; 512] = {
    let mut table = [Tag::Other; 512];
    let mut next = 1;
    while next < Tag::ALL.len() {
        let tag = Tag::ALL[next];
        let mut slot = slot(tag.name().as_bytes());
        while !matches!(table[slot], Tag::Other) {
            slot = (slot + 1) % table.len();
        }
        table[slot] = tag;
        next += 1;
    }
    table
};

/// Length and a few letters tell the names apart well enough; Cyrillic letters are two bytes each, of which the second differs.
const fn slot(name: &[u8]) -> usize {
    let length = name.len();
    let (second, fourth, last, middle) = match length {
        0..4 => (0, 0, 0, 0),
        _ => (name[1] as usize, name[3] as usize, name[length - 1] as usize, name[length / 4 * 2 + 1] as usize),
    };
    (length * 37 + second * 7 + fourth * 13 + last * 101 + middle * 59) % 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_and_others_are_not() {
        for &tag in &Tag::ALL[1..] {
            assert_eq!(Tag::of(tag.name()), tag);
        }
        for name in ["", "И", "Ид2", "ид", "Наименование2", "СтавкиНалогов", "div", "a", "ab", "abc", "abcd"]
        {
            assert_eq!(Tag::of(name), Tag::Other, "{name}");
        }
    }

    #[test]
    fn names_rarely_share_a_slot() {
        let alone = Tag::ALL[1..].iter().filter(|tag| TABLE[slot(tag.name().as_bytes())] == **tag).count();

        assert!(alone * 10 >= (Tag::ALL.len() - 1) * 8, "only {alone} are where they are looked for first");
    }
}
