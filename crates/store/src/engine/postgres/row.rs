//! Statements and rows as PostgreSQL has them. All its whole numbers are one kind to us.

use sqlx::{
    AssertSqlSafe, Column, Row as _, SqlSafeStr, SqlStr, TypeInfo, ValueRef,
    postgres::{PgArguments, PgRow},
};

use super::super::{Statement, Tuple, Value};
use crate::error::Error;

pub(super) fn split(statement: Statement) -> Result<(SqlStr, PgArguments, bool), Error> {
    let Statement { sql, values, prepared } = statement;
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Int(number) => sqlx::Arguments::add(&mut arguments, number),
            Value::Text(text) => sqlx::Arguments::add(&mut arguments, text),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    // Safe: a `Statement` takes its text from `&'static str` alone.
    Ok((AssertSqlSafe(sql).into_sql_str(), arguments, prepared))
}

pub(super) fn read_row(row: &PgRow) -> Result<Tuple, Error> {
    row.columns().iter().map(|column| read_value(row, column.ordinal())).collect::<Result<_, _>>().map(Tuple)
}

fn read_value(row: &PgRow, n: usize) -> Result<Value, Error> {
    let raw = row.try_get_raw(n)?;
    if raw.is_null() {
        return Ok(Value::Text(None));
    }
    match raw.type_info().name() {
        "INT8" => Ok(Value::Int(row.try_get(n)?)),
        "INT4" => Ok(Value::Int(Some(row.try_get::<i32, _>(n)?.into()))),
        "TEXT" => Ok(Value::Text(row.try_get(n)?)),
        other => Err(Error::Corrupt(format!("column {n} is of type {other}"))),
    }
}
