import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prepareEnvironment } from '../../../sidecar/engines/command/environment.ts';
import type { CommandMetric } from '../../../sidecar/engines/command/metric-line.ts';
import { runCommand } from '../../../sidecar/engines/command/run-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-command-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const run = async (command: string, { signal = new AbortController().signal, cwd = folder } = {}) => {
  const output: string[] = [];
  const metrics: CommandMetric[] = [];
  const warnings: string[] = [];
  const env = await prepareEnvironment({
    from: { ...process.env, VSCODE_PID: '1', ELECTRON_RUN_AS_NODE: '1', SECRET_TOKEN: 'x', LC_TIME: 'C' },
    configuration: { seed: 7 },
    configurationFile: join(folder, 'training.json'),
    dataFolder: '/data',
    outFolder: folder,
    run: 'run-1',
  });
  const end = await runCommand({
    command,
    cwd,
    env,
    outDir: folder,
    signal,
    onOutput: (stream, line) => output.push(`${stream}: ${line}`),
    onMetric: (metric) => metrics.push(metric),
    onWarning: (warning) => warnings.push(warning),
  });
  return { ...end, output, metrics, warnings };
};

/** Whether a process runs; one that has ended but that nobody has asked after (a zombie) does not. */
const isAlive = (pid: number) => /^[^Z\s]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)]).stdout.toString());
const until = async (isDone: () => boolean | Promise<boolean>, forMs = 10_000) => {
  const end = Date.now() + forMs;
  while (!(await isDone())) {
    if (Date.now() > end) throw new Error('It did not happen in time.');
    await wait(20);
  }
};
const numberIn = async (name: string) => {
  const read = () => readFile(join(folder, name), 'utf8').catch(() => '');
  await until(async () => (await read()).endsWith('\n'));
  return Number(await read());
};

describe('a training command', () => {
  test('gets its configuration and folders, and nothing of the editor', async () => {
    const script = `
      const { SECRET_TOKEN, VSCODE_PID, ELECTRON_RUN_AS_NODE, LC_TIME, TRAINYARD_CONFIG, TRAINYARD_CONFIG_FILE } = process.env;
      const { TRAINYARD_DATA, TRAINYARD_OUT, TRAINYARD_RUN_ID, MLFLOW_TRACKING_URI } = process.env;
      const file = JSON.parse(require('fs').readFileSync(TRAINYARD_CONFIG_FILE, 'utf8'));
      console.log(JSON.stringify({ SECRET_TOKEN, VSCODE_PID, ELECTRON_RUN_AS_NODE, LC_TIME, TRAINYARD_CONFIG, file,
        TRAINYARD_DATA, TRAINYARD_OUT, TRAINYARD_RUN_ID, MLFLOW_TRACKING_URI, cwd: process.cwd() }));`;
    await writeFile(join(folder, 'show.cjs'), script);
    const { output, exitCode } = await run('node show.cjs');
    expect(exitCode).toBe(0);
    expect(JSON.parse(output[0]!.slice('stdout: '.length))).toEqual({
      LC_TIME: 'C',
      TRAINYARD_CONFIG: '{"seed":7}',
      file: { seed: 7 },
      TRAINYARD_DATA: '/data',
      TRAINYARD_OUT: folder,
      TRAINYARD_RUN_ID: 'run-1',
      cwd: folder,
    });
  });

  test('finds a configuration too long for a variable in its file only', async () => {
    const env = await prepareEnvironment({
      from: {},
      configuration: { note: 'x'.repeat(40_000) },
      configurationFile: join(folder, 'training.json'),
      dataFolder: '/data',
      outFolder: folder,
      run: 'run-1',
      splitFile: '/split.json',
      trackingUri: 'http://127.0.0.1:5000',
    });
    expect(env['TRAINYARD_CONFIG']).toBeUndefined();
    expect(env['TRAINYARD_SPLIT']).toBe('/split.json');
    expect(env['MLFLOW_TRACKING_URI']).toBe('http://127.0.0.1:5000');
    expect(await readFile(env['TRAINYARD_CONFIG_FILE']!, 'utf8')).toHaveLength(40_012);
  });

  test('hands on both streams, the last line without an end too', async () => {
    const { output } = await run('echo one; echo two >&2; printf three');
    expect(output.sort()).toEqual(['stderr: two', 'stdout: one', 'stdout: three']);
  });

  test('says with which code it ended', async () => {
    expect(await run('exit 3')).toMatchObject({ exitCode: 3, signal: null });
    expect(await run('true')).toMatchObject({ exitCode: 0, signal: null });
    expect(await run('no-such-program-anywhere')).toMatchObject({ exitCode: 127, signal: null });
  });

  test('says which signal ended it, or the program that its shell waited for', async () => {
    expect(await run('kill -KILL $$')).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
    expect(await run('sh -c "kill -TERM \\$\\$"; exit $?')).toMatchObject({ exitCode: 143, signal: 'SIGTERM' });
  });

  test('cannot start in a folder that is not there', async () => {
    await expect(run('true', { cwd: join(folder, 'gone') })).rejects.toMatchObject({ code: 'command-failed' });
  });

  test('may write a line of a megabyte', async () => {
    const { output } = await run(`node -e "console.log('x'.repeat(1e6)); console.log('after')"`);
    expect(output[0]).toBe(`stdout: ${'x'.repeat(16_384)} … (983616 more characters)`);
    expect(output[1]).toBe('stdout: after');
  });

  test('loses no line of a flood', async () => {
    const { output } = await run('node -e "for (let i = 0; i < 50000; i++) console.log(i)"');
    expect(output).toHaveLength(50_000);
    expect(output.at(-1)).toBe('stdout: 49999');
  });

  test('leaves a model and predictions, or does not', async () => {
    expect(await run('true')).not.toHaveProperty('model');
    const { model, predictions } = await run(
      'echo x > "$TRAINYARD_OUT/model.onnx"; mkdir "$TRAINYARD_OUT/predictions.csv"',
    );
    expect(model).toBe(join(folder, 'model.onnx'));
    expect(predictions).toBeUndefined();
  });
});

describe('metrics.jsonl', () => {
  test('is followed while the command runs', async () => {
    const metrics: CommandMetric[] = [];
    const running = runCommand({
      command: 'echo \'{"step":0,"loss":2}\' > metrics.jsonl; while [ ! -e seen ]; do sleep 0.05; done',
      cwd: folder,
      env: { PATH: process.env['PATH']! },
      outDir: folder,
      signal: new AbortController().signal,
      onOutput: () => undefined,
      onMetric: (metric) => metrics.push(metric),
      onWarning: () => undefined,
    });
    await until(() => metrics.length === 1);
    await writeFile(join(folder, 'seen'), '');
    expect((await running).exitCode).toBe(0);
    expect(metrics).toEqual([{ name: 'loss', step: 0, value: 2 }]);
  });

  test('is read to its end, and a line that cannot be read is a warning with its number', async () => {
    await writeFile(
      join(folder, 'lines'),
      '{"name":"loss","value":2,"step":0}\n\nnonsense\n{"step":1,"epoch":1,"loss":1,"accuracy":0.5}\n{"loss":0}',
    );
    const { metrics, warnings, exitCode } = await run('cat lines > metrics.jsonl');
    expect(exitCode).toBe(0);
    expect(metrics).toEqual([
      { name: 'loss', step: 0, value: 2 },
      { name: 'loss', step: 1, epoch: 1, value: 1 },
      { name: 'accuracy', step: 1, epoch: 1, value: 0.5 },
      { name: 'loss', step: 4, value: 0 },
    ]);
    expect(warnings).toEqual(['Line 3 of metrics.jsonl is not a JSON object: nonsense.']);
  });

  test('that cannot be read at all is a warning too', async () => {
    const { warnings, exitCode } = await run('mkdir metrics.jsonl; sleep 0.3');
    expect(exitCode).toBe(0);
    expect(warnings[0]).toMatch(/^metrics\.jsonl cannot be read: /);
    expect(warnings).toHaveLength(1);
  });
});

describe('nothing of a command outlives it', () => {
  test('a cancelled command ends with its grandchildren, which had time to save', async () => {
    const cancel = new AbortController();
    const running = run(
      `sh -c 'trap "sleep 0.3; echo > saved; exit 0" TERM; echo $$ > grandchild; while true; do sleep 0.05; done' & wait`,
      { signal: cancel.signal },
    );
    const grandchild = await numberIn('grandchild');
    cancel.abort(new Error('Cancelled.'));
    await expect(running).rejects.toThrow('Cancelled.');
    expect(isAlive(grandchild)).toBe(false);
    expect(await readFile(join(folder, 'saved'), 'utf8')).toBe('\n');
  });

  test('one that does not listen is ended after five seconds', async () => {
    const cancel = new AbortController();
    const running = run(
      `trap "" TERM; sh -c 'echo $$ > grandchild; while true; do sleep 0.05; done' & wait; sleep 60`,
      {
        signal: cancel.signal,
      },
    );
    const grandchild = await numberIn('grandchild');
    const asked = Date.now();
    cancel.abort(new Error('Cancelled.'));
    await expect(running).rejects.toThrow('Cancelled.');
    expect(Date.now() - asked).toBeGreaterThan(4_500);
    expect(Date.now() - asked).toBeLessThan(8_000);
    await until(() => !isAlive(grandchild), 1_000);
  });

  test('one that was cancelled before it began never begins', async () => {
    await expect(run('touch begun', { signal: AbortSignal.abort(new Error('Cancelled.')) })).rejects.toThrow(
      'Cancelled.',
    );
    await expect(readFile(join(folder, 'begun'))).rejects.toThrow('ENOENT');
  });

  test('what it leaves in the background ends with it', async () => {
    const { exitCode, output } = await run('sleep 60 & echo $! > left; echo done');
    expect(exitCode).toBe(0);
    expect(output).toEqual(['stdout: done']);
    const left = await numberIn('left');
    await until(() => !isAlive(left), 1_000);
  });

  test('a process that left the group cannot hold the run up', async () => {
    const started = Date.now();
    const { exitCode } = await run('setsid sleep 30 & echo $! > left; sleep 0.1');
    expect(exitCode).toBe(0);
    expect(Date.now() - started).toBeLessThan(5_000);
    process.kill(await numberIn('left'));
  });

  test('when we are killed, the command and its children end', async () => {
    const program = `
      import { runCommand } from ${JSON.stringify(fileURLToPath(new URL('../../../sidecar/engines/command/run-command.ts', import.meta.url)))};
      const nothing = () => undefined;
      await runCommand({ command: "sh -c 'echo $$ > grandchild; sleep 60' & wait", cwd: process.argv[2], outDir: process.argv[2],
        env: { PATH: process.env.PATH }, signal: new AbortController().signal,
        onOutput: nothing, onMetric: nothing, onWarning: nothing });`;
    await writeFile(join(folder, 'parent.ts'), program);
    const parent = spawn(process.execPath, [join(folder, 'parent.ts'), folder], { stdio: 'ignore' });
    const grandchild = await numberIn('grandchild');
    parent.kill('SIGKILL');
    await until(() => !isAlive(grandchild));
    expect(isAlive(grandchild)).toBe(false);
  });
});
