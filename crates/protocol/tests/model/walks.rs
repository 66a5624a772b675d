//! Goes along ways through worlds of which there are too many: at random, but the same ways each time.

use crate::{actions::Action, happened::Happening, rules::Rules, world::World};

/// The steps of one walk.
const STEPS: usize = 150;

/// Of so many steps one is a fault, while some are left: else they would all come before anything worth spoiling.
const STEPS_A_FAULT: u64 = 8;

/// Walks along the way of this number: what happened, or the way to where a promise was broken.
pub(crate) fn walk(rules: Rules, number: u64) -> Result<Vec<Happening>, String> {
    let (mut world, mut random, mut way, mut happened) = (World::new(rules), number, Vec::new(), Vec::new());
    for _ in 0..STEPS {
        let action = choose(&world, &mut random);
        if let Some(next) = world.after(&action) {
            world = next;
        }
        happened.extend_from_slice(world.happened.list());
        way.push(action);
        if !(world.is_in_order() && world.has_no_silent_hole() && world.converges()) {
            return Err(format!("walk {number}: {way:?}\n{world:?}"));
        }
    }
    Ok(happened)
}

fn choose(world: &World, random: &mut u64) -> Action {
    let mut actions = Vec::new();
    world.actions(&mut actions);
    let fault = below(STEPS_A_FAULT, random) == 0;
    let (faults, others): (Vec<_>, Vec<_>) = actions.into_iter().partition(|action| world.is_fault(action));
    let mut wanted = if fault && !faults.is_empty() || others.is_empty() { faults } else { others };
    let place = below(wanted.len() as u64, random);
    wanted.swap_remove(usize::try_from(place).expect("below a length"))
}

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>.
fn below(bound: u64, state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % bound
}
