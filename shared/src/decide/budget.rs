//! The rolling-window budget: one for scheduled, event-driven and manual actions together.

use crate::model::{ActionId, Budget, Limits, Stop, Timestamp};
use chrono::TimeDelta;

/// Clocks of parallel invocations may differ by so much. A place stays taken for the window and this time, or a fast
/// clock would give away a place that a slow one took less than a window ago.
pub const SKEW_MAX: TimeDelta = TimeDelta::minutes(5);

/// What taking a place came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// The budget with the place taken; to be written only over the one that was read.
    Taken(Budget),
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

/// Takes a place for an attempt of an action. An action holds one place, whose time is that of its last attempt; nothing
/// is ever given back. An attempt is always a write of the budget, so that none slips past the kill switch.
pub fn take(budget: &Budget, action: &ActionId, limits: &Limits, listed: Option<u64>, now: Timestamp) -> Take {
    if let Some(stop) = budget.halt(now) {
        return Take::Stopped(stop);
    }
    let (taken_for, limit) = (taken_for(limits), limit(limits, listed));
    let others = budget.holds.iter().filter(|(holder, _)| *holder != action.as_str());
    let mut current: Vec<Timestamp> = others.map(|(_, at)| *at).filter(|at| *at > now - taken_for).collect();
    if current.len() < limit as usize {
        return Take::Taken(with(budget, action, taken_for, now));
    }
    current.sort_unstable();
    let free_at = (limit > 0).then(|| current[current.len() - limit as usize] + taken_for);
    Take::Exhausted { limit, free_at }
}

fn taken_for(limits: &Limits) -> TimeDelta {
    TimeDelta::hours(limits.window_hours.into()) + SKEW_MAX
}

fn with(budget: &Budget, action: &ActionId, taken_for: TimeDelta, now: Timestamp) -> Budget {
    let newest = budget.holds.values().copied().max().map_or(now, |newest| newest.max(now));
    let mut holds = budget.holds.clone();
    holds.retain(|_, at| *at >= newest - taken_for);
    let held = holds.entry(action.as_str().to_owned()).or_insert(now);
    *held = now.max(*held);
    Budget { holds, stopped: None, ..budget.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Home;

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

    /// When a place that was taken at this hour is free.
    fn free(hour: i64) -> Timestamp {
        at(hour + 24) + SKEW_MAX
    }

    fn take_at(budget: &Budget, action: &str, now: Timestamp) -> Take {
        take(budget, &action.into(), &LIMITS, Some(100), now)
    }

    #[test]
    fn a_window_holds_so_many_and_then_waits_for_the_oldest_to_leave() {
        let two = taken(&taken(&Budget::default(), "a", 0), "b", 1);
        let spent = Take::Exhausted { limit: 2, free_at: Some(free(0)) };
        assert_eq!(take_at(&two, "c", at(2)), spent);
        assert_eq!(take_at(&two, "c", free(0) - TimeDelta::seconds(1)), spent, "a clock may be fast by so much");
        assert!(matches!(take_at(&two, "c", free(0)), Take::Taken(_)));
    }

    #[test]
    fn an_action_holds_one_place_at_the_time_of_its_last_attempt() {
        let again = taken(&taken(&Budget::default(), "a", 0), "a", 20);
        assert_eq!(again.holds, [("a".to_owned(), at(20))].into());
        assert_eq!(taken(&again, "a", 19).holds, again.holds, "a slow clock does not move it back");
        let full = taken(&again, "b", 21);
        assert_eq!(take_at(&full, "c", at(30)), Take::Exhausted { limit: 2, free_at: Some(free(20)) });
    }

    #[test]
    fn who_comes_back_after_a_window_needs_a_place_anew() {
        let holding = |holds| Budget { holds, ..Budget::default() };
        let old = holding([("a".to_owned(), at(0))].into());
        let full = holding([("b".to_owned(), at(40)), ("c".to_owned(), at(41))].into());
        let both = holding(old.holds.into_iter().chain(full.holds).collect());
        assert_eq!(take_at(&both, "a", at(42)), Take::Exhausted { limit: 2, free_at: Some(free(40)) });
    }

    #[test]
    fn who_holds_a_place_stops_when_the_limit_falls() {
        let two = taken(&taken(&Budget::default(), "a", 0), "b", 1);
        for (max_actions, goes_on) in [(2, true), (1, false), (0, false)] {
            let limits = Limits { max_actions, ..LIMITS };
            let again = take(&two, &"a".into(), &limits, Some(100), at(2));
            assert_eq!(matches!(again, Take::Taken(_)), goes_on, "{max_actions}");
        }
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
    fn a_copy_of_the_table_gives_no_place() {
        let copy = Budget { home: Home::Elsewhere("cases-before".into()), ..taken(&Budget::default(), "a", 0) };
        for action in ["a", "b"] {
            let Take::Stopped(stop) = take_at(&copy, action, at(1)) else { panic!("a copy gave a place") };
            assert!(stop.reason.contains("cases-before"), "{stop:?}");
        }
        let unmarked = Budget { home: Home::Unmarked, ..Budget::default() };
        assert!(matches!(take_at(&unmarked, "a", at(1)), Take::Taken(_)));
    }

    #[test]
    fn the_kill_switch_refuses_even_what_holds_a_place() {
        let stop = Stop { by: "x".into(), at: at(0), reason: "r".into() };
        let stopped = Budget { stopped: Some(stop.clone()), ..taken(&Budget::default(), "a", 0) };
        assert_eq!(take_at(&stopped, "a", at(1)), Take::Stopped(stop));
    }

    #[test]
    fn holds_are_pruned_below_the_window_and_the_skew() {
        let old = taken(&Budget::default(), "a", 0);
        assert_eq!(taken(&old, "b", 24).holds.len(), 2);
        assert_eq!(taken(&old, "b", 25).holds.len(), 1);
    }
}
