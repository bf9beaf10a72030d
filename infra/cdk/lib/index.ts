export { TokenwardenError } from "./error";
export { acknowledgeFindings, covers, NAG_SUPPRESSIONS, type NagSuppression, type Pack } from "./nag-suppressions";
export { DEFAULT_TEMPLATE_FILE } from "./packaged";
export type * from "./template-types";
export { Tokenwarden, type TokenwardenProps } from "./tokenwarden";
