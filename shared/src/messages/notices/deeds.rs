//! What can be done to a credential, or to it and everything else of its owner, in words.

use super::{Deed, Undo};

impl Deed<'_> {
    /// Revoking a token.
    pub const REVOKE: Deed<'static> = Deed {
        noun: "Revoking",
        participle: "revoked",
        undo: Undo::Never,
        then: "A new token must be made and pasted into the job.",
    };

    /// Revoking all tokens of a service account.
    pub const REVOKE_ALL: Deed<'static> = Deed {
        noun: "Revoking all tokens of the account",
        participle: "revoked with all other tokens of its account",
        undo: Undo::Never,
        then: "New tokens must be made and pasted into the jobs.",
    };

    /// Suspending its owner's account. That its tokens do not work meanwhile is unconfirmed, so no text promises it.
    pub const SUSPEND: Deed<'static> = Deed {
        noun: "Suspending the account",
        participle: "hit by the suspension of its account",
        undo: Undo::ByAdmin,
        then: "Nobody can sign in with the account while it is suspended.",
    };

    /// Restoring its owner's account.
    pub const RESTORE: Deed<'static> = Deed {
        noun: "Restoring the account",
        participle: "given back with the access of its account",
        undo: Undo::ByAdmin,
        then: "The account can be signed in with again.",
    };

    /// Moving its owner's account to where API tokens are blocked.
    pub const BLOCK: Deed<'static> = Deed {
        noun: "Blocking the account's API tokens",
        participle: "blocked with all other API tokens of its account",
        undo: Undo::ByAdmin,
        then: "Jobs that use them fail until the account is moved back.",
    };

    /// Moving its owner's account to where API tokens are allowed.
    pub const ALLOW: Deed<'static> = Deed {
        noun: "Allowing the account's API tokens",
        participle: "allowed with all other API tokens of its account",
        undo: Undo::ByAdmin,
        then: "Jobs that use them work again.",
    };

    /// Undoing a block.
    pub const RELEASE: Deed<'static> = Deed {
        noun: "Undoing the block",
        participle: "released with all other API tokens of its account",
        undo: Undo::ByAdmin,
        then: "Jobs that use them work again, as they did before the block.",
    };
}
