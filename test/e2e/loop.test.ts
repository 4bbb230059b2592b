import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { accessibilityFaults } from '../support/accessibility.ts';
import { pointsWorkspace, quickTraining } from '../support/points-workspace.ts';
import { clientOf } from '../support/sidecar-of.ts';
import { startWorkbench, type Theme, type Workbench } from '../support/workbench.ts';

const themes: readonly Theme[] = ['light', 'high-contrast', 'dark'];

describe('from a training.yaml to a watched endpoint, in the editor', () => {
  let folder: Awaited<ReturnType<typeof pointsWorkspace>>;
  let workbench: Workbench;

  beforeAll(async () => {
    folder = await pointsWorkspace();
    const extension = { vsix: inject('vsix').path };
    workbench = await startWorkbench({ extension, trust: 'ask', workspace: folder.path, file: 'config/training.yaml' });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench.keepEvidence(task.name.replaceAll(/[^a-z]+/gi, '-').slice(0, 60));
  });
  afterAll(async () => {
    await workbench.stop();
    await folder.remove();
  });

  test('nothing runs before the folder is trusted', async () => {
    await workbench.page.getByRole('button', { name: /No, I don't trust/ }).click();
    await workbench.openView('Trainyard');
    await workbench.page.getByText('Nothing is started in Restricted Mode.').first().waitFor();
    await workbench.screenshot('restricted');
    expect(existsSync(join(folder.path, '.trainyard'))).toBe(false);
    await workbench.runCommand('Workspaces: Manage Workspace Trust');
    await workbench.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await workbench.page.keyboard.press('Control+W');
  });

  test('a click on the lens above the file trains, judges, registers and deploys', async () => {
    await workbench.openFile('training.yaml');
    await workbench.trainByLens();
    await workbench.treeRow(/^r1.*v1/).waitFor();
    await workbench.treeRow(/^points.*stopped v1/).waitFor();
    await workbench.screenshot('tree');
  });

  test('the row of a run opens its page, in every theme', async () => {
    await workbench.treeRow(/^r1/).click();
    await workbench.webview().getByText('r1').first().waitFor();
    await seenInEveryTheme('run');
  });

  test('two runs are compared: what differs stands first', async () => {
    await writeFile(join(folder.path, 'config/training.yaml'), quickTraining.replace('lr: 0.01', 'lr: 0.02'));
    await workbench.runCommand('Trainyard: Train');
    await workbench.treeRow(/^r2.*v2/).waitFor();
    await workbench.openFile('training.yaml');
    await workbench.codeLens('Compare with r1').click();
    const page = workbench.webview();
    await page.getByText('optimizer.lr').first().waitFor();
    await seenInEveryTheme('comparison');
  });

  test('a model that is not good enough is held, with the reason', async () => {
    await writeFile(join(folder.path, 'config/training.yaml'), quickTraining.replace('lr: 0.01', 'lr: 0.0001'));
    await workbench.runCommand('Trainyard: Train');
    await workbench.treeRow(/^r3.*held/).click();
    await workbench
      .webview()
      .getByText(/at least 0\.6 is asked/)
      .first()
      .waitFor();
    await workbench.screenshot('held');
  });

  test('a model becomes the champion when a person says so, and the endpoint serves it', async () => {
    await workbench.runCommand('Trainyard: Promote Model');
    await workbench.choose('points v2');
    await workbench.answer('it is as good, and newer');
    await workbench.confirm('Promote');
    await workbench.treeRow(/^v2.*champion/).waitFor();
    await workbench.runCommand('Trainyard: Open Endpoint');
    await workbench.treeRow(/^points.*serving v2/).waitFor();
    await workbench.screenshot('promoted');
  });

  test('traffic unlike the training data raises an alarm, and the page says which feature drifts', async () => {
    await sendPoints(400, (x) => x * 0.5);
    await workbench.treeRow(/points.*drift/).waitFor();
    await workbench.treeRow(/^points.*serving/).click();
    await workbench.webview().getByText('x', { exact: true }).first().waitFor();
    await seenInEveryTheme('drift');
  });

  test('a page that was open is open again after the window is reloaded', async () => {
    // The workbench in a browser keeps its open editors once a minute.
    await workbench.page.waitForTimeout(65_000);
    await workbench.reload();
    await workbench.page.getByRole('tab', { name: 'Drift points' }).click();
    await workbench
      .webview()
      .getByRole('heading', { name: /Drift of points/ })
      .waitFor();
    await workbench.screenshot('reloaded');
  });

  async function seenInEveryTheme(name: string): Promise<void> {
    await workbench.clearToasts();
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`${name}-${theme}`);
      expect(await accessibilityFaults(workbench.page), `${name} in ${theme}`).toEqual([]);
    }
    expect(workbench.problems()).toEqual([]);
  }

  async function sendPoints(count: number, moved: (x: number) => number): Promise<void> {
    const { url, token } = await (await clientOf(folder.path)).accessEndpoint({ endpoint: 'points' });
    for (let sent = 0; sent < count; sent += 50) {
      const rows = Array.from({ length: 50 }, (_, index) => ({
        x: moved(((sent + index) * 0.618034) % 1),
        y: ((sent + index) * 0.754878) % 1,
      }));
      const reply = await fetch(`${url ?? ''}/predict`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token ?? ''}`, 'content-type': 'application/json' },
        body: JSON.stringify({ rows }),
      });
      expect(reply.status, await reply.text()).toBe(200);
    }
  }
});
