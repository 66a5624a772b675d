//! Imports of real exchanges by a real engine, over a real store.

mod going_on;
mod refusals;
mod samples;
mod shops;
mod site;
