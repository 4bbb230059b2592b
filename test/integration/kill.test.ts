import { beforeEach, expect, test } from 'vitest';
import { StageName } from '../../sidecar/contract/ids.ts';
import { connect } from '../../sidecar/client/connect.ts';
import { entryPath } from '../../sidecar/work/entry.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { startSidecar, trainOnce, writeHalves } from '../support/workspace.ts';

let root: string;
beforeEach(() => {
  root = freshWorkspace();
  writeHalves(root, 60, 'gates: [{metric: accuracy, at_least: 0.5}]\n');
});

/** Kills the sidecar the moment it announces that a stage has begun. @returns what had been acknowledged by then. */
const killIn = async (stage: string) => {
  const connection = await connect({
    workspace: root,
    clientName: 'victim',
    entry: entryPath('main'),
    start: 'if-needed',
  });
  const acknowledged = new Set<string>();
  const killed = new Promise<void>((resolve) => {
    connection.onEvent((event) => {
      if (event.type === 'modelRegistered') acknowledged.add(`model ${event.model.name} v${event.model.version}`);
      if (event.type !== 'runChanged') return;
      for (const record of event.run.stages) if (record.status === 'done') acknowledged.add(record.stage);
      if (event.run.stages.some((record) => record.stage === stage && record.status !== 'waiting')) {
        process.kill(connection.greeting.pid, 'SIGKILL');
        resolve();
      }
    });
  });
  const run = await connection.client.startRun({ configuration: 'config/training.yaml', fresh: true });
  await killed;
  await connection.dispose().catch(() => undefined);
  return { run: run.id, acknowledged };
};

test.each(StageName.options)(
  'killed in the stage %s, nothing acknowledged is lost and the next run goes through',
  async (stage) => {
    const { run, acknowledged } = await killIn(stage);

    const connection = await startSidecar(root);
    const found = await connection.client.getRun({ run });
    // A kill in the last stage may come after its end.
    expect(found.status === 'interrupted' || (stage === 'monitor' && found.status === 'done')).toBe(true);
    const models = (await connection.client.listModels({})).map((model) => `model ${model.name} v${model.version}`);
    for (const fact of acknowledged) {
      if (fact.startsWith('model ')) expect(models).toContain(fact);
      else expect(found.stages.find((record) => record.stage === fact)?.status).toBe('done');
    }
    for (const dataset of await connection.client.listDatasets({})) {
      expect(await connection.client.verifyDataset({ dataset: dataset.name, version: dataset.version })).toMatchObject({
        damaged: [],
      });
    }
    const next = await trainOnce(connection, { promote: true });
    expect(next.fault).toBeNull();
    expect(next.status).toBe('done');
  },
);
