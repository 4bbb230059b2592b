import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Client } from '../../sidecar/contract/routes.ts';
import { openBlobs } from '../../sidecar/versions/store/blobs.ts';
import { findFile } from '../../sidecar/versions/tree/version.ts';
import { createDataWorkspace, type DataWorkspace } from '../support/data-workspace.ts';
import { addByDvc } from '../support/dvc-data.ts';
import { clientOf } from '../support/sidecar-of.ts';
import { startWorkbench, type Theme, type Workbench } from '../support/workbench.ts';
import { endSidecars, startSidecar } from '../support/workspace.ts';

const LAB = 'data/lab.csv';

/** What the commands on data ask, do and say; each test goes on from where the one before has ended. */
describe('commands on data, in the editor', () => {
  let data: DataWorkspace;
  let workbench: Workbench;
  let client: Client;
  let elsewhere: string;
  /** When a difference was opened. */
  let openedAt = 0;

  beforeAll(async () => {
    data = createDataWorkspace();
    elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'trainyard-elsewhere-')));
    const settings = { 'git.enabled': true, 'git.openRepositoryInParentFolders': 'never' };
    const extension = { vsix: inject('vsix').path };
    const file = 'config/training.yaml';
    workbench = await startWorkbench({ extension, trust: 'trusted', workspace: data.root, file, settings });
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await workbench.openView('Trainyard');
    await workbench.page.getByRole('button', { name: 'Version Data' }).waitFor();
    client = await clientOf(data.root);
    for (const path of [data.table, data.images]) await client.versionDataset({ path });
    commit('Data');
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench.keepEvidence(`data-commands-${task.name.replaceAll(/[^a-z]+/gi, '-').slice(0, 50)}`);
  });
  afterAll(async () => {
    await workbench.stop();
    await endSidecars();
    data.remove();
    rmSync(elsewhere, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  });

  test('the first push asks where data is kept, and brings every version there', async () => {
    await workbench.runCommand('Trainyard: Push Data');
    await workbench.page.getByText('Where is data kept?').waitFor();
    await workbench.page.mouse.move(640, 795);
    await workbench.screenshot('data-push-asks');
    await workbench.answer(join(elsewhere, 'store'));
    await statusBar(/2 versions, .*pushed to storage/).waitFor();
    expect(readText('.dvc/config')).toContain(join(elsewhere, 'store'));
    const states = await client.remoteStatus({ remote: 'storage' });
    expect(states.map(({ path, here, both }) => [path, here.length, both.length])).toEqual([
      [data.images, 0, 1],
      [data.table, 0, 1],
    ]);
    data.git('add', '.dvc');
    commit('Remote');
  });

  test('what another person has pushed shows in the view, and a fetch brings it without touching the disk', async () => {
    const clone = join(elsewhere, 'clone');
    data.git('clone', '--quiet', data.root, clone);
    data.git('-C', clone, 'config', 'user.name', 'Bo');
    const other = (await startSidecar(clone)).client;
    await other.pullData({});
    writeFileSync(join(clone, data.table), `${readText(data.table)}P9999,50,island,120,ill\n`);
    await other.versionDataset({ path: data.table });
    await other.pushData({});
    data.git('-C', clone, 'commit', '--quiet', '--all', '--message', 'One more patient');
    await workbench.runCommand('Trainyard: Compare Data with Remote');
    await workbench.treeRow(/patients.*v1 · 1 to fetch/).waitFor();
    const before = readText(data.table);
    await workbench.runCommand('Trainyard: Fetch Data Versions');
    await workbench.toast(/From storage: patients\.csv@v2\./).waitFor();
    await workbench.treeRow(/patients.*v2 · pointer names v1/).waitFor();
    expect(readText(data.table)).toBe(before);
  });

  test('a pull over files that are in no version asks, keeps what it replaces, and is undone exactly', async () => {
    await workbench.clearToasts();
    data.git('pull', '--quiet', join(elsewhere, 'clone'), 'main');
    data.editTable();
    const mine = readText(data.table);
    await workbench.runCommand('Trainyard: Pull Data');
    await workbench.page
      .locator('.monaco-dialog-box')
      .getByText(/patients\.csv.*in no version/)
      .waitFor();
    await workbench.screenshot('data-pull-asks');
    await workbench.confirm('Replace');
    await workbench.toast(/patients\.csv@v2.*What was replaced is kept in/).waitFor();
    expect(readText(data.table)).toContain('P9999');
    const kept = readdirSync(join(data.root, '.trainyard/kept'), { recursive: true, encoding: 'utf8' });
    const copies = kept
      .filter((name) => name.endsWith('patients.csv'))
      .map((name) => readText(`.trainyard/kept/${name}`));
    expect(copies).toContain(mine);
    await workbench.treeRow(/patients.*v2 · data/).waitFor();
    await workbench
      .toast(/What was replaced is kept in/)
      .getByRole('button', { name: 'Undo' })
      .click();
    await statusBar(/patients\.csv is as it was before/).waitFor();
    expect(readText(data.table)).toBe(mine);
    await workbench.treeRow(/patients.*v2 · 1 changed/).waitFor();
    await client.restoreDataset({ dataset: 'patients.csv', version: 2, force: true });
    await workbench.treeRow(/patients.*v2 · data/).waitFor();
  });

  test('a version is removed from the remote, and its space there is marked, and freed a day later', async () => {
    const before = readText(data.table);
    const noise = Array.from({ length: 20_000 }, (_, at) => `${at},${Math.sin(at) * 1e15}`).join('\n');
    writeFileSync(join(data.root, data.table), `id,value\n${noise}\n`);
    const { version } = await client.versionDataset({ path: data.table });
    await client.pushData({ dataset: data.table });
    const packs = () => readdirSync(join(elsewhere, 'store/trainyard/v1/packs')).length;
    const pushed = packs();
    await workbench.runCommand('Trainyard: Remove Data Version from Remote');
    await workbench.page.mouse.move(640, 795);
    await workbench.choose(`patients.csv@v${version}`);
    await dialogue(/nobody can pull it any more\. Here it stays/).waitFor();
    await workbench.screenshot('data-forget-remote-asks');
    await workbench.confirm('Remove from Remote');
    await workbench.toast(/is off the list of storage/).waitFor();
    await workbench.treeRow(new RegExp(`patients.*v${version}.* · 1 not pushed`)).waitFor();
    await workbench
      .toast(/is off the list of storage/)
      .getByRole('button', { name: 'Free Space There' })
      .click();
    await dialogue(/Mark [\d.]+ kB in storage for removal\?/).waitFor();
    await workbench.screenshot('data-mark-remote-asks');
    await workbench.confirm('Mark');
    await workbench.toast(/are marked: Free Space on Remote removes them a day later/).waitFor();
    await workbench.clearToasts();
    await workbench.runCommand('Trainyard: Free Space on Remote');
    await workbench.toast(/There is nothing to free in storage now.*are marked, and can be removed in 23 h/).waitFor();
    ageMarks();
    await workbench.clearToasts();
    await workbench.runCommand('Trainyard: Free Space on Remote');
    await dialogue(/Free [\d.]+ kB in storage\?/).waitFor();
    await workbench.screenshot('data-free-remote-asks');
    expect(packs()).toBe(pushed);
    await workbench.confirm('Free Space');
    await workbench.toast(/have left storage\./).waitFor();
    expect(packs()).toBeLessThan(pushed);
    // The tests that follow know nothing of this version.
    await client.restoreDataset({ dataset: 'patients.csv', version: 2, force: true });
    await workbench.runCommand('Trainyard: Forget Data Version');
    await workbench.page.mouse.move(640, 795);
    await workbench.choose(`patients.csv@v${version}`);
    await workbench.confirm('Forget');
    await workbench.treeRow(/patients.*v2 · data/).waitFor();
    expect(readText(data.table)).toBe(before);
    await workbench.clearToasts();
  });

  test('a hash in a pointer says which version it is, and leads to its difference', async () => {
    await workbench.openFile('patients.csv.dvc');
    const [, md5 = ''] = /md5: (\w+)/.exec(readText(`${data.table}.dvc`)) ?? [];
    const hover = workbench.page.locator('.monaco-hover').filter({ hasText: 'patients.csv@v2' }).first();
    for (const theme of ['light', 'high-contrast', 'dark'] satisfies Theme[]) {
      await workbench.setTheme(theme);
      await workbench.page.locator('.view-line').filter({ hasText: md5 }).first().getByText(md5).first().hover();
      await hover.getByText('No run has used it yet.').waitFor();
      // It fades in.
      await workbench.page.waitForTimeout(400);
      await workbench.screenshot(`data-hover-${theme}`);
    }
    await hover.getByText('Compare with v1').click();
    await patientsChanged().waitFor();
    openedAt = Date.now();
  });

  test('a row of Source Control leads to the difference of the data, which is copied as Markdown', async () => {
    data.editImages();
    await client.versionDataset({ path: data.images });
    await workbench.openView('Source Control');
    const row = workbench.page.locator('.scm-view .monaco-list-row').filter({ hasText: 'digits.dvc' }).first();
    await row.click({ button: 'right' });
    // A menu takes no button's release within the first tenth of a second.
    await workbench.page.getByRole('menuitem', { name: 'Compare Data of This Change' }).click({ delay: 300 });
    await workbench
      .webview()
      .getByRole('heading', { name: /digits.*staged \(v1\) → v2/ })
      .waitFor();
    await workbench.webview().getByRole('button', { name: 'Copy Markdown' }).click();
    await statusBar(/copied as Markdown/).waitFor();
    const copied = await workbench.page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toMatch(/digits[^]*v2[^]*\|/);
    expect(workbench.problems()).toEqual([]);
    commit('Scanned again');
  });

  test('a condition that the data breaks is marked in training.yaml, until the data changes; a push is refused', async () => {
    const file = 'config/training.yaml';
    const rules = '  checks:\n    - {unique: [id]}\n    - {column: age, at_most: 60}\n';
    const before = readText(file);
    writeFileSync(join(data.root, file), before.replace('  target: outcome\n', `  target: outcome\n${rules}`));
    await workbench.openView('Trainyard');
    await workbench.openFile(file);
    await workbench.page.locator('.view-line').filter({ hasText: 'at_most' }).first().waitFor();
    await workbench.runCommand('Trainyard: Check Data Quality');
    await workbench.page.getByRole('tab', { name: /data quality\.md/ }).waitFor();
    await workbench.openFile(file);
    const mark = workbench.page.locator('.squiggly-error').first();
    await mark.waitFor();
    await workbench.runCommand('Problems: Focus on Problems View');
    const problem = workbench.page.locator('.markers-panel .monaco-list-row').filter({ hasText: 'age' }).first();
    await problem.filter({ hasText: /age is at most 60\. On disk: \d+ of 601 rows break it/ }).waitFor();
    await workbench.screenshot('data-check-marks');
    await workbench.runCommand('Trainyard: Push Data');
    await workbench.toast(/does not meet a check of its configuration/).waitFor();
    const table = readText(data.table);
    writeFileSync(join(data.root, data.table), table.replace(/\n.*\n$/, '\n'));
    await mark.waitFor({ state: 'hidden' });
    writeFileSync(join(data.root, data.table), table);
    writeFileSync(join(data.root, file), before);
    await workbench.page.keyboard.press('Control+J');
    await workbench.clearToasts();
  });

  test('the data of a branch that is chosen is merged; a conflict is shown and resolved', async () => {
    const [picture = '', other = ''] = scansOf('3');
    const paths = [picture, other].map((name) => join(data.root, data.images, '3', name));
    const [ours, theirs] = [Buffer.from('ours'), Buffer.from('theirs')];
    data.git('checkout', '--quiet', '-b', 'relabel');
    await saveImages([[paths[0]!, theirs]]);
    data.git('checkout', '--quiet', 'main');
    await client.checkPointers({ restore: true });
    await saveImages(paths.map((path) => [path, ours]));

    await workbench.runCommand('Trainyard: Merge Data from Branch');
    await workbench.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: /relabel.*by Ana.*digits@v3 \(here v4\)/ })
      .waitFor();
    await workbench.screenshot('data-merge-branches');
    await workbench.choose('relabel');
    await workbench.page.locator('.monaco-dialog-box').getByText(`3/${picture}: changed on both sides`).waitFor();
    await workbench.screenshot('data-merge-conflict');
    await workbench.confirm('Cancel');
    await workbench.toast(/1 conflict in data\/digits still waits/).waitFor();
    expect(paths.map((path) => readFileSync(path))).toEqual([ours, ours]);
    await workbench.runCommand('Trainyard: Merge Data from Branch');
    await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Give Up' }).waitFor();
    await workbench.confirm('Take Theirs');
    await workbench.toast(/digits@v5 is on disk: 1 file written/).waitFor();
    expect(paths.map((path) => readFileSync(path))).toEqual([theirs, ours]);
    commit('Merged');
  });

  test('a revert takes back what one version changed, and keeps what came after it', async () => {
    const path = join(data.root, data.images, '3', scansOf('3')[1]!);
    await workbench.runCommand('Trainyard: Revert Data Version');
    // Over the list the mouse would bring up a box with the words of a row, which takes clicks on the next.
    await workbench.page.mouse.move(640, 795);
    await workbench.choose('digits@v4');
    await workbench.confirm('Revert');
    await workbench.toast(/digits@v3 is on disk/).waitFor();
    expect(readFileSync(path).toString('latin1')).toContain('PNG');
    await workbench.clearToasts();
  });

  test('data of DVC is adopted from its row, and no file changes', async () => {
    addByDvc(data.root, LAB, 'id,value\n1,17\n2,23\n');
    const before = [LAB, `${LAB}.dvc`].map(readText);
    const row = workbench.treeRow(/lab\.csv.*by DVC/);
    await row.hover();
    await row.locator('[aria-label^="Adopt Data of DVC"]').click();
    await workbench.treeRow(/lab\.csv.*v1 · data/).waitFor();
    expect([LAB, `${LAB}.dvc`].map(readText)).toEqual(before);
  });

  test('a restore that replaces files of no version is undone exactly', async () => {
    const before = readText(LAB);
    writeFileSync(join(data.root, LAB), `${before}3,99\n`);
    await workbench.treeRow(/lab\.csv.*1 changed/).waitFor();
    await workbench.runCommand('Trainyard: Restore Data Version');
    await workbench.choose('lab.csv@v1');
    await workbench.confirm('Restore');
    await workbench.confirm('Replace');
    const toast = workbench.toast(/lab\.csv@v1 is restored.*is kept in/);
    await toast.waitFor();
    expect(readText(LAB)).toBe(before);
    await toast.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => readText(LAB), { timeout: 30_000 }).toBe(`${before}3,99\n`);
    await workbench.treeRow(/lab\.csv.*1 changed/).waitFor();
  });

  test('space is freed after a question that says how much, and what versions need stays', async () => {
    const pointer = readText(`${LAB}.dvc`);
    const noise = Array.from({ length: 20_000 }, (_, at) => `${at},${Math.sin(at) * 1e15}`).join('\n');
    writeFileSync(join(data.root, LAB), `id,value\n${noise}\n`);
    const { version } = await client.versionDataset({ path: LAB });
    await client.forgetData({ dataset: 'lab.csv', version });
    writeFileSync(join(data.root, `${LAB}.dvc`), pointer);
    await client.restoreDataset({ dataset: 'lab.csv', version: 1, force: true });
    await workbench.treeRow(/lab\.csv.*v1 · data/).waitFor();
    ageStore();
    const before = storedBytes();
    await workbench.runCommand('Trainyard: Free Space of Old Data');
    await workbench.page
      .locator('.monaco-dialog-box')
      .getByText(/Free [\d.]+ kB of stored data\?/)
      .waitFor();
    await workbench.screenshot('data-free-asks');
    expect(storedBytes()).toBe(before);
    await workbench.confirm('Free Space');
    await workbench.toast(/kB are in the trash/).waitFor();
    expect(storedBytes()).toBeLessThan(before - 150_000);
    expect((await client.verifyDataset({ dataset: 'digits', version: 1 })).damaged).toEqual([]);
  });

  test('what restores have replaced is listed, and removed on purpose', async () => {
    await workbench.clearToasts();
    await workbench.runCommand('Trainyard: Free Space of Replaced Files');
    await dialogue(/Remove [\d.]+ kB that restores have replaced\?/).waitFor();
    await workbench.screenshot('data-kept-asks');
    await workbench.confirm('Remove All');
    await workbench.toast(/of replaced files have left the disk/).waitFor();
    expect(readdirSync(join(data.root, '.trainyard/kept'))).toEqual([]);
  });

  test('damage of the store is found, named by its file, and repaired', async () => {
    const [newest] = (await client.listDatasets({})).filter(({ path }) => path === data.images);
    const path = `5/${scansOf('5')[0]!}`;
    damage(newest!.hash, path);
    await workbench.runCommand('Trainyard: Verify Stored Data');
    const all = new RegExp(`digits@v5, v4, v3, v2, v1: ${path} cannot be read`);
    await workbench.page.locator('.monaco-dialog-box').getByText(all).waitFor();
    await workbench.screenshot('data-verify-asks');
    await workbench.confirm('Repair');
    await workbench.toast(/The stored data is whole again: 1 piece brought back/).waitFor();
    expect((await client.verifyData({})).damage).toEqual([]);
  });

  test('a difference that was open is open again after the window is reloaded', async () => {
    // The workbench in a browser keeps its open editors once a minute.
    await workbench.page.waitForTimeout(Math.max(0, openedAt + 65_000 - Date.now()));
    await workbench.reload();
    await workbench.page.getByRole('tab', { name: 'patients.csv v1 → v2' }).click();
    await patientsChanged().waitFor();
    await workbench.webview().getByText('600 → 601 rows').waitFor();
    expect(workbench.problems()).toEqual([]);
  });

  const dialogue = (text: RegExp): Locator => workbench.page.locator('.monaco-dialog-box').getByText(text).first();

  const patientsChanged = (): Locator => workbench.webview().getByRole('heading', { name: /patients\.csv.*v1 → v2/ });

  const readText = (path: string): string => readFileSync(join(data.root, path), 'utf8');

  /** Pictures of a class that both surveys have. */
  const scansOf = (label: string): readonly string[] =>
    readdirSync(join(data.root, data.images, label))
      .filter((name) => name.startsWith('scan-'))
      .toSorted();

  const commit = (message: string): void => {
    data.git('add', '--', `${data.table}.dvc`, `${data.images}.dvc`, 'data/.gitignore');
    data.git('commit', '--quiet', '--message', message);
  };

  const statusBar = (text: RegExp): Locator => workbench.page.locator('.statusbar-item').filter({ hasText: text });

  const saveImages = async (files: readonly (readonly [path: string, bytes: Buffer])[]): Promise<void> => {
    for (const [path, bytes] of files) writeFileSync(path, bytes);
    await client.versionDataset({ path: data.images });
    commit('Relabelled');
  };

  const store = (): string => join(data.root, '.trainyard/data');

  const storedBytes = (): number =>
    readdirSync(join(store(), 'packs')).reduce((sum, name) => sum + statSync(join(store(), 'packs', name)).size, 0);

  /** Nothing that is younger than a day is collected. */
  const ageStore = (): void => {
    const then = new Date(Date.now() - 48 * 3_600_000);
    for (const place of ['packs', 'recent'].map((name) => join(store(), name)).filter(existsSync)) {
      for (const name of readdirSync(place)) utimesSync(join(place, name), then, then);
    }
  };

  /** A folder holds the list of what was marked in generations. */
  const ageMarks = (): void => {
    const folder = join(elsewhere, 'store/trainyard/v1');
    const ago = (since: string) => String(Number(since) - 48 * 3_600_000);
    for (const name of readdirSync(folder).filter((one) => one.startsWith('unneeded.json'))) {
      const text = readFileSync(join(folder, name), 'utf8');
      writeFileSync(join(folder, name), text.replaceAll(/(?<="since":)\d+/g, ago));
    }
  };

  /** Turns a bit of what is stored of one file. */
  const damage = (version: Parameters<typeof findFile>[1], path: string): void => {
    const blobs = openBlobs(store());
    const place = blobs.locate(findFile(blobs, version, path)!.content)!;
    blobs.close();
    const pack = join(store(), 'packs', `${place.pack}.pack`);
    const bytes = readFileSync(pack);
    bytes[place.offset + Math.floor(place.stored / 2)]! ^= 1;
    writeFileSync(pack, bytes);
  };
});
