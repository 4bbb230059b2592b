import { describe, expect, test } from 'vitest';
import { collectExperiments } from '../../../../extension/experiments/rows.ts';
import { emptyProject } from '../../../../extension/sidecar/project.ts';
import { id, run, stage } from '../sample.ts';

const now = 1_060_000 + 2 * 3_600_000;
const rowsOf = (...runs: ReturnType<typeof run>[]) => collectExperiments({ ...emptyProject, runs }, now);

describe('rows of the runs', () => {
  test('an experiment tells its best result and how many runs it has', () => {
    const [row] = rowsOf(run('r2', { metric: { name: 'accuracy', value: 0.97, better: 'higher' } }), run('r1'));
    expect(row?.label).toBe('digits');
    expect(row?.description).toBe('best accuracy 0.9891 ↑ · 2 runs');
    expect(row?.opened).toBe('expanded');
  });

  test('a finished run tells its number, its version and what differs from the one before', () => {
    const changes = [{ kind: 'configuration' as const, name: 'optimizer.lr', from: '0.001', to: '0.0003' }];
    const [row] = rowsOf(run('r61', { changes, model: { name: 'digits', version: 8 } }));
    const [child] = row?.children ?? [];
    expect(child?.label).toBe('r61');
    expect(child?.description).toBe('0.9891 ↑ · v8 · lr 0.001 → 0.0003 · 2 h');
    expect(child?.children[0]?.label).toBe('optimizer.lr');
    expect(child?.spoken).toBe('run 61, done, accuracy 0.9891, 1 change since the run before');
  });

  test('a run in progress has its epoch, its number, its curve, and can be stopped', () => {
    const active = run('r62', {
      status: 'running',
      epoch: 7,
      epochs: 20,
      endedAt: null,
      metric: { name: 'val_accuracy', value: 0.98123, better: 'higher' },
    });
    const [row] = collectExperiments(
      { ...emptyProject, runs: [active], trails: new Map([[id('r62'), [0, 0.5, 1]]]) },
      now,
    );
    const [child] = row?.children ?? [];
    expect(child?.description).toBe('running 7/20 · 0.9812 ↑ ▁▅█');
    expect(child?.context).toBe('run.active');
    expect(child?.spoken).toBe('run 62, running, epoch 7 of 20, val accuracy 0.9812');
  });

  test('a failed run tells its cause, and a failed script opens its log', () => {
    const fault = { code: 'command-failed' as const, message: 'python train.py ended with 1.' };
    const [row] = rowsOf(run('r60', { status: 'failed', metric: null, fault }));
    const [child] = row?.children ?? [];
    expect(child?.description).toContain('python train.py ended with 1.');
    expect(child?.click?.command).toBe('trainyard.showLog');
    expect(child?.icon.name).toBe('error');
  });

  test('stages that have begun are listed with their time', () => {
    const stages = [stage('version', { status: 'done', startedAt: 0, endedAt: 3500 }), stage('featurize')];
    const [row] = rowsOf(run('r1', { stages }));
    expect(row?.children[0]?.children.map(({ label, description }) => [label, description])).toEqual([
      ['version', 'done · 3.5 s'],
    ]);
  });

  test('more than two hundred runs of an experiment end in a row that tells how many more there are', () => {
    const [row] = rowsOf(...Array.from({ length: 250 }, (_, index) => run(`r${250 - index}`)));
    expect(row?.children).toHaveLength(201);
    expect(row?.children.at(-1)?.label).toBe('50 older');
  });

  test('each row has an id of its own, so that selection survives a redraw', () => {
    const rows = rowsOf(run('r2'), run('r1', { stages: [stage('version', { status: 'done' })] }));
    const all = rows.flatMap((row) => [row, ...row.children, ...row.children.flatMap(({ children }) => children)]);
    expect(new Set(all.map((row) => row.id)).size).toBe(all.length);
  });
});
