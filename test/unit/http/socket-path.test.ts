import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { socketPathOf } from '../../../sidecar/http/socket-path.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const names = ['XDG_RUNTIME_DIR', 'HOME', 'TMPDIR'] as const;
const before = names.map((name) => [name, process.env[name]] as const);
let folder: string;
beforeEach(() => {
  folder = freshFolder();
  process.env['XDG_RUNTIME_DIR'] = join(folder, 'run');
  process.env['HOME'] = join(folder, 'home');
  mkdirSync(join(folder, 'run'), { mode: 0o700 });
  mkdirSync(join(folder, 'home'), { mode: 0o700 });
});
afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

test('the socket lies in the private folder of the session, in one that nobody else can enter', () => {
  const path = socketPathOf('/some/where');
  expect(path).toMatch(new RegExp(`^${folder}/run/trainyard/[0-9a-f]{16}\\.sock$`));
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
});

test('every workspace has its own, always the same, and short enough whatever its path', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      expect(socketPathOf(one)).toBe(socketPathOf(one));
      if (one !== other) expect(socketPathOf(one)).not.toBe(socketPathOf(other));
      expect(Buffer.byteLength(socketPathOf(one.repeat(50)))).toBeLessThanOrEqual(100);
    }),
    { numRuns: 30 },
  );
});

test('a folder that others can enter is passed over', () => {
  chmodSync(join(folder, 'run'), 0o755);
  expect(socketPathOf('/some/where')).toMatch(new RegExp(`^${folder}/home/.local/share/trainyard/run/`));
});

test('a folder whose path is too long for a socket is passed over', () => {
  const long = join(folder, 'run', 'x'.repeat(90));
  mkdirSync(long, { mode: 0o700 });
  process.env['XDG_RUNTIME_DIR'] = long;
  expect(socketPathOf('/some/where')).toMatch(new RegExp(`^${folder}/home/`));
});

test('our own folder that others can enter is refused with the command that mends it', () => {
  const own = join(folder, 'run/trainyard');
  mkdirSync(own, { mode: 0o755 });
  chmodSync(own, 0o755);
  expect(() => socketPathOf('/some/where')).toThrow(
    expect.objectContaining({ hint: `Run \`chmod 700 ${own}\`, and see that it is yours.` }) as Error,
  );
});
