//! Where connections come in: TCP and unix sockets as one type, every connection counted, bounded and killable.
//!
//! Guarantees: a client that stops reading is cut after `write_stall_s`; one that does not send the head of its request is cut after
//! `header_s`; [`Connection::kill`] ends a connection in whatever state it is; no more than the permitted number is open at once.
//! Of the bytes it looks only at where the engine's frames end, so that the hub's may be put between them.

mod accept;
mod address;
mod bind;
mod connection;
mod guard;
mod lane;
mod socket_file;
mod stream;
mod traffic;

#[cfg(test)]
mod pipe;

pub use self::{
    accept::{Conn, Guard, GuardedListener, connection_cap},
    address::{BadAddress, Listen},
    bind::{BindError, Listener, bind},
    connection::{Bounds, Connection},
    guard::Guarded,
    lane::Taken,
    socket_file::{SocketFile, group_id},
    stream::{Stream, Writer},
    traffic::{KillReason, Traffic},
};
