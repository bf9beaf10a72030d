//! A crash on order, for tests: `TOKENWARDEN_ABORT_AT_CALL=N` aborts the process right before the N-th call that
//! remediate-tokens makes to DynamoDB or to Atlassian, `N+` right after it, when it has taken effect and its answer was
//! not read yet. Calls are counted from 1, from the start of the process, over all invocations of remediate-tokens.

use crate::failure::{Failure, Result};
use aws_sdk_dynamodb::config::{
    ConfigBag, Intercept, RuntimeComponents,
    interceptors::{BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef},
};
use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The environment variable that orders it.
pub const VARIABLE: &str = "TOKENWARDEN_ABORT_AT_CALL";

/// On which side of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// The call at which the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Order {
    call: u64,
    side: Side,
}

impl FromStr for Order {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self> {
        let (number, side) = text.strip_suffix('+').map_or((text, Side::Before), |number| (number, Side::After));
        let call = number.parse().ok().filter(|call| *call > 0);
        call.map(|call| Self { call, side }).ok_or_else(|| Failure::Option {
            name: VARIABLE,
            reason: format!("is `{text}`; it must be a number from 1, with a + behind it for: after the call"),
        })
    }
}

/// Counts the calls, and ends the process at the one that was ordered.
#[derive(Clone, Default)]
pub struct CrashSwitch {
    order: Option<Order>,
    calls: Arc<AtomicU64>,
}

impl CrashSwitch {
    /// The switch as the environment sets it; off where it does not.
    ///
    /// # Errors
    /// [`Failure::Option`] if the variable is no such order.
    pub fn from_environment() -> Result<Self> {
        let order = shared::config::environment(VARIABLE).map(|text| text.parse()).transpose()?;
        Ok(Self { order, calls: Arc::default() })
    }

    /// A call is about to be made.
    pub fn before_call(&self) {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.end_if(|order| order.side == Side::Before && order.call == number);
    }

    /// A call was made: that one, or one that was under way at the same time and is answered first.
    pub fn after_call(&self) {
        let begun = self.calls.load(Ordering::SeqCst);
        self.end_if(|order| order.side == Side::After && order.call <= begun);
    }

    fn end_if(&self, is_due: impl FnOnce(&Order) -> bool) {
        if self.order.as_ref().is_some_and(is_due) {
            std::process::abort();
        }
    }
}

impl fmt::Debug for CrashSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CrashSwitch({:?})", self.order)
    }
}

/// Every attempt of every call to DynamoDB.
impl Intercept for CrashSwitch {
    fn name(&self) -> &'static str {
        "CrashSwitch"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.before_call();
        Ok(())
    }

    fn read_after_transmit(
        &self,
        _context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.after_call();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_a_call_and_a_side() {
        assert_eq!("3".parse::<Order>().unwrap(), Order { call: 3, side: Side::Before });
        assert_eq!("3+".parse::<Order>().unwrap(), Order { call: 3, side: Side::After });
        for wrong in ["", "0", "+", "-1", "x"] {
            let error = wrong.parse::<Order>().unwrap_err().to_string();
            assert!(error.starts_with("TOKENWARDEN_ABORT_AT_CALL is"), "{error}");
        }
    }
}
