//! The rolling-window budget: one for scheduled, event-driven and manual actions together.

use crate::model::{ActionId, Budget, Limits, Stop, Timestamp};
use chrono::TimeDelta;

/// Clocks of parallel invocations may differ by so much.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// What taking a place came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// The budget with the place taken; to be written only over the one that was read.
    Taken(Budget),
    /// This action holds a place already; nothing is to be written.
    Held,
    /// The kill switch is on.
    Stopped(Stop),
    /// Spent.
    Exhausted {
        /// How many places there are in a window.
        limit: u32,
        /// When the next one is free; `None` if there is none at all.
        free_at: Option<Timestamp>,
    },
}

/// How many actions a window allows. `listed` is the number of credentials in the last complete report; without one
/// the share is 0, and so is the limit.
pub fn limit(limits: &Limits, listed: Option<u64>) -> u32 {
    let share = listed.unwrap_or(0) as f64 * limits.max_share_percent / 100.0;
    limits.max_actions.min(share.floor() as u32)
}

/// Takes a place for an action. The same action takes once; nothing is ever given back.
pub fn take(budget: &Budget, action: &ActionId, limits: &Limits, listed: Option<u64>, now: Timestamp) -> Take {
    if let Some(stop) = &budget.stopped {
        return Take::Stopped(stop.clone());
    }
    if budget.holds.contains_key(action.as_str()) {
        return Take::Held;
    }
    let (window, limit) = (TimeDelta::hours(limits.window_hours.into()), limit(limits, listed));
    let mut current: Vec<Timestamp> = budget.holds.values().copied().filter(|at| *at > now - window).collect();
    if current.len() < limit as usize {
        return Take::Taken(with(budget, action, window, now));
    }
    current.sort_unstable();
    let free_at = (limit > 0).then(|| current[current.len() - limit as usize] + window);
    Take::Exhausted { limit, free_at }
}

fn with(budget: &Budget, action: &ActionId, window: TimeDelta, now: Timestamp) -> Budget {
    let newest = budget.holds.values().copied().max().map_or(now, |newest| newest.max(now));
    let mut holds = budget.holds.clone();
    holds.retain(|_, at| *at >= newest - window - SKEW);
    holds.insert(action.as_str().to_owned(), now);
    Budget { holds, stopped: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { max_actions: 2, max_share_percent: 50.0, window_hours: 24 };

    fn at(hour: i64) -> Timestamp {
        "2026-11-21T00:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::hours(hour)
    }

    fn taken(budget: &Budget, action: &str, hour: i64) -> Budget {
        match take(budget, &action.into(), &LIMITS, Some(100), at(hour)) {
            Take::Taken(budget) => budget,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_window_holds_so_many_and_then_waits_for_the_oldest_to_leave() {
        let two = taken(&taken(&Budget::default(), "a", 0), "b", 1);
        let third = take(&two, &"c".into(), &LIMITS, Some(100), at(2));
        assert_eq!(third, Take::Exhausted { limit: 2, free_at: Some(at(24)) });
        taken(&two, "c", 24);
    }

    #[test]
    fn the_same_action_takes_once() {
        let one = taken(&Budget::default(), "a", 0);
        assert_eq!(take(&one, &"a".into(), &LIMITS, Some(100), at(1)), Take::Held);
    }

    #[test]
    fn zero_means_zero_whichever_bound_it_is() {
        let none = Limits { max_actions: 0, ..LIMITS };
        let no_share = Limits { max_share_percent: 0.0, ..LIMITS };
        for (limits, listed) in [(none, Some(100)), (no_share, Some(100)), (LIMITS, None), (LIMITS, Some(1))] {
            let refused = take(&Budget::default(), &"a".into(), &limits, listed, at(0));
            assert_eq!(refused, Take::Exhausted { limit: 0, free_at: None });
        }
    }

    #[test]
    fn the_kill_switch_refuses_even_what_holds_a_place() {
        let stop = Stop { by: "x".into(), at: at(0), reason: "r".into() };
        let stopped = Budget { stopped: Some(stop.clone()), ..taken(&Budget::default(), "a", 0) };
        assert_eq!(take(&stopped, &"a".into(), &LIMITS, Some(100), at(1)), Take::Stopped(stop));
    }

    #[test]
    fn holds_are_pruned_below_the_window_and_the_skew() {
        let old = taken(&Budget::default(), "a", 0);
        assert_eq!(taken(&old, "b", 24).holds.len(), 2);
        assert_eq!(taken(&old, "b", 25).holds.len(), 1);
    }
}
