import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Connection } from '../../sidecar/client/connect.ts';
import { createApiClient } from '../../sidecar/client/api-client.ts';
import { findSidecar } from '../../sidecar/client/find.ts';
import { followRun } from '../../sidecar/commands/train.ts';
import { describeDrift } from '../../sidecar/commands/endpoints.ts';
import { createShell } from '../../sidecar/commands/shell.ts';
import type { Run } from '../../sidecar/contract/run.ts';
import { Fault } from '../../sidecar/faults.ts';
import { createRandom } from '../../sidecar/statistics/random.ts';
import { bar, durationText, figure } from '../../sidecar/terminal/figures.ts';
import { createScreen } from '../../sidecar/terminal/screen.ts';
import { table } from '../../sidecar/terminal/table.ts';
import { entryPath } from '../../sidecar/work/entry.ts';
import { disturb } from './disturb.ts';
import { sendDigits } from './traffic.ts';
import { createDigitsWorkspace, writeDigit, type DigitsWorkspace } from './workspace.ts';

/** The whole loop on real digits: train, serve, drift, retrain, promote, roll back. */
const GOAL_ACCURACY = 0.97;
const WINDOW = 200;
const MOST_WINDOWS = 6;

const root = join(import.meta.dirname, '..', '..', '.cache', 'demo', 'digits');
const screen = createScreen({ stdout: process.stdout, stderr: process.stderr, environment: process.env });
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => interruption.abort(new Fault('cancelled', 'Cancelled.')));
const shell = createShell({ screen, workspace: root, json: false, interrupted: interruption.signal });

const title = (text: string): void => screen.out(`\n${screen.bold(text)}`);
const startedAt = performance.now();

const main = async (): Promise<void> => {
  title('Workspace: real MNIST digits as PNG files');
  await endEarlierDemo();
  const workspace = createDigitsWorkspace(root);
  screen.out(`${workspace.known.length.toLocaleString('en')} images in ${root}`);
  const connection = await connect({
    workspace: root,
    clientName: `demo-${process.pid}`,
    entry: entryPath('main'),
    start: 'if-needed',
    idleMs: 1_000,
  });
  try {
    await loop(connection, workspace);
  } finally {
    await connection.client.shutdown({});
    await connection.dispose().catch(() => screen.note('The sidecar has ended.'));
  }
};

const endEarlierDemo = async (): Promise<void> => {
  const earlier = existsSync(root) ? await findSidecar(root) : null;
  if (earlier !== null) await createApiClient(earlier.address).shutdown({});
  rmSync(root, { recursive: true, force: true, maxRetries: 10 });
};

const loop = async (connection: Connection, workspace: DigitsWorkspace): Promise<void> => {
  title('1. First model: version → featurize → train → evaluate → gate → register → deploy → monitor');
  const first = await trainOnce(connection, false);
  require(accuracyOf(first) >= GOAL_ACCURACY, `accuracy ${figure(accuracyOf(first))} is below ${GOAL_ACCURACY}`);

  title('2. Traffic: digits that no training has seen');
  const random = createRandom(1);
  const unseen = sampleOf(workspace.unseen, random);
  const usual = unseen.slice(0, WINDOW * 2);
  screen.out(`${usual.length} digits answered, ${percent(await send(connection, usual))} right`);
  screen.out(describeDrift(shell, await connection.client.getDrift({ endpoint: 'digits' })));

  title('3. The scanner goes bad: turned and noisy digits, until the alarm rises');
  const bad = unseen.slice(WINDOW * 2).map((digit) => disturb(digit, random));
  const report = await sendUntilAlarm(connection, bad);
  screen.out(describeDrift(shell, report));
  require(report.alarm, 'the drift alarm did not rise');

  title('4. Retrain on data that includes such digits, and gate against the champion');
  const added = workspace.known.filter((digit) => digit.index % 3 === 0);
  for (const digit of added) writeDigit(root, disturb(digit, random), '-scan');
  screen.out(`${added.length.toLocaleString('en')} turned and noisy digits added`);
  const second = await trainOnce(connection, true);

  title('5. Promoted without a dropped request');
  screen.out(`The bad scans again: ${percent(await send(connection, bad.slice(0, WINDOW)))} right`);

  title('6. One command brings the old version back, and one more the new one');
  for (const why of ['demo: back to the old version', 'demo: forward again']) {
    const move = await connection.client.rollbackModel({ model: 'digits', alias: 'champion', why });
    screen.out(`trainyard rollback digits   champion v${move.from ?? 0} → v${move.to ?? 0}`);
  }
  summarize([first, second]);
};

const trainOnce = async (connection: Connection, promote: boolean): Promise<Run> => {
  const queued = await connection.client.startRun({ configuration: 'config/training.yaml', promote });
  const ended = await followRun(shell, connection, queued);
  interruption.signal.throwIfAborted();
  const run = await connection.client.getRun({ run: ended.id });
  for (const verdict of run.nouns.clearance?.verdicts ?? [])
    screen.out(`  gate ${verdict.rule}: ${verdict.verdict}. ${verdict.reason}`);
  require(run.status === 'done', `${run.id} is ${run.status}: ${run.fault?.message ?? run.reasons.join(' ')}`);
  screen.out(`${run.id}: ${accuracySentence(run)}`);
  return run;
};

const accuracySentence = (run: Run): string => {
  const accuracy = run.nouns.report?.measures.find((measure) => measure.name === 'accuracy');
  if (accuracy === undefined) return 'not evaluated';
  const { value, low, high, rows } = accuracy;
  return `test accuracy ${figure(value)} (95 % interval ${figure(low)} to ${figure(high)}, ${rows} held-out digits)`;
};

const accuracyOf = (run: Run): number =>
  run.nouns.report?.measures.find((measure) => measure.name === 'accuracy')?.value ?? Number.NaN;

const send = async (connection: Connection, digits: DigitsWorkspace['unseen']): Promise<number> => {
  interruption.signal.throwIfAborted();
  const access = await connection.client.openEndpoint({ model: 'digits' });
  const share = await sendDigits(access, digits, (sent) =>
    screen.status(`${bar(sent / digits.length)} ${sent} digits sent`),
  );
  screen.clearStatus();
  return share;
};

const sendUntilAlarm = async (connection: Connection, digits: DigitsWorkspace['unseen']) => {
  for (let window = 0; ; window += 1) {
    const part = digits.slice(window * WINDOW, (window + 1) * WINDOW);
    const right = await send(connection, part);
    const report = await connection.client.getDrift({ endpoint: 'digits' });
    screen.out(
      `${part.length} more digits, ${percent(right)} right: ${report.alarm ? screen.red('▲ drift alarm') : 'no alarm yet'}`,
    );
    if (report.alarm || window + 1 === MOST_WINDOWS) return report;
  }
};

const sampleOf = (digits: DigitsWorkspace['unseen'], random: ReturnType<typeof createRandom>) =>
  digits
    .map((digit) => ({ digit, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ digit }) => digit);

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const summarize = (runs: readonly Run[]): void => {
  title('Time of each stage');
  const stages = runs[0]?.stages.map((stage) => stage.stage) ?? [];
  const took = (run: Run, at: number) => (run.stages[at]?.endedAt ?? 0) - (run.stages[at]?.startedAt ?? 0);
  screen.out(
    table(
      ['stage', ...runs.map((run) => run.id)],
      stages.map((stage, at) => [stage, ...runs.map((run) => durationText(took(run, at)))]),
    ),
  );
  for (const run of runs) {
    const total = (run.endedAt ?? 0) - (run.startedAt ?? 0);
    const math = run.nouns.candidate?.mathMs ?? 0;
    screen.out(`${run.id}: ${durationText(total)}, of which ${percent(1 - math / total)} was not mathematics`);
  }
  screen.out(`\nThe whole demo took ${durationText(performance.now() - startedAt)}.`);
  screen.out(`Look at it in VS Code: open ${root}. In a shell: npx trainyard runs -C ${root}`);
};

const require = (holds: boolean, complaint: string): void => {
  if (!holds) throw new Fault('internal', `The demo failed: ${complaint}.`);
};

main().catch((error: unknown) => {
  screen.clearStatus();
  const cancelled = interruption.signal.aborted;
  const message = error instanceof Fault ? error.message : String(error instanceof Error ? error.stack : error);
  screen.note(cancelled ? '\nStopped. `npm run demo` starts again.' : message);
  process.exitCode = cancelled ? 130 : 1;
});
