import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { createRandom } from '../../sidecar/statistics/random.ts';
import { disturb } from '../../tools/demo/disturb.ts';
import { sendDigits } from '../../tools/demo/traffic.ts';
import { createDigitsWorkspace, type DigitsWorkspace } from '../../tools/demo/workspace.ts';
import { clientOf } from '../support/sidecar-of.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

/** The pictures of the README: the installed package on real digits. `npm run screenshots` keeps them. */
describe('a tour of the product on real digits', () => {
  let folder: string;
  let digits: DigitsWorkspace;
  let workbench: Workbench;

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'trainyard-tour-')));
    digits = createDigitsWorkspace(join(folder, 'digits'));
    workbench = await startWorkbench({
      extension: { vsix: inject('vsix').path },
      trust: 'trusted',
      workspace: digits.root,
      file: 'config/training.yaml',
    });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await workbench.keepEvidence(`tour-${task.name.replaceAll(/[^a-z]+/gi, '-')}`);
  });
  afterAll(async () => {
    await workbench.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  });

  test('the first model is trained by the lens and served', async () => {
    await workbench.trainByLens();
    await workbench.treeRow(/^r1.*v1/).waitFor();
    const client = await clientOf(digits.root);
    // Opened any earlier, its first requests would come before the run has deployed what they are compared with.
    await expect.poll(async () => (await client.listRuns({}))[0]?.status, { timeout: 60_000 }).toBe('done');
    const run = await client.getRun({ run: (await client.listRuns({}))[0]!.id });
    expect(run.metric?.value).toBeGreaterThanOrEqual(0.97);
    await client.openEndpoint({ model: 'digits' });
    await workbench.treeRow(/^digits.*serving v1/).waitFor();
  });

  test('pictures of a worse scanner raise the alarm, and the drift page shows what moved', async () => {
    const access = await (await clientOf(digits.root)).accessEndpoint({ endpoint: 'digits' });
    const random = createRandom(5);
    const unseen = digits.unseen.toSorted((a, b) => a.index - b.index);
    await sendDigits(access, unseen.slice(0, 400), () => undefined);
    await sendDigits(
      access,
      unseen.slice(400, 800).map((digit) => disturb(digit, random)),
      () => undefined,
    );
    await workbench.treeRow(/^digits.*drift/).waitFor();
    await workbench.treeRow(/^digits.*serving/).click();
    await workbench.webview().getByText('brightness').first().waitFor();
    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.screenshot('tour-drift');
  });

  test('two runs are compared on the same held-out digits', async () => {
    const client = await clientOf(digits.root);
    await client.startRun({
      configuration: 'config/training.yaml',
      overrides: { 'optimizer.lr': '0.0005' },
      until: 'gate',
    });
    await workbench.treeRow(/^r2.*(held|now)/).waitFor();
    await expect
      .poll(async () => (await client.listRuns({}))[0]?.status, { timeout: 120_000, interval: 500 })
      .toMatch(/done|held/);
    await workbench.treeRow(/^r1/).click();
    await workbench.webview().getByText('accuracy').first().waitFor();
    await workbench.screenshot('tour-run');
    for (const theme of ['light', 'high-contrast', 'dark'] as const) {
      await workbench.setTheme(theme);
      const system = workbench.webview().getByRole('heading', { name: 'System' });
      await system.evaluate((heading) => heading.scrollIntoView());
      await workbench.screenshot(`run-system-${theme}`);
    }
    await workbench.treeRow(/^r2/).click({ modifiers: ['Control'] });
    await workbench.page.keyboard.press('c');
    await workbench.webview().getByText('optimizer.lr').first().waitFor();
    await workbench.screenshot('tour-comparison');
    await workbench.openFile('training.yaml');
    await workbench.codeLens('Train').waitFor();
    await workbench.screenshot('tour-editor');
  });
});
