//! The catalogue as people look at it.

use lockstep_protocol::{Room, ledger::Ledger};
use lockstep_store::{CustomersQuery, Deleted, Error, ProductsQuery};
use serde_json::{Value as Json, json};

use crate::{
    shop::shop,
    world::{Engine, World, draft},
};

contract!(
    a_product_shows_its_brand_its_groups_its_least_prices_and_its_rest,
    products_are_found_by_words_by_group_by_brand_and_by_what_is_there,
    deleted_products_show_only_to_who_asks_for_them,
    products_without_a_price_or_a_rest_come_last_either_way,
    the_price_that_is_sorted_by_is_the_one_that_is_shown,
    pages_cut_one_order_and_count_all,
    one_product_shows_its_attributes_in_words_and_its_variants_with_prices_and_rests,
    a_group_counts_each_product_once_with_those_of_the_groups_below,
    the_catalogue_says_how_much_there_is_and_what_to_choose_from,
    customers_are_found_by_words_and_deleted_ones_are_not,
    what_is_no_sort_and_no_id_is_refused,
    an_answer_says_how_far_the_ledger_had_come,
);

fn query() -> ProductsQuery {
    ProductsQuery { page: 1, per_page: 50, ..ProductsQuery::default() }
}

impl<E: Engine> World<E> {
    async fn products(&self, query: &ProductsQuery) -> Vec<Json> {
        self.store.products(query).await.expect("readable").items
    }

    /// The names of what is found, in its order.
    async fn found(&self, query: ProductsQuery) -> String {
        let products = self.products(&query).await;
        let names: Vec<&str> = products.iter().map(|product| product["name"].as_str().expect("a name")).collect();
        names.join(", ")
    }

    async fn sorted(&self, sort: &str) -> String {
        self.found(ProductsQuery { sort: Some(sort.into()), ..query() }).await
    }
}

async fn a_product_shows_its_brand_its_groups_its_least_prices_and_its_rest<E: Engine>(world: World<E>) {
    shop(&world).await;

    let products = world.products(&query()).await;

    let expected = json!({
        "id": "1", "extId": "p1", "sku": "B-8", "name": "Болт М8", "brand": {"id": "1", "name": "Сталь"},
        "groups": [{"id": "2", "name": "Длинные"}],
        "price": {"amount": "9.50", "currency": "RUB"},
        "prices": [{"type": "1", "amount": "9.50", "currency": "RUB"}, {"type": "2", "amount": "8.125", "currency": "USD"}],
        "stock": "12.5", "unit": "шт", "variants": 2, "deleted": false, "rev": 1, "updatedAt": "2025-11-21T21:20:00.001Z",
    });
    assert_eq!(products[1], expected);
    let expected = json!({
        "id": "5", "extId": "p5", "sku": null, "name": "Гвоздь", "brand": null, "groups": [], "price": null, "prices": [], "stock": null,
        "unit": null, "variants": 0, "deleted": false, "rev": 1, "updatedAt": "2025-11-21T21:20:00.005Z",
    });
    assert_eq!(products[3], expected);
}

async fn products_are_found_by_words_by_group_by_brand_and_by_what_is_there<E: Engine>(world: World<E>) {
    shop(&world).await;

    assert_eq!(world.found(query()).await, "Болт М10, Болт М8, Гайка, Гвоздь");
    for (q, expected) in [("БОЛТ", "Болт М10, Болт М8"), ("болт b-8", "Болт М8"), ("50%", ""), ("a\0b", "")]
    {
        assert_eq!(world.found(ProductsQuery { q: Some(q.into()), ..query() }).await, expected, "{q:?}");
    }
    for (group, expected) in [("1", "Болт М10, Болт М8"), ("2", "Болт М8"), ("3", "Гайка"), ("77", "")]
    {
        assert_eq!(
            world.found(ProductsQuery { group: Some(group.into()), ..query() }).await,
            expected,
            "group {group}"
        );
    }
    assert_eq!(world.found(ProductsQuery { brand: Some("1".into()), ..query() }).await, "Болт М8");
    assert_eq!(world.found(ProductsQuery { in_stock: true, ..query() }).await, "Болт М8, Гайка");
    let all = ProductsQuery { q: Some("болт".into()), group: Some("1".into()), in_stock: true, ..query() };
    assert_eq!(world.found(all).await, "Болт М8");
}

async fn deleted_products_show_only_to_who_asks_for_them<E: Engine>(world: World<E>) {
    shop(&world).await;
    let with = |deleted| ProductsQuery { deleted, ..query() };

    assert_eq!(world.found(with(Deleted::Only)).await, "Шайба");
    assert_eq!(world.found(with(Deleted::With)).await, "Болт М10, Болт М8, Гайка, Гвоздь, Шайба");
    assert_eq!(world.store.product("4").await.expect("it is there").0["deleted"], true);
}

async fn products_without_a_price_or_a_rest_come_last_either_way<E: Engine>(world: World<E>) {
    shop(&world).await;

    assert_eq!(world.sorted("price").await, "Болт М8, Болт М10, Гайка, Гвоздь");
    assert_eq!(world.sorted("-price").await, "Болт М10, Болт М8, Гвоздь, Гайка");
    assert_eq!(world.sorted("stock").await, "Болт М10, Гайка, Болт М8, Гвоздь");
    assert_eq!(world.sorted("-stock").await, "Болт М8, Гайка, Болт М10, Гвоздь");
    assert_eq!(world.sorted("sku").await, "Болт М10, Болт М8, Гайка, Гвоздь");
    assert_eq!(world.sorted("-updated_at").await, "Гвоздь, Гайка, Болт М10, Болт М8");
}

async fn the_price_that_is_sorted_by_is_the_one_that_is_shown<E: Engine>(world: World<E>) {
    shop(&world).await;

    let query = ProductsQuery { price_type: Some("2".into()), sort: Some("price".into()), ..query() };
    let products = world.products(&query).await;

    assert_eq!(products[0]["name"], "Болт М10");
    assert_eq!(products[0]["price"], json!({"amount": "7.00", "currency": null}));
    assert_eq!(products[1]["price"], json!({"amount": "8.125", "currency": "USD"}));
}

async fn pages_cut_one_order_and_count_all<E: Engine>(world: World<E>) {
    shop(&world).await;
    let page = |page, sort: &str| ProductsQuery { page, per_page: 3, sort: Some(sort.into()), ..query() };

    let first = world.store.products(&page(1, "stock")).await.expect("readable");

    assert_eq!((first.total, first.items.len()), (4, 3));
    assert_eq!(world.found(page(2, "stock")).await, "Гвоздь");
    assert_eq!(world.found(page(3, "stock")).await, "");
    assert_eq!(world.found(page(1, "-name")).await, "Гвоздь, Гайка, Болт М8");
}

async fn one_product_shows_its_attributes_in_words_and_its_variants_with_prices_and_rests<E: Engine>(world: World<E>) {
    shop(&world).await;

    let (product, _) = world.store.product("1").await.expect("there");

    assert_eq!(product["name"], "Болт М8");
    assert_eq!((&product["barcode"], &product["description"]), (&json!("4600000000008"), &json!("Оцинкован.")));
    assert_eq!(product["images"], json!(["import_files/ab/1.jpg"]));
    assert_eq!(product["requisites"], json!([["Вес", "0.1"]]));
    let attributes = json!([
        {"name": "Длина", "values": ["80"]},
        {"name": "Цвет", "values": ["Белый", "чёрный"]},
        {"name": "unheard", "values": ["v1"]},
    ]);
    let (mut shown, mut expected) = (product["attributes"].clone(), attributes);
    for list in [&mut shown, &mut expected] {
        list.as_array_mut().expect("a list").sort_by_key(|attribute| attribute["name"].to_string());
    }
    assert_eq!(shown, expected);
    let variants = json!([
        {
            "id": "2", "extId": "p1#long", "name": "Болт М8 (длинный)", "sku": "B-8L", "barcode": null,
            "characteristics": [{"id": null, "name": "Длина", "value": "120"}],
            "prices": [{"type": "1", "amount": "9.50", "currency": "RUB"}],
            "stocks": [{"warehouse": "1", "qty": "-2"}, {"warehouse": "2", "qty": "4.5"}],
        },
        {
            "id": "1", "extId": "p1", "name": "Болт М8 (обычный)", "sku": null, "barcode": null, "characteristics": [],
            "prices": [{"type": "1", "amount": "10.00", "currency": "RUB"}, {"type": "2", "amount": "8.125", "currency": "USD"}],
            "stocks": [{"warehouse": "1", "qty": "10"}],
        },
    ]);
    assert_eq!(product["variants"], variants);
    for nobody in ["77", "x", "01"] {
        assert!(matches!(world.store.product(nobody).await, Err(Error::NotFound)), "{nobody}");
    }
}

async fn a_group_counts_each_product_once_with_those_of_the_groups_below<E: Engine>(world: World<E>) {
    shop(&world).await;

    let (groups, _) = world.store.product_groups().await.expect("readable");

    let expected = json!([
        {"id": "1", "name": "Болты", "parentId": null, "products": 2, "deleted": false},
        {"id": "3", "name": "Гайки", "parentId": null, "products": 1, "deleted": false},
        {"id": "2", "name": "Длинные", "parentId": "1", "products": 1, "deleted": false},
        {"id": "5", "name": "Короткие", "parentId": "1", "products": 1, "deleted": false},
        {"id": "4", "name": "Старое", "parentId": null, "products": 0, "deleted": true},
    ]);
    assert_eq!(Json::from(groups.clone()), expected);
    for group in groups {
        let of_it = ProductsQuery { group: group["id"].as_str().map(Into::into), ..query() };
        assert_eq!(world.store.products(&of_it).await.expect("readable").total, group["products"], "{group}");
    }
}

async fn the_catalogue_says_how_much_there_is_and_what_to_choose_from<E: Engine>(world: World<E>) {
    let (empty, _) = world.store.catalog().await.expect("readable");
    shop(&world).await;

    let (catalog, _) = world.store.catalog().await.expect("readable");

    assert_eq!((&empty["products"], &empty["priceTypes"]), (&json!(0), &json!([])));
    let expected = json!({
        "products": 4, "deleted": 1, "variants": 4, "prices": 6, "stocks": 5, "groups": 4, "brandsTotal": 2, "customers": 2,
        "priceTypes": [{"id": "1", "name": "Розничная", "currency": "RUB"}, {"id": "2", "name": "Оптовая", "currency": null}],
        "warehouses": [{"id": "1", "name": "Основной"}, {"id": "2", "name": "Дальний"}],
        "brands": [{"id": "2", "name": "Медь"}, {"id": "1", "name": "Сталь"}],
    });
    assert_eq!(catalog, expected);
}

async fn customers_are_found_by_words_and_deleted_ones_are_not<E: Engine>(world: World<E>) {
    shop(&world).await;
    let asked =
        |q: &str, sort: &str| CustomersQuery { q: Some(q.into()), sort: Some(sort.into()), page: 1, per_page: 1 };

    let first = world.store.customers(&asked("", "name")).await.expect("readable");
    let found = world.store.customers(&asked("7701", "-updated_at")).await.expect("readable");

    assert_eq!((first.total, first.items.len(), &first.items[0]["name"]), (2, 1, &json!("Иванов")));
    let expected = json!({
        "id": "1", "extId": "c1", "kind": "firm", "name": "Ромашка", "fullName": "ООО Ромашка", "inn": "7701000001", "kpp": null,
        "email": "a@romashka.example", "phone": null, "address": "Москва", "role": "Покупатель", "rev": 1,
        "updatedAt": "2025-11-21T21:20:00.009Z",
    });
    assert_eq!((found.total, &found.items[0]), (1, &expected));
}

async fn what_is_no_sort_and_no_id_is_refused<E: Engine>(world: World<E>) {
    let refused = async |query: ProductsQuery| match world.store.products(&query).await {
        Err(Error::BadQuery { field }) => field,
        other => panic!("{other:?}"),
    };

    assert_eq!(refused(ProductsQuery { sort: Some("id; --".into()), ..query() }).await, "sort");
    assert_eq!(refused(ProductsQuery { group: Some("x".into()), ..query() }).await, "group");
    assert_eq!(refused(ProductsQuery { brand: Some("-1".into()), ..query() }).await, "brand");
    assert_eq!(refused(ProductsQuery { price_type: Some("1 ".into()), ..query() }).await, "price_type");
}

async fn an_answer_says_how_far_the_ledger_had_come<E: Engine>(world: World<E>) {
    shop(&world).await;
    world.publish(vec![(draft(Room::Products, "*"), None)]).await;

    let head = world.store.head().await.expect("readable").position();

    assert_eq!(world.store.products(&query()).await.expect("readable").position, head);
    assert_eq!(world.store.product("1").await.expect("readable").1, head);
    assert_eq!(world.store.catalog().await.expect("readable").1, head);
    assert_eq!(world.store.product_groups().await.expect("readable").1, head);
    assert_eq!(
        world
            .store
            .customers(&CustomersQuery { page: 1, per_page: 1, ..CustomersQuery::default() })
            .await
            .expect("readable")
            .position,
        head
    );
}
