// Prints "N passed, N failed" from vitest's JSON report. A failed check counts as one, so does each file that could not be run
// at all, and a run that left no report. Exits with 1 when anything failed or nothing passed.
import { readFileSync } from 'node:fs';

const [path = '', check, test] = process.argv.slice(2);
const problems = check === '0' ? [] : ['typecheck, lint or format:check failed'];
let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  passed = report.numPassedTests;
  failed = report.numFailedTests;
  for (const { name, status, assertionResults } of report.testResults) {
    if (status !== 'failed' || assertionResults.some((each) => each.status === 'failed')) continue;
    problems.push(`${name} could not be run`);
  }
} catch {
  problems.push('npm test left no report');
}
if (test !== '0' && failed + problems.length === 0) problems.push(`npm test ended with ${test}`);
for (const problem of problems) console.log(problem);
failed += problems.length;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
