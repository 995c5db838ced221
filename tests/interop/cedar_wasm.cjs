// Answers the cases of ward_interop_cedar with cedar-wasm; says which answers differ.
//
//   node cedar_wasm.cjs PACKAGE_DIRECTORY < cases
'use strict';
const path = require('path');
const readline = require('readline');
const cedar = require(path.resolve(process.argv[2], 'nodejs', 'cedar_wasm.js'));

const sorted = (ids) => JSON.stringify([...ids].sort());

// What differs; nothing when all is equal. Messages are not compared.
function difference(test) {
  const answer = cedar.isAuthorized(test.call);
  if (answer.type !== 'success') return `refused: ${JSON.stringify(answer.errors)}`;
  const { decision, diagnostics } = answer.response;
  const errors = diagnostics.errors.map((error) => error.policyId);
  if (decision !== test.decision) return `decision ${decision}, ours ${test.decision}`;
  if (sorted(diagnostics.reason) !== sorted(test.reasons)) {
    return `reasons ${sorted(diagnostics.reason)}, ours ${sorted(test.reasons)}`;
  }
  if (sorted(errors) !== sorted(test.errors)) return `errors ${sorted(errors)}, ours ${sorted(test.errors)}`;
  return '';
}

let count = 0;
let different = 0;
const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const test = JSON.parse(line);
  count += 1;
  const what = difference(test);
  if (what === '') return;
  different += 1;
  if (different <= 3) console.log(`seed ${test.seed}: ${what}\n${line}`);
});
lines.on('close', () => {
  console.log(`${count} asked, ${different} different`);
  process.exit(count > 0 && different === 0 ? 0 : 1);
});
