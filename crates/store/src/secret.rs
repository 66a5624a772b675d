//! The secret that the workers of this installation share, kept beside the ledger and made with it, once.
//!
//! Every worker reads the database and nobody else does, so it is what they know each other's messages by on a wire that others can
//! reach, without anybody having to configure it.

use lockstep_protocol::SharedSecret;

use crate::{
    Store,
    engine::{Tx, sql},
    error::Error,
};

impl Store {
    /// What the workers of this installation share: the same for all of them, in every life of the ledger.
    pub fn secret(&self) -> &SharedSecret {
        &self.secret
    }
}

/// Makes the secret of an installation that has none, and reads it.
pub(crate) async fn begin(tx: &mut Tx) -> Result<SharedSecret, Error> {
    let insert = "INSERT INTO installation (one, secret) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
    tx.run(sql(insert).bind(SharedSecret::new(rand::random()).expose_text())).await?;
    let row = tx.first(sql("SELECT secret FROM installation")).await?;
    let text = row.ok_or_else(|| Error::Corrupt("the installation has no secret".into()))?.some_text(0)?;
    text.parse().map_err(|_| Error::Corrupt("the secret of the installation is none".into()))
}
