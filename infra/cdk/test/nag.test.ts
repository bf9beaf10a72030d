// What cdk-nag says of a Tokenwarden, with and without the list of what is left.
import assert from "node:assert/strict";
import test from "node:test";
import { Stack } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { acknowledgeFindings, covers, NAG_SUPPRESSIONS, type Tokenwarden } from "../lib";
import { otherProps, tokenwarden } from "./support";

/** Settings as they are by default, and all of them otherwise. */
const SETTINGS = [{}, otherProps()];

/** Each finding as its rule and the logical id. */
function findings(construct: Tokenwarden): [string, string][] {
  const { violations } = new AwsSolutionsChecks().validateScope(Stack.of(construct));
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }): [string, string] => [ruleName, String(constructPath?.split("/").at(-1))]),
  );
}

test("every finding has one reason", () => {
  for (const [rule, logicalId] of SETTINGS.flatMap((props) => findings(tokenwarden(props)))) {
    const reasons = NAG_SUPPRESSIONS.filter((suppression) => covers(suppression, rule, logicalId));
    assert.equal(reasons.length, 1, `${rule} ${logicalId}: lib/nag-suppressions.ts has ${reasons.length} reasons`);
  }
});

test("every reason has its finding on each resource that it names", () => {
  const found = SETTINGS.flatMap((props) => findings(tokenwarden(props)));
  for (const suppression of NAG_SUPPRESSIONS) {
    for (const logicalId of suppression.resources) {
      const covered = found.filter(([rule, id]) => id === logicalId && covers(suppression, rule, id));
      assert.ok(covered.length > 0, `${suppression.rule} ${logicalId} is found no more: take it out of lib/nag-suppressions.ts`);
    }
  }
});

test("nothing is found once the list is acknowledged, whatever the settings", () => {
  for (const props of SETTINGS) {
    const construct = tokenwarden(props);
    acknowledgeFindings(construct, new AwsSolutionsChecks());
    assert.deepEqual(findings(construct), []);
  }
});

test("every reason is a sentence", () => {
  for (const { rule, reason } of NAG_SUPPRESSIONS) {
    assert.match(reason, /^[A-Z].{40,}\.$/s, rule);
  }
});
