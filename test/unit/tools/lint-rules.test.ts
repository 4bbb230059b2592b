import { join } from 'node:path';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
/** A file that stands in a project of tsconfig.json; its text is replaced. */
const place = join(root, 'sidecar/faults.ts');

const offences: readonly (readonly [rule: string, source: string])[] = [
  ['no-console', `console.log('x');`],
  [
    'complexity',
    `export const f = (a: number) => { ${Array.from({ length: 11 }, (_, n) => `if (a === ${n}) return ${n};`).join(' ')} return a; };`,
  ],
  ['no-empty', `try { JSON.parse('1'); } catch {}`],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    `export const f = (a: 'x' | 'y') => { switch (a) { case 'x': return 1; } return 2; };`,
  ],
  ['@typescript-eslint/no-floating-promises', `export const f = () => { Promise.resolve(1); };`],
  ['@typescript-eslint/no-explicit-any', `export const f = (a: any) => [a];`],
  [
    '@typescript-eslint/no-unsafe-assignment',
    `export const f = () => { const x = JSON.parse('1'); return [x as number]; };`,
  ],
  ['@typescript-eslint/no-non-null-assertion', `export const f = (a: number[]) => a[0]!;`],
  ['@typescript-eslint/no-unnecessary-condition', `export const f = (a: string) => (a === undefined ? 1 : 2);`],
  ['@typescript-eslint/consistent-type-imports', `import { Fault } from './contract/fault.ts'; export type G = Fault;`],
];

describe('ESLint', () => {
  let found: ReadonlyMap<string, readonly (string | null)[]>;

  beforeAll(async () => {
    const eslint = new ESLint({ cwd: root });
    const entries: [string, (string | null)[]][] = [];
    for (const [rule, source] of offences) {
      const [result] = await eslint.lintText(source, { filePath: place });
      entries.push([rule, result!.messages.map(({ ruleId }) => ruleId)]);
    }
    found = new Map(entries);
  });

  test.each(offences)('%s is caught', (rule) => {
    expect(found.get(rule)).toContain(rule);
  });
});
