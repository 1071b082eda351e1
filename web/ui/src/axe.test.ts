// The browser journeys run axe-core without npm, from a copy in the repository. It is the package that package.json pins, byte for byte.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const pinned = "node_modules/axe-core";
const kept = "../../e2e/testdata/axe";

for (const name of ["axe.min.js", "LICENSE", "LICENSE-3RD-PARTY.txt"]) {
  test(`e2e/testdata/axe/${name} is that of the pinned package`, () => {
    const same = readFileSync(`${pinned}/${name}`).equals(readFileSync(`${kept}/${name}`));
    assert.ok(same, `it differs; in web/ui: cp ${pinned}/${name} ${kept}/${name}`);
  });
}
