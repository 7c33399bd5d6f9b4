// Reads what Surefire and Failsafe wrote and finds suites that ran no test: a test class without a report, or one whose
// every test was skipped. Usage: node test-report.mjs <root> [module]; leaves the counts, and what the failed tests said, for
// ops/test in target/.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

/** Suites that may skip, with the reason that is then shown. */
const MAY_SKIP = [{ pattern: /^dev\.sallyport\.policy\.CorpusTest$/, reason: 'the Cedar corpus is not on this machine' }];

const [root, only] = process.argv.slice(2);
const MODULES = { 'policy-engine': 'policy-engine', 'policy-oracle': 'ops/policy-oracle', 'auth-server': 'auth-server', 'gateway-client': 'chat-gateway/client', 'chat-gateway': 'chat-gateway', acceptance: 'ops/acceptance' };

const totals = { suites: 0, passed: 0, failed: 0, skipped: 0 };
const complaints = [];
const failures = [];
const FAILURE_LINES_MAX = 25;
for (const [module, folder] of Object.entries(MODULES)) {
  if (only && only !== module) continue;
  checkModule(module, join(root, folder));
}

const counts =
  `${totals.suites} suites, ${totals.passed} tests passed, ${totals.failed} failed, ${totals.skipped} skipped`;
mkdirSync(join(root, 'target'), { recursive: true });
writeFileSync(join(root, 'target', 'ops-test-counts'), counts + '\n');
writeFileSync(join(root, 'target', 'ops-test-failures'), failures.join(''));
complaints.forEach((text) => console.error(`ops/test: ${text}`));
process.exit(complaints.length ? 1 : 0);

function checkModule(module, folder) {
  const reports = reportsOf(folder);
  const module_ = { suites: 0, passed: 0, failed: 0, skipped: 0 };
  const expected = new Set(testClassesIn(join(folder, 'src/test/java')));
  for (const name of reports.keys()) expected.add(name);
  for (const name of [...expected].sort()) {
    const report = reports.get(name);
    if (!report) {
      complaints.push(`\`${name}\` in ${module} ran no test`);
      continue;
    }
    module_.suites++;
    module_.passed += report.tests - report.failed - report.skipped;
    module_.failed += report.failed;
    module_.skipped += report.skipped;
    if (report.tests > report.skipped) continue;
    const allowed = MAY_SKIP.find(({ pattern }) => pattern.test(name));
    if (allowed && report.skipped) console.log(`  skipped: ${name}: ${report.reason || allowed.reason}`);
    else complaints.push(`every test of \`${name}\` in ${module} was skipped`);
  }
  if (module_.passed + module_.failed === 0) complaints.push(`${module} ran no test`);
  if (module_.failed) complaints.push(`${module_.failed} tests failed in ${module}; see ${relative(root, folder)}/target/*-reports`);
  console.log(`  ${module.padEnd(14)} ${module_.suites} suites, ${module_.passed} passed, ${module_.failed} failed, ${module_.skipped} skipped`);
  for (const key of Object.keys(totals)) totals[key] += module_[key];
}

/** Counts by top-level test class: what nested classes report belongs to the class they stand in. */
function reportsOf(folder) {
  const byClass = new Map();
  for (const kind of ['surefire-reports', 'failsafe-reports']) {
    const place = join(folder, 'target', kind);
    if (!existsSync(place)) continue;
    for (const file of readdirSync(place).filter((name) => /^TEST-.*\.xml$/.test(name))) {
      const text = readFileSync(join(place, file), 'utf8');
      const name = file.slice('TEST-'.length, -'.xml'.length).split('$')[0];
      const sum = byClass.get(name) ?? { tests: 0, failed: 0, skipped: 0, reason: '' };
      const head = /<testsuite\s[^>]*>/.exec(text)?.[0] ?? '';
      const number = (attribute) => Number(new RegExp(`\\s${attribute}="(\\d+)"`).exec(head)?.[1] ?? 0);
      sum.tests += number('tests');
      sum.failed += number('failures') + number('errors');
      sum.skipped += number('skipped');
      sum.reason ||= /<skipped\s[^>]*message="([^"]*)"/.exec(text)?.[1] ?? '';
      byClass.set(name, sum);
      failures.push(...failuresIn(text));
    }
  }
  return byClass;
}

/** Each failed test of a report: its name and the beginning of what it said. */
function failuresIn(text) {
  const found = [];
  const failed = /<testcase\s([^>]*)>\s*<(?:failure|error)\b[^>]*?(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/g;
  for (const [, head, said = ''] of text.matchAll(failed)) {
    const attribute = (name) => unescaped(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(head)?.[1] ?? '');
    const body = unescaped(said.replace(/^<!\[CDATA\[|\]\]>$/g, '')).trim().split('\n').slice(0, FAILURE_LINES_MAX);
    found.push(`  failed: ${attribute('classname')}.${attribute('name') || '(its set-up)'}\n${body.map((line) => `    ${line}\n`).join('')}`);
  }
  return found;
}

function unescaped(xml) {
  const named = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return xml.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) =>
    decimal || hex ? String.fromCodePoint(parseInt(decimal ?? hex, decimal ? 10 : 16)) : (named[name] ?? whole),
  );
}

/** Names of the classes that Surefire is to run: `…Test`, not abstract. */
function testClassesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(Test|Tests|IT)\.java$/.test(entry.name))
    .map((entry) => ({ path: join(entry.parentPath ?? entry.path, entry.name), simple: basename(entry.name, '.java') }))
    .filter(({ path, simple }) => {
      const text = readFileSync(path, 'utf8');
      return !new RegExp(`(abstract|sealed)\\s+class\\s+${simple}\\b|interface\\s+${simple}\\b`).test(text);
    })
    .map(({ path }) => relative(folder, path).replace(/\.java$/, '').replaceAll('/', '.'));
}
