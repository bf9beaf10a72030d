/** What whoever uses the construct or the app can mend; its message says what is wrong and how. */
export class TokenwardenError extends Error {
  override readonly name = "TokenwardenError";
}
