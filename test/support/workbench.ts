import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { startWorkbenchServer, type ServerOptions, type WorkbenchServer } from './workbench-server.ts';

/** A loaded machine needs up to 40 s for what an idle one does in 4. */
export const patienceMs = 90_000;

const artifacts = join(import.meta.dirname, '../../.cache/artifacts');
/** Names in the theme picker. */
const themes = { dark: 'Dark Modern', light: 'Light Modern', 'high-contrast': 'Dark High Contrast' } as const;
const themeClasses = { dark: 'vs-dark', light: 'vs', 'high-contrast': 'hc-black' } as const;
export type Theme = keyof typeof themes;

export interface WorkbenchOptions extends Omit<ServerOptions, 'purpose'> {
  /** Absolute path of the folder that is opened. */
  readonly workspace: string;
  /** A file of the workspace, relative, that is open from the start. */
  readonly file?: string;
}

/** What a person sees and does in VS Code, in the words of one. */
export interface Workbench {
  readonly page: Page;
  readonly server: WorkbenchServer;
  readonly workspace: string;
  /** Errors on the console and refusals of the content security policy, in any frame, since the start. */
  readonly problems: () => readonly string[];
  /** Answers the dialog of Workspace Trust with yes. */
  readonly trust: () => Promise<void>;
  readonly openFile: (path: string) => Promise<void>;
  readonly runCommand: (title: string) => Promise<void>;
  /** Chooses a row of the list that a command shows. */
  readonly choose: (text: string) => Promise<void>;
  /** Types into the box that a command shows. */
  readonly answer: (text: string) => Promise<void>;
  /** Presses a button of a dialog that stops everything else. */
  readonly confirm: (button: string) => Promise<void>;
  readonly clearToasts: () => Promise<void>;
  readonly codeLens: (text: string | RegExp) => Locator;
  /**
   * Clicks the lens that trains and waits until a run shows in the sidebar. A lens that is drawn anew in the moment of the
   * click loses it, so it is clicked again while no run has begun.
   */
  readonly trainByLens: () => Promise<void>;
  /** Opens a view container by its name in the activity bar. */
  readonly openView: (name: string) => Promise<void>;
  /** Rows of the trees in the side bar. */
  readonly treeRow: (text: string | RegExp) => Locator;
  readonly toast: (text: string | RegExp) => Locator;
  /** The document inside the webview of the active editor. */
  readonly webview: () => FrameLocator;
  readonly setTheme: (theme: Theme) => Promise<void>;
  /** Keeps a picture of the whole window as an artifact. */
  readonly screenshot: (name: string) => Promise<void>;
  /** Keeps what helps to understand a failed test: a picture, and what extension and sidecar have logged. */
  readonly keepEvidence: (name: string) => Promise<void>;
  readonly reload: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a server, a browser and one page with the workspace open in it. */
export async function startWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const server = await startWorkbenchServer({ ...options, purpose: 'pages' });
  const browser = await launchBrowser(server);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const problems = recordProblems(page);
  await page.goto(workbenchAddress(server.origin, options));
  await page.locator('.monaco-workbench .activitybar').waitFor();
  return {
    ...{ page, server, workspace: options.workspace, problems: () => problems },
    trust: () => page.getByRole('button', { name: /Yes, I trust/ }).click(),
    openFile: (path) => openFile(page, path),
    runCommand: (title) => runCommand(page, title),
    choose: (text) => page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first().click(),
    answer: async (text) => {
      await page.locator('.quick-input-widget input').first().fill(text);
      await page.keyboard.press('Enter');
    },
    confirm: (button) => page.locator('.monaco-dialog-box').getByRole('button', { name: button, exact: true }).click(),
    clearToasts: () => runCommand(page, 'Notifications: Clear All Notifications'),
    codeLens: (text) => page.locator('.codelens-decoration a').filter({ hasText: text }).first(),
    trainByLens: () => trainByLens(page),
    openView: (name) => openView(page, name),
    treeRow: (text) => page.locator('.sidebar .pane-body .monaco-list-row').filter({ hasText: text }).first(),
    toast: (text) => page.locator('.notifications-toasts .notification-list-item').filter({ hasText: text }).first(),
    webview: () => visibleWebview(page),
    setTheme: (theme) => setTheme(page, theme),
    screenshot: (name) => screenshot(page, name),
    keepEvidence: async (name) => {
      await screenshot(page, `failed-${name}`);
      const logs = [
        ...(await textsUnder(join(server.home, 'data/logs'), /Trainyard.*\.log$/)),
        ...(await textsUnder(join(options.workspace, '.trainyard/logs'), /\.log$/)),
      ];
      await writeFile(join(artifacts, `failed-${name}.log`), [...logs, ...problems].join('\n'));
    },
    reload: async () => {
      // Not the same address: a file that it names would take the place of the editors that were open.
      await page.goto(workbenchAddress(server.origin, { workspace: options.workspace }));
      await page.locator('.monaco-workbench .activitybar').waitFor();
    },
    stop: async () => {
      await browser.close();
      await server.stop();
    },
  };
}

/** Chromium as Debian packages it, without what would phone home. */
export async function launchBrowser({ chromium: executablePath }: WorkbenchServer): Promise<Browser> {
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet];
  return chromium.launch({ executablePath, headless: true, args });
}

interface Opening {
  readonly workspace: string;
  readonly file?: string;
  /** Further entries of the payload query, as VS Code reads them. */
  readonly payload?: readonly (readonly [string, string])[];
}

/** The address that opens a folder, and a file in it, in the workbench behind `origin`. */
export function workbenchAddress(origin: string, { workspace, file, payload = [] }: Opening): string {
  const remote = (path: string) => `vscode-remote://${new URL(origin).host}${pathToFileURL(path).pathname}`;
  const opened: (readonly [string, string])[] = file === undefined ? [] : [['openFile', remote(join(workspace, file))]];
  const address = new URL(origin);
  address.searchParams.set('folder', workspace);
  address.searchParams.set('payload', JSON.stringify([...opened, ...payload]));
  return address.href;
}

/**
 * Errors that a page of ours causes come from a webview's frame; the workbench has its own noise
 * (addresses it tries although they are not there) in the outer one.
 */
function recordProblems(page: Page): readonly string[] {
  const problems: string[] = [];
  page.on('console', (message) => {
    const { url } = message.location();
    const ours =
      /webview|vscode-resource/.test(url) && !/^(A bad HTTP|Failed to load resource.*favicon)/.test(message.text());
    if (message.type() === 'error' && ours) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  return problems;
}

async function setTheme(page: Page, theme: Theme): Promise<void> {
  await runCommand(page, 'Preferences: Color Theme');
  await page.locator('.quick-input-widget input').first().fill(themes[theme]);
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: themes[theme] }).first().click();
  await page.locator(`.monaco-workbench.${themeClasses[theme]}`).waitFor();
  await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
}

async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(artifacts, { recursive: true });
  // What is just fading away is gone.
  await page.screenshot({ path: join(artifacts, `${name}.png`), animations: 'disabled' });
}

async function textsUnder(folder: string, name: RegExp): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const paths = (await readdir(folder, { recursive: true })).filter((path) => name.test(path));
  return Promise.all(paths.map(async (path) => `${path}:\n${await readFile(join(folder, path), 'utf8')}`));
}

/** A page that has just been opened may take the focus in the moment of the click: then it is asked for once more. */
async function openFile(page: Page, path: string): Promise<void> {
  const name = (path.split('/').at(-1) ?? path).replaceAll('.', '\\.');
  const tab = page.getByRole('tab', { name: new RegExp(`^${name}`), selected: true });
  for (let tries = 0; ; tries += 1) {
    await pick(page, 'Control+P', { text: path, row: new RegExp(`^${name}$`) });
    const opened = await tab.waitFor({ timeout: 20_000 }).then(
      () => true,
      (error: unknown) => {
        if (tries >= 3) throw error;
        return false;
      },
    );
    if (opened) return;
  }
}

const runCommand = (page: Page, title: string): Promise<void> => pick(page, 'F1', { text: `>${title}`, row: title });

/**
 * Chooses a row of the quick input. While the workbench still starts it closes the input again,
 * so it is opened anew until the row shows; Enter is never pressed before.
 */
async function pick(page: Page, key: string, { text, row }: { text: string; row: string | RegExp }): Promise<void> {
  const input = page.locator('.quick-input-widget input').first();
  const wanted = page.locator('.quick-input-list .monaco-list-row .label-name').filter({ hasText: row }).first();
  for (let tries = 0; ; tries += 1) {
    const shown = await page.keyboard
      .press(key)
      .then(() => input.fill(text, { timeout: 2000 }))
      .then(() => wanted.waitFor({ timeout: 5000 }))
      .then(
        () => true,
        (error: unknown) => {
          if (tries >= 12) throw error;
          return false;
        },
      );
    if (shown) break;
    await page.keyboard.press('Escape');
  }
  await wanted.click();
}

async function trainByLens(page: Page): Promise<void> {
  await openView(page, 'Trainyard');
  await page.getByText('No runs yet.').waitFor();
  const begun = page.locator('.sidebar .pane-body .monaco-list-row').filter({ hasText: /^r\d/ }).first();
  for (let tries = 0; ; tries += 1) {
    await page.locator('.codelens-decoration a').filter({ hasText: 'Train' }).first().click();
    const started = await begun.waitFor({ timeout: 20_000 }).then(
      () => true,
      (error: unknown) => {
        if (tries >= 3) throw error;
        return false;
      },
    );
    if (started) return;
  }
}

async function openView(page: Page, name: string): Promise<void> {
  // A badge may lie over the icon; what holds both takes the click.
  const icon = page.locator('.activitybar .action-item', { has: page.locator(`a[aria-label^="${name}"]`) }).first();
  await icon.waitFor();
  const view = page.locator('.sidebar .composite.title h2', { hasText: new RegExp(name, 'i') });
  if (!(await view.isVisible())) await icon.click();
  await view.waitFor();
}

function visibleWebview(page: Page): FrameLocator {
  const outer = page.locator('iframe.webview.ready').filter({ visible: true }).first();
  return outer.contentFrame().frameLocator('iframe#active-frame');
}
