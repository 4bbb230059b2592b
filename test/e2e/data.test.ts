import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { accessibilityFaults } from '../support/accessibility.ts';
import { countRows, createDataWorkspace, type DataWorkspace } from '../support/data-workspace.ts';
import { clientOf } from '../support/sidecar-of.ts';
import { startWorkbench, type Theme, type Workbench } from '../support/workbench.ts';

const themes: readonly Theme[] = ['light', 'high-contrast', 'dark'];

describe('data versions, in the editor', () => {
  let data: DataWorkspace;
  let workbench: Workbench;

  beforeAll(async () => {
    data = createDataWorkspace();
    const extension = { vsix: inject('vsix').path };
    const settings = { 'git.enabled': true, 'git.openRepositoryInParentFolders': 'never' };
    const file = 'config/training.yaml';
    workbench = await startWorkbench({ extension, trust: 'trusted', workspace: data.root, file, settings });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench.keepEvidence(`data-${task.name.replaceAll(/[^a-z]+/gi, '-').slice(0, 60)}`);
  });
  afterAll(async () => {
    await workbench.stop();
    data.remove();
  });

  test('data gets its first versions, and the view says that the disk is as they are', async () => {
    await workbench.openView('Trainyard');
    await workbench.page.getByRole('button', { name: 'Version Data' }).waitFor();
    const client = await clientOf(data.root);
    for (const path of [data.table, data.images]) await client.versionDataset({ path });
    await workbench.treeRow(/patients.*v1 · data/).waitFor();
    await workbench.treeRow(/digits.*v1 · data/).waitFor();
    data.git('add', 'data/patients.csv.dvc', 'data/digits.dvc', 'data/.gitignore');
    data.git('commit', '--quiet', '--message', 'Data');
  });

  test('an edit on disk shows in the view, on its badge, and in the explorer, without being asked for', async () => {
    data.editTable();
    await workbench.treeRow(/patients.*1 changed/).waitFor();
    await workbench.page.locator('.activitybar .badge-content', { hasText: '1' }).first().waitFor();
    data.editImages();
    await workbench.treeRow(/digits.*\d+ changed/).waitFor();
    await workbench.openView('Explorer');
    await workbench.openFile('patients.csv.dvc');
    await pointerNames(/patients\.csv@v1 · 1 file/);
    await workbench.page
      .locator('.explorer-folders-view [aria-label*="differs from patients.csv@v1"]')
      .first()
      .waitFor();
    await pictured('data-pointer');
    await workbench.screenshot('tour-data-pointer');
  });

  test('the lens of a pointer opens the difference: labels, rows, columns and distributions', async () => {
    await workbench.codeLens(/Compare with disk/).click();
    const page = workbench.webview();
    await page.getByRole('heading', { name: /Labels in outcome/ }).waitFor();
    await page
      .getByRole('table', { name: /Changed labels/ })
      .getByText('at risk')
      .first()
      .waitFor();
    await page.getByText(/Rows are matched by id/).waitFor();
    await page.getByText('smoker').first().waitFor();
    await seenInEveryTheme('data-difference');
    await workbench.screenshot('tour-data-difference');
    await seen('data-rows', 'Changed rows');
    await seen('data-distributions', 'Distributions');
  });

  test('files and pictures of an image folder are seen side by side', async () => {
    await workbench.runCommand('Trainyard: Compare Data with Disk');
    await workbench.choose('digits');
    const page = workbench.webview();
    await page.getByRole('heading', { name: /Changed pictures: 10/ }).waitFor();
    await page.getByRole('heading', { name: /Pictures in another class/ }).waitFor();
    await page
      .getByRole('img', { name: /scan-\d+\.png in v1/ })
      .first()
      .waitFor();
    await seenInEveryTheme('data-pictures');
    await seen('tour-data-pictures', 'Changed pictures');
    await seen('data-similar', 'Added pictures that look like another');
    await seen('data-files', 'All ');
    await page.getByRole('button', { name: /renamed/ }).click();
    await page.getByRole('row').filter({ hasText: 'renamed' }).first().waitFor();
  });

  test('the changes become a version, and equal sides say that nothing differs', async () => {
    await workbench.openFile('patients.csv.dvc');
    await workbench.codeLens('Version changes').click();
    await pointerNames(/patients\.csv@v2 · 1 file/);
    await workbench.openView('Trainyard');
    await workbench.treeRow(/patients.*v2 · data/).click();
    await workbench.treeRow(/v1.*Ana/).waitFor();
    await pictured('data-view');
    await workbench.runCommand('Trainyard: Compare Data with Disk');
    await workbench.choose('patients');
    await workbench
      .webview()
      .getByText(/Nothing differs/)
      .waitFor();
  });

  test('from the difference of a pointer in Git to the difference of the data behind it', async () => {
    await workbench.openFile('patients.csv.dvc');
    await workbench.runCommand('Git: Open Changes');
    await workbench.page.locator('.editor-actions [aria-label^="Compare Data of This Change"]').click();
    await workbench
      .webview()
      .getByText(/staged \(v1\) → v2/)
      .first()
      .waitFor();
    await workbench.screenshot('data-git');
  });

  test('a restore brings the version back, and Undo what was there before', async () => {
    const rows = countRows(data.root, data.table);
    await workbench.runCommand('Trainyard: Restore Data Version');
    await workbench.choose('patients.csv@v1');
    await workbench.confirm('Restore');
    await workbench.toast(/patients\.csv@v1 is restored/).waitFor();
    expect(countRows(data.root, data.table)).toBe(600);
    await workbench.treeRow(/patients.*pointer names v1/).waitFor();
    await workbench
      .toast(/is restored/)
      .getByRole('button', { name: 'Undo' })
      .click();
    await expect.poll(() => countRows(data.root, data.table), { timeout: 30_000 }).toBe(rows);
    await workbench.treeRow(/patients.*v2 · data/).waitFor();
  });

  test('a restore over changes asks a second time, and can version them first', async () => {
    await workbench.runCommand('Trainyard: Restore Data Version');
    await workbench.choose('digits@v1');
    await workbench.confirm('Restore');
    await workbench.page
      .locator('.monaco-dialog-box')
      .getByText(/in no version/)
      .waitFor();
    await workbench.screenshot('data-restore-refused');
    await workbench.confirm('Version First');
    await workbench.toast(/digits@v1 is restored/).waitFor();
    await workbench.treeRow(/digits.*v2 · pointer names v1/).waitFor();
    expect(workbench.problems()).toEqual([]);
  });

  /** The first lens is no command, and so no link. */
  const pointerNames = (words: RegExp): Promise<void> =>
    workbench.page.locator('.codelens-decoration').filter({ hasText: words }).first().waitFor();

  /** Away from whatever would say something in a box over the page. */
  const restMouse = (): Promise<void> => workbench.page.mouse.move(640, 795);

  /** Scrolls a part of the page into sight and keeps a picture of it. */
  async function seen(name: string, words: string): Promise<void> {
    const part = workbench.webview().locator('h3, summary, button').filter({ hasText: words }).first();
    await part.evaluate((one) => one.scrollIntoView());
    await restMouse();
    await workbench.screenshot(name);
  }

  /** What is no page of ours: the workbench answers for its own access. */
  async function pictured(name: string): Promise<void> {
    await workbench.clearToasts();
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await restMouse();
      await workbench.screenshot(`${name}-${theme}`);
    }
  }

  async function seenInEveryTheme(name: string): Promise<void> {
    await workbench.clearToasts();
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await restMouse();
      await workbench.screenshot(`${name}-${theme}`);
      expect(await accessibilityFaults(workbench.page), `${name} in ${theme}`).toEqual([]);
    }
    expect(workbench.problems()).toEqual([]);
  }
});
