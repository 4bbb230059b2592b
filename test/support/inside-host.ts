import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { launchBrowser, patienceMs, workbenchAddress } from './workbench.ts';
import { startWorkbenchServer, type Extension, type WorkbenchServer } from './workbench-server.ts';

export interface InsideHostOptions {
  readonly extension: Extension;
  readonly workspace: string;
  /** Folder of Mocha tests (`*.mocha.ts`, interface `tdd`) that may import `vscode`. */
  readonly tests: string;
}

/** How one Mocha test ended. */
export interface HostTest {
  readonly fullTitle: string;
  readonly duration?: number;
  /** Empty when it passed. */
  readonly err: { readonly message?: string; readonly stack?: string };
}

/**
 * Runs Mocha tests inside the extension host of a real workbench, with the extension installed.
 * Throws with what the host wrote when no report comes back.
 */
export async function runInsideHost(options: InsideHostOptions): Promise<readonly HostTest[]> {
  const server = await startWorkbenchServer({ extension: options.extension, trust: 'trusted', purpose: 'inside-host' });
  try {
    const folder = join(server.home, 'tests');
    const report = join(folder, 'report.json');
    await bundleTests(options.tests, { folder, report });
    const words = await untilExit(server, { ...options, folder });
    const text = await readFile(report, 'utf8').catch(() => {
      throw new Error(`The tests inside the extension host left no report:\n${words.join('\n')}`);
    });
    const { tests, pending } = JSON.parse(text) as { tests: HostTest[]; pending: HostTest[] };
    if (pending.length > 0)
      throw new Error(`Skipped inside the host: ${pending.map(({ fullTitle }) => fullTitle).join(', ')}`);
    return tests;
  } finally {
    await server.stop();
  }
}

/** One CommonJS file that exports run(), as VS Code asks for, beside a bare extension to be "developed". */
async function bundleTests(tests: string, { folder, report }: { folder: string; report: string }): Promise<void> {
  const files = (await readdir(tests)).filter((name) => name.endsWith('.mocha.ts')).sort();
  if (files.length === 0) throw new Error(`There are no tests in ${tests}.`);
  const entry = `
    const Mocha = require('mocha');
    exports.run = () => new Promise((resolve, reject) => {
      const mocha = new Mocha({ ui: 'tdd', timeout: ${patienceMs}, reporter: 'json', reporterOptions: { output: ${JSON.stringify(report)} } });
      mocha.suite.emit('pre-require', globalThis, 'bundle', mocha);
      ${files.map((name) => `require(${JSON.stringify(join(tests, name))});`).join('\n')}
      mocha.run((failures) => failures === 0 ? resolve() : reject(new Error(failures + ' failed')));
    });`;
  await mkdir(folder);
  await build({
    stdin: { contents: entry, resolveDir: tests },
    outfile: join(folder, 'index.js'),
    ...{
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node24',
      external: ['vscode', 'mocha'],
      logLevel: 'warning',
    },
  });
  await symlink(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  const bare = { name: 'tests', publisher: 'tests', version: '0.0.0', engines: { vscode: '*' } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(bare));
}

async function untilExit(server: WorkbenchServer, opened: { folder: string; workspace: string }): Promise<string[]> {
  const browser = await launchBrowser(server);
  const words: string[] = [];
  try {
    const page = await browser.newPage();
    await page.exposeFunction('codeAutomationLog', (type: string, args: readonly unknown[]) => {
      words.push(`${type}: ${args.map(String).join(' ')}`);
    });
    const exit = Promise.withResolvers<number>();
    await page.exposeFunction('codeAutomationExit', (code: number) => exit.resolve(code));
    const remote = `vscode-remote://${new URL(server.origin).host}${opened.folder}`;
    const payload = [
      ['extensionDevelopmentPath', remote],
      ['extensionTestsPath', `${remote}/index.js`],
      ['skipWelcome', 'true'],
    ] as const;
    await page.goto(workbenchAddress(server.origin, { workspace: opened.workspace, payload }));
    const timer = setTimeout(
      () => exit.reject(new Error(`No exit within 180 s:\n${words.join('\n')}`)),
      2 * patienceMs,
    );
    await exit.promise.finally(() => clearTimeout(timer));
    return words;
  } finally {
    await browser.close();
  }
}
