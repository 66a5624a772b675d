//! Where connections come in: TCP and unix sockets as one type, every connection counted, bounded and killable.
//!
//! Guarantees: a client that stops reading is cut after `write_stall_s`; one that does not send the head of its request is cut after
//! `header_s`; [`ConnCtl::kill`] ends a connection in whatever state it is; no more than the permitted number is open at once.
//! It never looks into the bytes.

mod accept;
mod address;
mod bind;
mod control;
mod guard;
mod socket_file;
mod stream;

pub use self::{
    accept::{Conn, Guard, GuardedListener, connection_cap},
    address::{BadAddress, Listen},
    bind::{BindError, Listener, bind},
    control::{ConnCtl, KillReason, Traffic},
    guard::Guarded,
    socket_file::{SocketFile, group_id},
    stream::Stream,
};
