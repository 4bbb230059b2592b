import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** The project that the file would belong to, what it says, and the code of the error. */
const offences: readonly (readonly [what: string, project: string, source: string, code: number])[] = [
  ['a row that may not be there', 'sidecar', `export const f = (a: number[]): number => a[0];`, 2322],
  ['undefined where a key may only be absent', 'sidecar', `export const a: { b?: number } = { b: undefined };`, 2375],
  ['syntax that Node cannot erase', 'sidecar', `export enum Colour { Red }`, 1294],
  [
    'a type imported as a value',
    'sidecar',
    `import { MakeDirectoryOptions } from 'node:fs'; export type M = MakeDirectoryOptions;`,
    1484,
  ],
  ['an implicit any', 'sidecar', `export const f = (a) => a;`, 7006],
  ['a page global in the sidecar', 'sidecar', `export const a = document;`, 2584],
  ['a page global in the extension', 'extension', `export const a = document;`, 2584],
  ['a page global in the contract', 'sidecar/contract', `export const a = document;`, 2584],
  ['Node in the contract', 'sidecar/contract', `export const a = process.pid;`, 2591],
  ['Node in a page', 'webview', `export const a = process.pid;`, 2591],
];

describe('the compiler', () => {
  test.each(offences)('%s is caught (%s)', (_, project, source, code) => {
    expect(errorCodes(project, source)).toEqual([code]);
  });

  test.each(['sidecar', 'extension', 'webview', 'sidecar/contract'])('lawful code passes in %s', (project) => {
    expect(errorCodes(project, `export const f = (a: readonly number[]): number => a[0] ?? 0;`)).toEqual([]);
  });
});

function errorCodes(project: string, source: string): number[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, project, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
    ts.sys,
    join(root, project),
  );
  const file = join(root, project, 'planted.ts');
  const host = ts.createCompilerHost(options);
  const onDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file
      ? ts.createSourceFile(name, source, {
          languageVersion: ts.ScriptTarget.ES2023,
          impliedNodeFormat: ts.ModuleKind.ESNext,
        })
      : onDisk(name, ...rest);
  const program = ts.createProgram({
    rootNames: [file],
    options: { ...options, composite: false, incremental: false, noEmit: true },
    host,
  });
  const planted = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(planted), ...program.getSemanticDiagnostics(planted)].map(
    ({ code }) => code,
  );
}
