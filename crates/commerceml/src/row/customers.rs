//! Who buys.

/// `Контрагент`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// `Ид`, the only key: e-mail addresses are rare.
    pub id: String,
    /// Person or firm, as far as that can be told.
    pub kind: Option<CustomerKind>,
    /// `Наименование`
    pub name: Option<String>,
    /// `ПолноеНаименование` of a person, `ОфициальноеНаименование` of a firm.
    pub full_name: Option<String>,
    /// `ИНН`
    pub inn: Option<String>,
    /// `КПП`
    pub kpp: Option<String>,
    /// The first contact that is an address of e-mail.
    pub email: Option<String>,
    /// The first contact whose type speaks of a telephone.
    pub phone: Option<String>,
    /// `АдресРегистрации/Представление`, else `Адрес/Представление`.
    pub address: Option<String>,
    /// `Роль`
    pub role: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// What a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CustomerKind {
    /// A person: has a `ПолноеНаименование`, or a tax number of 12 digits.
    Person,
    /// A firm: has an `ОфициальноеНаименование`, or a tax number of 10 digits.
    Firm,
}
