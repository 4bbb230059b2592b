import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { awsSettings } from '../../../../sidecar/versions/remotes/config/aws-profile.ts';
import {
  addRemote,
  chooseRemote,
  findRemote,
  readRemotes,
  removeRemote,
} from '../../../../sidecar/versions/remotes/config/dvc-config.ts';
import { editIni } from '../../../../sidecar/versions/remotes/config/ini-edit.ts';
import { parseIni } from '../../../../sidecar/versions/remotes/config/ini-text.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

let root: string;
beforeEach(() => {
  root = freshFolder();
});

const write = (file: string, text: string) => {
  mkdirSync(join(root, file, '..'), { recursive: true });
  writeFileSync(join(root, file), text);
};
const environment = () => ({ HOME: join(root, 'home') });

describe('remotes of DVC', () => {
  test('are read from the user’s own configuration, the repository’s, and what is not committed', () => {
    write('home/.config/dvc/config', `['remote "mine"']\n    url = s3://mine\n`);
    write(
      '.dvc/config',
      `# ours\n[core]\n    remote = store\n['remote "store"']\n    url = s3://bucket/some/folder # here\n    endpointurl = http://127.0.0.1:9000\n['remote "my.other"']\n    url = ../elsewhere\n`,
    );
    write(
      '.dvc/config.local',
      `['remote "store"']\n    secret_access_key = a;b/c+d=\n    endpointurl = http://127.0.0.1:9001\n`,
    );
    const { all, chosen } = readRemotes(root, environment());
    expect(chosen).toBe('store');
    expect(all).toEqual([
      { name: 'mine', url: 's3://mine', settings: {}, base: join(root, 'home/.config/dvc') },
      {
        name: 'store',
        url: 's3://bucket/some/folder',
        settings: { endpointurl: 'http://127.0.0.1:9001', secret_access_key: 'a;b/c+d=' },
        base: join(root, '.dvc'),
      },
      { name: 'my.other', url: '../elsewhere', settings: {}, base: join(root, '.dvc') },
    ]);
  });

  test('the chosen one, the only one or the named one is found; else the fault names those there are', () => {
    write('.dvc/config', `['remote "a"']\n    url = s3://a\n`);
    expect(findRemote(root, environment(), null).name).toBe('a');
    addRemote(root, { name: 'b', url: 's3://b', settings: {} }, environment());
    expect(() => findRemote(root, environment(), null)).toThrow('No remote is chosen');
    expect(() => findRemote(root, environment(), 'c')).toThrow('There is no remote “c”');
    chooseRemote(root, 'b');
    expect(findRemote(root, environment(), null).name).toBe('b');
  });

  test('secrets go to a file that only its owner may read and Git does not see', () => {
    const settings = { endpointurl: 'http://127.0.0.1:9000', access_key_id: 'me', secret_access_key: 'so#secret' };
    addRemote(root, { name: 'store', url: 's3://bucket', settings }, environment());
    expect(readFileSync(join(root, '.dvc/config'), 'utf8')).not.toContain('secret');
    expect(statSync(join(root, '.dvc/config.local')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(root, '.dvc/.gitignore'), 'utf8')).toContain('/config.local');
    expect(findRemote(root, environment(), 'store').settings).toEqual(settings);
  });

  test('a folder is written as DVC reads it: relative to the file that names it', () => {
    addRemote(root, { name: 'disk', url: '../backup', settings: {} }, environment());
    expect(readFileSync(join(root, '.dvc/config'), 'utf8')).toContain('url = ../../backup');
    expect(readRemotes(root, environment()).chosen).toBe('disk');
  });

  test('what else stands in the files stays when a remote is changed or removed', () => {
    const before = `# a comment\n[cache]\n    type = "reflink,copy"\n\n['remote "keep"']\n    url = s3://keep\n`;
    write('.dvc/config', before);
    addRemote(
      root,
      { name: 'new', url: 's3://new', settings: { region: 'eu-central-1', password: 'x' } },
      environment(),
    );
    addRemote(root, { name: 'new', url: 's3://newer', settings: {} }, environment());
    expect(findRemote(root, environment(), 'new')).toMatchObject({
      url: 's3://newer',
      settings: { region: 'eu-central-1' },
    });
    removeRemote(root, 'new', environment());
    expect(readFileSync(join(root, '.dvc/config'), 'utf8')).toBe(before);
    expect(readFileSync(join(root, '.dvc/config.local'), 'utf8')).not.toContain('password');
    expect(() => removeRemote(root, 'new', environment())).toThrow('There is no remote');
  });

  test('a name that DVC could not read back is refused', () => {
    expect(() => addRemote(root, { name: 'a"b', url: 's3://x', settings: {} }, environment())).toThrow('no name');
    expect(existsSync(join(root, '.dvc'))).toBe(false);
  });

  test('every value that is written is read back as it was', () => {
    const value = fc
      .string({ minLength: 1 })
      .filter(
        (text) => !/[\r\n\\]/.test(text) && !(text.includes('"') && text.includes("'")) && !/^["']|["']$/.test(text),
      );
    fc.assert(
      fc.property(value, value, (first, second) => {
        const text = editIni(
          editIni('# top\n[core]\n    remote = x\n', `'remote "a.b"'`, { url: first }),
          `'remote "a.b"'`,
          { region: second },
        );
        expect(parseIni(text)['remote "a.b"']).toEqual({ url: first, region: second });
      }),
    );
  });
});

describe('keys of a bucket', () => {
  const settingsOf = (settings: Record<string, string>, more: Record<string, string> = {}) =>
    awsSettings('store', settings, { ...environment(), ...more });

  test('are those of the remote, of the profile it names, of the environment, or of the default profile', () => {
    write(
      'home/.aws/credentials',
      '[default]\naws_access_key_id = d\naws_secret_access_key = ds\n[named]\naws_access_key_id = n\naws_secret_access_key = ns\naws_session_token = nt\n',
    );
    write(
      'home/.aws/config',
      '[default]\nregion = eu-west-1\n[profile named]\nregion = ap-south-1\ns3 =\n  addressing_style = virtual\n',
    );
    const variables = { AWS_ACCESS_KEY_ID: 'e', AWS_SECRET_ACCESS_KEY: 'es', AWS_REGION: 'us-west-2' };
    const own = { access_key_id: 'o', secret_access_key: 'os', region: 'sa-east-1' };
    expect(settingsOf(own, variables)).toMatchObject({ keys: { accessKeyId: 'o' }, region: 'sa-east-1' });
    expect(settingsOf({ profile: 'named' }, { AWS_ACCESS_KEY_ID: 'e', AWS_SECRET_ACCESS_KEY: 'es' })).toEqual({
      keys: { accessKeyId: 'n', secretAccessKey: 'ns', sessionToken: 'nt' },
      region: 'ap-south-1',
      endpoint: undefined,
      style: 'virtual',
    });
    expect(settingsOf({}, variables)).toMatchObject({ keys: { accessKeyId: 'e' }, region: 'us-west-2' });
    expect(settingsOf({}, { AWS_PROFILE: 'named' })).toMatchObject({ keys: { accessKeyId: 'n' } });
    expect(settingsOf({})).toMatchObject({ keys: { accessKeyId: 'd' }, region: 'eu-west-1' });
  });

  test('a profile of a sort that is not read says what to do', () => {
    write('home/.aws/config', '[profile sso]\nsso_session = x\n');
    expect(() => settingsOf({ profile: 'sso' })).toThrow('sso_session');
    expect(() => settingsOf({ profile: 'typo' })).toThrow('there is no profile “typo”');
    expect(() => settingsOf({})).toThrow('there are no keys');
    expect(settingsOf({ allow_anonymous_login: 'true' }).keys).toBeNull();
  });
});
