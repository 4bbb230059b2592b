/**
 * What the loop costs beside the mathematics: wall time of a training of the digits, from the request to the last event,
 * against the time inside the numerical runtime, and the share of each stage:
 * `node test/bench/loop.ts [rounds] [epochs]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../../sidecar/contract/run.ts';
import { createDigitsWorkspace } from '../../tools/demo/workspace.ts';
import { endSidecars, startSidecar, trainOnce } from '../support/workspace.ts';

const ROUNDS = Number(process.argv[2] ?? 3);
const EPOCHS = process.argv[3];

const root = mkdtempSync(join(tmpdir(), 'bench-'));
createDigitsWorkspace(root);
const connection = await startSidecar(root);

const overrides: Record<string, string> = EPOCHS === undefined ? {} : { 'training.epochs': EPOCHS };
/** The first round versions and decodes; `fresh` rounds train on what is there; the last one reuses all of it. */
const rounds = [
  { name: 'first', request: {} },
  ...Array.from({ length: ROUNDS - 1 }, (_, at) => ({
    name: `again ${at + 1}`,
    request: { fresh: true, promote: true },
  })),
  { name: 'reused', request: { promote: true } },
];

const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
const stageTimes = (run: Run) =>
  run.stages.map(({ stage, startedAt, endedAt }) => [stage, (endedAt ?? 0) - (startedAt ?? 0)] as const);

for (const { name, request } of rounds) {
  const began = performance.now();
  const run = await trainOnce(connection, { overrides, ...request });
  const wallMs = performance.now() - began;
  if (run.fault !== null) throw new Error(run.fault.message);
  const candidate = run.nouns.candidate!;
  const reused = run.stages.some((stage) => stage.stage === 'train' && stage.status === 'reused');
  const mathMs = reused ? 0 : candidate.mathMs;
  const train = stageTimes(run).find(([stage]) => stage === 'train')?.[1] ?? 0;
  console.log(
    `${name.padEnd(8)} wall ${(wallMs / 1000).toFixed(2)} s, mathematics ${(mathMs / 1000).toFixed(2)} s = ${share(mathMs, wallMs)} of it` +
      (reused ? '' : `, ×${(wallMs / mathMs).toFixed(3)}; inside the stage train ${share(mathMs, train)}`),
  );
  console.log(
    `         ${stageTimes(run)
      .map(([stage, ms]) => `${stage} ${share(ms, wallMs)}`)
      .join('  ')}`,
  );
}

await endSidecars();
rmSync(root, { recursive: true, maxRetries: 20, retryDelay: 100 });
