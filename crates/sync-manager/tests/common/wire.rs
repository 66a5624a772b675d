//! The contract that every wire keeps, and what else a test does with one: wait for a signal, talk across.

use std::sync::Arc;

use lockstep_sync_manager::bus::{Bus, BusError, Channel, MAX_MESSAGE_BYTES, Signal};
use tokio::{sync::mpsc, time::timeout};

use super::PATIENCE;

pub async fn next(signals: &mut mpsc::Receiver<Signal>) -> Signal {
    timeout(PATIENCE, signals.recv()).await.expect("a signal in time").expect("the bus is open")
}

pub async fn until(signals: &mut mpsc::Receiver<Signal>, wanted: Signal) {
    while next(signals).await != wanted {}
}

/// A bus and what it says.
pub struct End<B> {
    pub bus: B,
    pub signals: mpsc::Receiver<Signal>,
}

impl<B: Bus> End<B> {
    /// One that is up.
    pub async fn up(bus: B) -> Self {
        let mut signals = bus.listen();
        until(&mut signals, Signal::Up).await;
        Self { bus, signals }
    }

    /// Says `text` until `other` hears it: what was said while a wire was on its way up may be lost.
    pub async fn reaches(&self, other: &mut Self, text: &str) {
        let message: Arc<str> = text.into();
        let wanted = Signal::Message(Channel::Events, message.clone());
        let heard = async {
            loop {
                let _: Result<(), BusError> = self.bus.publish(Channel::Events, message.clone()).await;
                let listening = timeout(std::time::Duration::from_millis(200), async {
                    while other.signals.recv().await.expect("the bus is open") != wanted {}
                });
                if listening.await.is_ok() {
                    return;
                }
            }
        };
        assert!(timeout(PATIENCE, heard).await.is_ok(), "`{text}` was never heard");
    }
}

/// Both hear each other.
pub async fn talk<B: Bus>(one: &mut End<B>, other: &mut End<B>, text: &str) {
    one.reaches(other, &format!("{text}, said the one")).await;
    other.reaches(one, &format!("{text}, said the other")).await;
}

/// Workers on one wire: each has its own bus.
pub async fn contract<B: Bus>(worker: impl Fn() -> B) {
    every_worker_hears_a_message_its_author_too(worker(), worker()).await;
    messages_of_one_worker_arrive_in_order(worker(), worker()).await;
    channels_are_told_apart(worker()).await;
    a_second_listener_hears_nothing_of_the_first_ones(worker()).await;
    what_is_too_long_is_refused_and_the_longest_is_not(worker()).await;
    a_closed_bus_refuses(worker()).await;
}

async fn every_worker_hears_a_message_its_author_too(one: impl Bus, other: impl Bus) {
    let (mut mine, mut theirs) = (one.listen(), other.listen());
    until(&mut mine, Signal::Up).await;
    until(&mut theirs, Signal::Up).await;

    one.publish(Channel::Events, "{\"a\":1}".into()).await.expect("the bus is up");

    until(&mut mine, Signal::Message(Channel::Events, "{\"a\":1}".into())).await;
    until(&mut theirs, Signal::Message(Channel::Events, "{\"a\":1}".into())).await;
}

async fn messages_of_one_worker_arrive_in_order(one: impl Bus, other: impl Bus) {
    let mut theirs = other.listen();
    until(&mut theirs, Signal::Up).await;

    for number in 0..100 {
        let text: Arc<str> = number.to_string().into();
        while one.publish(Channel::Events, text.clone()).await == Err(BusError::Down) {
            tokio::task::yield_now().await; // a new connection may still be on its way
        }
    }

    for number in 0..100 {
        until(&mut theirs, Signal::Message(Channel::Events, number.to_string().into())).await;
    }
}

async fn channels_are_told_apart(bus: impl Bus) {
    let mut signals = bus.listen();
    until(&mut signals, Signal::Up).await;

    bus.publish(Channel::Workers, "w".into()).await.expect("the bus is up");
    bus.publish(Channel::Events, "e".into()).await.expect("the bus is up");

    assert_eq!(next(&mut signals).await, Signal::Message(Channel::Workers, "w".into()));
    assert_eq!(next(&mut signals).await, Signal::Message(Channel::Events, "e".into()));
}

async fn a_second_listener_hears_nothing_of_the_first_ones(bus: impl Bus) {
    let mut first = bus.listen();
    let second = bus.listen();
    until(&mut first, Signal::Up).await;
    drop(second);

    bus.publish(Channel::Events, "x".into()).await.expect("the bus is up");

    until(&mut first, Signal::Message(Channel::Events, "x".into())).await;
}

async fn what_is_too_long_is_refused_and_the_longest_is_not(bus: impl Bus) {
    let mut signals = bus.listen();
    until(&mut signals, Signal::Up).await;
    let longest: Arc<str> = "x".repeat(MAX_MESSAGE_BYTES).into();

    let refused = bus.publish(Channel::Events, format!("{longest}x").into()).await;
    bus.publish(Channel::Events, longest.clone()).await.expect("the bus is up");

    assert!(matches!(refused, Err(BusError::Refused(_))), "{refused:?}");
    assert!(next(&mut signals).await == Signal::Message(Channel::Events, longest));
}

async fn a_closed_bus_refuses(bus: impl Bus) {
    let mut signals = bus.listen();
    until(&mut signals, Signal::Up).await;

    bus.close().await;

    assert!(bus.publish(Channel::Events, "x".into()).await.is_err());
}
