import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { endlessTraining, pointsWorkspace } from '../support/points-workspace.ts';
import { sidecarPid } from '../support/sidecar-of.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

describe('when something goes wrong, in the editor', () => {
  let folder: Awaited<ReturnType<typeof pointsWorkspace>>;
  let workbench: Workbench;

  beforeAll(async () => {
    folder = await pointsWorkspace({
      'config/endless.training.yaml': endlessTraining,
      'config/broken.training.yaml': 'name: broken\nmodel: {name: mlp\ntraining:\n  epochs: many\n',
    });
    const extension = { vsix: inject('vsix').path };
    const file = 'config/broken.training.yaml';
    workbench = await startWorkbench({ extension, trust: 'trusted', workspace: folder.path, file });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench.keepEvidence(task.name.replaceAll(/[^a-z]+/gi, '-').slice(0, 60));
  });
  afterAll(async () => {
    await workbench.stop();
    await folder.remove();
  });

  test('a broken YAML is underlined, and training it is refused in a sentence', async () => {
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.runCommand('Trainyard: Train');
    await workbench.toast(/broken\.training\.yaml/).waitFor();
    await workbench.screenshot('broken-yaml');
    await workbench.clearToasts();
  });

  test('a run that is stopped ends, and says so', async () => {
    await workbench.openView('Trainyard');
    await workbench.openFile('endless.training.yaml');
    await workbench.codeLens('Train').click();
    await workbench.treeRow(/^r1.*running \d+/).waitFor();
    await workbench.runCommand('Trainyard: Stop Run');
    await workbench.treeRow(/^r1.*stopped/).waitFor();
    await workbench.screenshot('stopped');
  });

  test('Cancel in the notification that shows the progress stops the run', async () => {
    await workbench.codeLens('Train').click();
    await workbench.treeRow(/^r2.*running \d+/).waitFor();
    const progress = workbench.toast(/r2|epoch/);
    await progress.hover();
    await workbench.screenshot('progress-notification');
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await workbench.treeRow(/^r2.*stopped/).waitFor();
  });

  test('a sidecar that is killed in the middle comes back, and tells of the run it lost', async () => {
    await workbench.codeLens('Train').click();
    await workbench.treeRow(/^r3.*running \d+/).waitFor();
    const killed = await sidecarPid(folder.path);
    expect(killed).not.toBeNull();
    process.kill(killed!, 'SIGKILL');
    await workbench.treeRow(/^r3.*The sidecar ended/).waitFor();
    await workbench.screenshot('interrupted');
    expect(await sidecarPid(folder.path)).not.toBe(killed);
  });

  test('the log says what happened to the sidecar', async () => {
    await workbench.runCommand('Trainyard: Show Sidecar Log');
    await workbench.page.locator('.output-view .view-line', { hasText: 'The sidecar is gone' }).first().waitFor();
    await workbench.screenshot('log');
  });

  test('after that, training works as before', async () => {
    await workbench.openFile('config/training.yaml');
    await workbench.codeLens('Train').click();
    await workbench.treeRow(/^r4.*v1/).waitFor();
  });
});
