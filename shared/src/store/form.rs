//! Which form of stored values this version reads: an older version neither misreads nor loses what a newer one wrote.
//!
//! A value gets new optional fields without further ado: older versions pass over them. Where an older version must not touch
//! the value, because it would misread it or write it back without what is new, the newer version marks the item with the
//! next form, and reads the earlier forms as before.

use super::item::{Item, read_number};
use crate::error::{Error, Result};

/// The newest form that this version reads. Items of the first form do not bear the attribute.
const NEWEST: u64 = 1;

/// The attribute that tells the form.
const FORM: &str = "form";

/// Whether this version may read an item.
///
/// # Errors
/// [`Error::TooNew`] if a newer version wrote it in a form of its own.
pub(super) fn check(item: &Item) -> Result<()> {
    if !item.contains_key(FORM) {
        return Ok(());
    }
    match read_number(item, FORM)? {
        ..=NEWEST => Ok(()),
        form => Err(Error::TooNew { what: kind_of(item), form, newest: NEWEST }),
    }
}

fn kind_of(item: &Item) -> String {
    item.get("entity").and_then(|entity| entity.as_s().ok()).cloned().unwrap_or_else(|| "item".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::AttributeValue;

    fn item(form: Option<AttributeValue>) -> Item {
        let entity = ("entity".to_owned(), AttributeValue::S("action".into()));
        form.map(|form| (FORM.to_owned(), form)).into_iter().chain([entity]).collect()
    }

    #[test]
    fn a_form_that_is_not_known_yet_is_refused_by_name_and_the_first_needs_no_mark() {
        assert_eq!(check(&item(None)), Ok(()));
        assert_eq!(check(&item(Some(AttributeValue::N("1".into())))), Ok(()));
        let newer = check(&item(Some(AttributeValue::N("2".into()))));
        assert_eq!(newer, Err(Error::TooNew { what: "action".into(), form: 2, newest: 1 }));
        assert!(matches!(check(&item(Some(AttributeValue::S("2".into())))), Err(Error::Store(_))));
    }
}
