import { describe, expect, test } from 'vitest';
import { findSourceFaults } from '../../../tools/check-sources.ts';

// A tilde stands inside each offence, so that this file does not commit it itself.
const said = (text: string): string => text.replace('~', '');

const offences: readonly (readonly [what: string, path: string, text: string, says: RegExp])[] = [
  ['a file named utils', 'sidecar/store/utils.ts', '', /name that says nothing/],
  ['a folder named common', 'sidecar/common/hash.ts', '', /name that says nothing/],
  ['a file in camel case', 'sidecar/store/openDatabase.ts', '', /kebab-case/],
  ['a class named for nothing', 'sidecar/runs/queue.ts', `export class Run~Manager {}`, /“RunManager”/],
  ['a type named for nothing', 'sidecar/runs/queue.ts', `export type Run~Handler = () => void;`, /“RunHandler”/],
  ['work left behind', 'sidecar/runs/queue.ts', `// TO~DO later`, /leaves work behind/],
  ['a skipped test', 'test/unit/a.test.ts', `test~.skip('x', () => {});`, /hides tests/],
  ['an exclusive test', 'test/unit/a.test.ts', `describe~.only('x', () => {});`, /hides tests/],
  ['a toolkit tag on a page', 'webview/run/page.ts', `document.createElement('~vscode-button')`, /one doorway/],
  ['a toolkit tag in HTML', 'webview/run/page.ts', `<~vscode-dropdown>`, /one doorway/],
  ['a path of one machine', 'sidecar/store/open.ts', `open('/~home/ana/data.db')`, /one machine/],
];

describe('names and leftovers', () => {
  test.each(offences)('%s is caught', (_, path, text, says) => {
    expect(findSourceFaults(path, said(text))).toEqual([expect.stringMatching(says)]);
  });

  test('a fault names file and line', () => {
    const [fault] = findSourceFaults('sidecar/a.ts', said('\n\n// FIX~ME'));
    expect(fault).toMatch(/^sidecar\/a\.ts:3 /);
  });

  test.each([
    ['sidecar/pipeline/1-version/version.ts', 'export const version = 1;'],
    ['test/unit/runs/queue.test.ts', "test('a run waits', () => {});"],
    ['test/e2e/in-host/language.mocha.ts', ''],
    ['webview/shared/controls.ts', `document.createElement('~vscode-button')`],
    ['webview/shared/theme.ts', "color('--vscode-charts-red'); document.body.classList.contains('vscode-dark');"],
    ['sidecar/http/control.ts', "import { type RequestHandler } from 'express'; type Database = Handle;"],
    ['README.md', 'Open `/healthz`; see https://example.org/home/page.'],
  ])('%s is left alone', (path, text) => {
    expect(findSourceFaults(path, said(text))).toEqual([]);
  });
});
