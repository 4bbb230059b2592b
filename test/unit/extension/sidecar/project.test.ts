import { describe, expect, test } from 'vitest';
import type { Announcement } from '../../../../sidecar/contract/events.ts';
import { applyEvent, emptyProject, type Project } from '../../../../extension/sidecar/project.ts';
import { contextsOf } from '../../../../extension/sidecar/contexts.ts';
import { dataset, endpoint, id, model, run } from '../sample.ts';

const after = (project: Project, ...announcements: Announcement[]): Project =>
  announcements.reduce(
    (now, announcement, index) => applyEvent(now, { ...announcement, seq: index + 1, at: index }),
    project,
  );

describe('events make the project', () => {
  test('a new run stands first, and a changed one keeps its place', () => {
    const project = after(
      emptyProject,
      { type: 'runChanged', run: run('r9') },
      { type: 'runChanged', run: run('r10', { status: 'running' }) },
      { type: 'runChanged', run: run('r9', { status: 'failed' }) },
    );
    expect(project.runs.map(({ id: name, status }) => [name, status])).toEqual([
      ['r10', 'running'],
      ['r9', 'failed'],
    ]);
  });

  test('a version that was forgotten is listed no more', () => {
    const versioned = [dataset(1), dataset(2)].map((version) => ({
      type: 'datasetVersioned' as const,
      dataset: version,
    }));
    const project = after(emptyProject, ...versioned, { type: 'datasetForgotten', dataset: 'images', version: 2 });
    expect(project.datasets.map(({ version }) => version)).toEqual([1]);
  });

  test('the trail of a run holds the last values of its telling metric only', () => {
    const point = (name: string, value: number) => ({ name, value, step: 1, epoch: 1, at: 1 });
    const metric = { name: 'val_accuracy', value: 0.5, better: 'higher' as const };
    const points = Array.from({ length: 40 }, (_, index) => point('val_accuracy', index));
    const project = after(
      emptyProject,
      { type: 'runChanged', run: run('r1', { metric }) },
      { type: 'metricsLogged', run: id('r1'), points: [point('train_loss', 9), ...points] },
    );
    expect(project.trails.get(id('r1'))).toEqual(Array.from({ length: 24 }, (_, index) => index + 16));
  });

  test('an alias moves from one version to the other', () => {
    const project = after(
      {
        ...emptyProject,
        models: [
          model(2),
          model(1, { aliases: ['champion', 'mine'] }),
          model(1, { name: 'other', aliases: ['champion'] }),
        ],
      },
      { type: 'aliasMoved', move: { model: 'digits', alias: 'champion', from: 1, to: 2, by: 'ana', why: '', at: 1 } },
    );
    expect(project.models.map(({ aliases }) => aliases)).toEqual([['champion'], ['mine'], ['champion']]);
  });

  test('an alarm names its features until it is cleared', () => {
    const raised = after(
      emptyProject,
      { type: 'endpointChanged', endpoint: endpoint() },
      { type: 'driftAlarmRaised', endpoint: 'digits', features: ['brightness'], sentence: 'It is darker.' },
      { type: 'driftMeasured', endpoint: 'digits', alarm: true, rows: 200, summary: 'Still darker.' },
    );
    expect(raised.drift.get('digits')).toEqual({ alarm: true, sentence: 'Still darker.', features: ['brightness'] });
    const cleared = after(raised, { type: 'driftAlarmCleared', endpoint: 'digits', sentence: 'As before.' });
    expect(cleared.drift.get('digits')?.alarm).toBe(false);
  });

  test('a log line changes nothing that is shown', () => {
    const line = { at: 1, stage: null, level: 'info' as const, text: 'hello' };
    expect(after(emptyProject, { type: 'lineLogged', run: id('r1'), line })).toBe(emptyProject);
  });
});

test('commands are offered only where they can work', () => {
  expect(Object.values(contextsOf(emptyProject)).some((value) => value)).toBe(false);
  const project = {
    ...emptyProject,
    runs: [run('r2', { status: 'queued' }), run('r1')],
    datasets: [dataset(1)],
    endpoints: [endpoint({ state: 'stopped' })],
  };
  expect(contextsOf(project)).toEqual({
    'trainyard.hasRuns': true,
    'trainyard.canCompare': true,
    'trainyard.running': true,
    'trainyard.hasModels': false,
    'trainyard.hasDatasets': true,
    'trainyard.hasEndpoints': true,
    'trainyard.serving': false,
  });
});
