import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ICruiseResult, IConfiguration } from 'dependency-cruiser';
import { cruise } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const configuration = createRequire(import.meta.url)('../../../.dependency-cruiser.cjs') as IConfiguration;

/** One offence a line: the rule it breaks, the file that breaks it, and what that file says. */
const offences: readonly (readonly [rule: string, file: string, source: string])[] = [
  ['no-cycles', 'sidecar/runs/egg.ts', `import type { Hen } from './hen.ts'; export interface Egg { hen: Hen }`],
  ['no-barrels', 'sidecar/runs/barrel-user.ts', `import { thing } from './barrel/index.ts'; export const a = thing;`],
  ['resolvable', 'sidecar/runs/lost.ts', `import { x } from './nowhere.ts'; export const a = x;`],
  ['doors-are-not-imported', 'sidecar/runs/inside-out.ts', `import { main } from '../main.ts'; export const a = main;`],
  [
    'product-needs-no-tests',
    'sidecar/runs/tested.ts',
    `import { thing } from '../../test/support/thing.ts'; export const a = thing;`,
  ],
  [
    'contract-is-zod-only',
    'sidecar/contract/stray.ts',
    `import { thing } from '../faults.ts'; export const a = thing;`,
  ],
  ['contract-is-zod-only', 'sidecar/contract/path.ts', `import { join } from 'node:path'; export const a = join;`],
  [
    'page-contract-is-contracts-only',
    'webview/contract/stray.ts',
    `import { thing } from '../shared/plot.ts'; export const a = thing;`,
  ],
  ['client-is-light', 'sidecar/client/stray.ts', `import { thing } from '../api.ts'; export const a = thing;`],
  ['client-is-light', 'sidecar/client/zod.ts', `import { z } from 'zod'; export const a = z;`],
  [
    'client-needs-no-library',
    'sidecar/client/heavy.ts',
    `import { a } from '../work/child-environment.ts'; export const b = a;`,
  ],
  [
    'sidecar-knows-no-editor',
    'sidecar/runs/editor.ts',
    `import type { T } from '../../extension/ids.ts'; export type U = T;`,
  ],
  [
    'sidecar-knows-no-editor',
    'sidecar/runs/page.ts',
    `import type { T } from '../../webview/contract/ok.ts'; export type U = T;`,
  ],
  [
    'extension-sees-the-face-only',
    'extension/run/deep.ts',
    `import { thing } from '../../sidecar/faults.ts'; export const a = thing;`,
  ],
  [
    'extension-sees-page-contract-only',
    'extension/run/page.ts',
    `import { thing } from '../../webview/shared/plot.ts'; export const a = thing;`,
  ],
  ['language-knows-no-editor', 'sidecar/language/direct.ts', `import type { Uri } from 'vscode'; export type U = Uri;`],
  [
    'language-knows-no-editor',
    'sidecar/language/indirect.ts',
    `import { log } from '../../extension/log.ts'; export const a = log;`,
  ],
  [
    'pages-take-types-only',
    'webview/run/schema.ts',
    `import { thing } from '../contract/ok.ts'; export const a = thing;`,
  ],
  [
    'pages-take-types-only',
    'webview/run/message.ts',
    `import { thing } from '../contract/ok.ts'; export const a = thing;`,
  ],
  [
    'pages-see-contracts-only',
    'webview/run/extension.ts',
    `import type { T } from '../../extension/ids.ts'; export type U = T;`,
  ],
  ['pages-have-no-node', 'webview/run/node.ts', `import { readFile } from 'node:fs'; export const a = readFile;`],
  [
    'stages-are-apart',
    'sidecar/pipeline/3-train/peek.ts',
    `import type { T } from '../1-version/version.ts'; export type U = T;`,
  ],
  [
    'mathematics-is-pure',
    'sidecar/statistics/impure.ts',
    `import { thing } from '../faults.ts'; export const a = thing;`,
  ],
  ['mathematics-is-pure', 'sidecar/graph/impure.ts', `import type { T } from '../contract/ok.ts'; export type U = T;`],
  [
    'mathematics-is-pure',
    'sidecar/graph/statistical.ts',
    `import { psi } from '../statistics/psi.ts'; export const a = psi;`,
  ],
  ['parts-look-down', 'sidecar/engines/up.ts', `import { thing } from '../runs/queue.ts'; export const a = thing;`],
  [
    'parts-look-down',
    'sidecar/store/up.ts',
    `import type { T } from '../pipeline/1-version/version.ts'; export type U = T;`,
  ],
  [
    'pipeline-looks-down',
    'sidecar/pipeline/3-train/up.ts',
    `import { thing } from '../../runs/queue.ts'; export const a = thing;`,
  ],
  ['runs-look-down', 'sidecar/runs/up.ts', `import { thing } from '../http/control.ts'; export const a = thing;`],
  [
    'doorway-s3-signing',
    'sidecar/versions/remotes/sign.ts',
    `import { AwsV4Signer } from 'aws4fetch'; export const a = AwsV4Signer;`,
  ],
  ['doorway-ssh', 'sidecar/versions/remotes/ssh.ts', `import { Client } from 'ssh2'; export const a = Client;`],
  ['doorway-ini', 'sidecar/workspace/ini.ts', `import { parse } from 'ini'; export const a = parse;`],
  ['doorway-express', 'sidecar/runs/express.ts', `import express from 'express'; export const a = express;`],
  ['doorway-sqlite', 'sidecar/runs/sqlite.ts', `import Database from 'better-sqlite3'; export const a = Database;`],
  ['doorway-git', 'sidecar/versions/git.ts', `import { simpleGit } from 'simple-git'; export const a = simpleGit;`],
  [
    'doorway-blake-hash',
    'sidecar/versions/tree/hash.ts',
    `import { blake3 } from '@napi-rs/blake-hash'; export const a = blake3;`,
  ],
  ['doorway-ignore', 'sidecar/versions/dvc/ignored.ts', `import ignore from 'ignore'; export const a = ignore;`],
  ['doorway-file-watching', 'sidecar/versions/watch.ts', `import { watch } from 'chokidar'; export const a = watch;`],
  ['doorway-yaml', 'extension/run/yaml.ts', `import { parse } from 'yaml'; export const a = parse;`],
  [
    'doorway-onnxruntime',
    'sidecar/serving/onnx.ts',
    `import type { Tensor } from 'onnxruntime-node'; export type T = Tensor;`,
  ],
  ['doorway-tensorflow', 'sidecar/runs/tfjs.ts', `export const a = async () => import('@tensorflow/tfjs');`],
  [
    'doorway-toolkit',
    'webview/run/toolkit.ts',
    `import { provideVSCodeDesignSystem } from '@vscode/webview-ui-toolkit'; export const a = provideVSCodeDesignSystem;`,
  ],
  ['doorway-vscode', 'sidecar/runs/vscode.ts', `import type { Uri } from 'vscode'; export type U = Uri;`],
];

/** What the offenders lean on, and the neighbours that do the same thing where it is allowed. */
const lawful: Readonly<Record<string, string>> = {
  'sidecar/main.ts': `import { thing } from './http/control.ts'; export const main = thing;`,
  'sidecar/faults.ts': `import type { T } from './contract/ok.ts'; export const thing = 1 as T;`,
  'sidecar/contract/ok.ts': `import { z } from 'zod'; export const thing = z; export type T = number;`,
  'sidecar/work/child-environment.ts': `import { program } from 'commander'; export const a = program;`,
  'sidecar/client/call.ts': `import { request } from 'node:http'; import { thing } from '../contract/ok.ts'; export const a = [request, thing];`,
  'sidecar/http/control.ts': `import express from 'express'; import { thing as api } from '../api.ts'; export const thing = [express, api];`,
  'sidecar/api.ts': `import { thing as queue } from './runs/queue.ts'; export const thing = queue;`,
  'sidecar/runs/queue.ts': `import { thing as pipeline } from '../pipeline/index.ts'; export const thing = pipeline;`,
  'sidecar/runs/hen.ts': `import type { Egg } from './egg.ts'; export interface Hen { egg: Egg }`,
  'sidecar/runs/barrel/index.ts': `export const thing = 1;`,
  'sidecar/pipeline/index.ts': `import type { T } from './1-version/version.ts'; export const thing = 1 as T;`,
  'sidecar/pipeline/job.ts': `export type T = number;`,
  'sidecar/pipeline/1-version/version.ts': `import { thing } from '../../store/runs.ts'; import './hash.ts'; export type T = typeof thing;`,
  'sidecar/pipeline/1-version/hash.ts': `export const hash = 1;`,
  'sidecar/versions/store/blob-id.ts': `import { blake3 } from '@napi-rs/blake-hash'; export const a = blake3;`,
  'sidecar/versions/remotes/s3/sign.ts': `import { AwsV4Signer } from 'aws4fetch'; export const a = AwsV4Signer;`,
  'sidecar/versions/remotes/sftp/connection.ts': `import { Client } from 'ssh2'; export const a = Client;`,
  'sidecar/versions/remotes/config/ini-text.ts': `import { parse } from 'ini'; export const a = parse;`,
  'sidecar/versions/working/rules.ts': `import ignore from 'ignore'; export const a = ignore;`,
  'sidecar/store/runs.ts': `import Database from 'better-sqlite3'; import type { T } from '../pipeline/job.ts'; export const thing = Database as T;`,
  'sidecar/workspace/config.ts': `import { parse } from 'yaml'; import { watch } from 'chokidar'; import { simpleGit } from 'simple-git'; export const a = [parse, watch, simpleGit];`,
  'sidecar/engines/onnx/session.ts': `import { InferenceSession } from 'onnxruntime-node'; import type { T } from '@tensorflow/tfjs'; import { add } from '../../graph/add.ts'; export const a = [InferenceSession, add] as T;`,
  'sidecar/serving/inference-worker.ts': `import { InferenceSession } from 'onnxruntime-node'; export const a = InferenceSession;`,
  'sidecar/statistics/psi.ts': `import { sum } from './sum.ts'; export const psi = sum;`,
  'sidecar/statistics/sum.ts': `export const sum = 1;`,
  'sidecar/graph/add.ts': `export const add = 1;`,
  'extension/ids.ts': `export type T = number;`,
  'extension/log.ts': `import { window } from 'vscode'; export const log = window;`,
  'extension/run/panel.ts': `import { a } from '../../sidecar/client/call.ts'; import { thing } from '../../webview/contract/ok.ts'; export const b = [a, thing];`,
  'sidecar/versions/dvc/yaml.ts': `import { parse } from 'yaml'; export const a = parse;`,
  'sidecar/language/hover.ts': `import { parse } from 'yaml'; import { thing } from '../contract/ok.ts'; export const a = [parse, thing];`,
  'webview/contract/ok.ts': `import { z } from 'zod'; import type { T as U } from '../../sidecar/contract/ok.ts'; export const thing = z; export type T = U;`,
  'webview/shared/plot.ts': `import type { T } from '../contract/ok.ts'; export const thing = 1 as T;`,
  'webview/shared/controls.ts': `import { provideVSCodeDesignSystem } from '@vscode/webview-ui-toolkit'; export const a = provideVSCodeDesignSystem;`,
  'test/support/thing.ts': `import express from 'express'; export const thing = express;`,
};

const libraries = [
  'express',
  'commander',
  'better-sqlite3',
  'simple-git',
  '@napi-rs/blake-hash',
  'aws4fetch',
  'ssh2',
  'ini',
  'chokidar',
  'ignore',
  'yaml',
  'zod',
  'onnxruntime-node',
  '@tensorflow/tfjs',
  '@vscode/webview-ui-toolkit',
];

describe('dependency rules', () => {
  let tree: string;
  let found: readonly { rule: string; from: string }[];

  beforeAll(async () => {
    tree = await realpath(await mkdtemp(join(tmpdir(), 'dependency-rules-')));
    for (const [file, source] of Object.entries(lawful)) await plant(tree, file, source);
    for (const [, file, source] of offences) await plant(tree, file, source);
    for (const name of libraries) {
      await plant(
        tree,
        `node_modules/${name}/package.json`,
        JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
      );
      await plant(tree, `node_modules/${name}/index.js`, 'module.exports = {};');
    }
    found = await violations(tree);
  });
  afterAll(() => rm(tree, { recursive: true }));

  test.each(offences)('%s is caught in %s', (rule, file) => {
    expect(found).toContainEqual({ rule, from: file });
  });

  test('every rule has been seen to catch an offence', () => {
    const planted = new Set(offences.map(([rule]) => rule));
    expect((configuration.forbidden ?? []).map(({ name }) => name).filter((name) => !planted.has(name ?? ''))).toEqual(
      [],
    );
  });

  test('what the plan allows is left alone', () => {
    const offenders = new Set(offences.map(([, file]) => file));
    const blamed = found.filter(({ from }) => !offenders.has(from));
    expect(blamed).toEqual([]);
  });
});

async function plant(tree: string, file: string, source: string): Promise<void> {
  await mkdir(dirname(join(tree, file)), { recursive: true });
  await writeFile(join(tree, file), source);
}

async function violations(baseDir: string): Promise<{ rule: string; from: string }[]> {
  const ruleSet = { forbidden: configuration.forbidden ?? [] };
  const { output } = await cruise(['sidecar', 'extension', 'webview', 'test'], {
    ...configuration.options,
    ruleSet,
    validate: true,
    baseDir,
  });
  if (typeof output === 'string') throw new Error('The cruise gave text where a result was asked for.');
  return (output satisfies ICruiseResult).summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}
