import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Item {
  readonly command: string;
  readonly when?: string;
}

const manifest = JSON.parse(read('package.json')) as {
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: string; readonly restrictedConfigurations: string[] };
  };
  readonly icon: string;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly category: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly Item[]>>;
    readonly views: { readonly trainyard: readonly { readonly id: string }[] };
    readonly viewsWelcome: readonly { readonly view: string; readonly contents: string; readonly when: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope?: string }>> };
    readonly languages: readonly { readonly configuration: string }[];
    readonly grammars: readonly { readonly path: string }[];
    readonly snippets: readonly { readonly path: string }[];
  };
};
const { contributes } = manifest;
const commands = contributes.commands.map(({ command }) => command);

test('the manifest and the code know the same commands', () => {
  const declared = [...read('extension/ids.ts').matchAll(/'(trainyard\.[a-zA-Z]+)'/g)].map(([, name]) => name ?? '');
  const views = new Set(contributes.views.trainyard.map(({ id }) => id));
  const pages = new Set(['trainyard.run', 'trainyard.comparison', 'trainyard.drift', 'trainyard.dataDifference']);
  expect(declared.filter((name) => !views.has(name) && !pages.has(name)).toSorted()).toEqual([...commands].toSorted());
});

test('every command stands under Trainyard, and the palette lists none that cannot work', () => {
  expect(contributes.commands.every(({ category }) => category === 'Trainyard')).toBe(true);
  const guarded = new Map(contributes.menus['commandPalette']?.map(({ command, when }) => [command, when]));
  for (const { command, enablement } of contributes.commands) expect(guarded.get(command), command).toBe(enablement);
});

test('menus, welcome views and files refer to what exists', () => {
  for (const item of Object.values(contributes.menus).flat()) expect(commands).toContain(item.command);
  for (const { view, contents } of contributes.viewsWelcome) {
    expect(contributes.views.trainyard.map(({ id }) => id)).toContain(view);
    for (const [, command = ''] of contents.matchAll(/\(command:(trainyard\.\w+)\)/g))
      expect(commands).toContain(command);
  }
  const files = [manifest.icon, ...contributes.languages.map(({ configuration }) => configuration)];
  for (const { path } of [...contributes.grammars, ...contributes.snippets]) files.push(path);
  for (const file of files) expect(existsSync(join(root, file)), file).toBe(true);
});

test('every view says something in every state of the sidecar', () => {
  for (const { id } of contributes.views.trainyard) {
    const conditions = contributes.viewsWelcome
      .filter(({ view }) => view === id)
      .map(({ when }) => when)
      .join(' | ');
    for (const state of [
      'starting',
      'restarting',
      'failed',
      'ready',
      'idle',
      '!isWorkspaceTrusted',
      'workspaceFolderCount == 0',
    ]) {
      expect(conditions, `${id} ${state}`).toContain(state);
    }
  }
});

test('the path of a program cannot come from a workspace', () => {
  expect(manifest.capabilities.untrustedWorkspaces).toMatchObject({
    supported: 'limited',
    restrictedConfigurations: ['trainyard.nodePath'],
  });
  expect(contributes.configuration.properties['trainyard.nodePath']?.scope).toBe('machine');
  for (const [name, { scope }] of Object.entries(contributes.configuration.properties))
    expect(scope, name).toBeDefined();
});
