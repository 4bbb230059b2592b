import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { remoteUnusable } from '../../../faults.ts';
import type { S3Keys } from '../s3/place.ts';
import { homeOf, type Environment } from './environment.ts';
import { parseIni, type Section } from './ini-text.ts';

export interface AwsSettings {
  /** Null for a bucket that anyone may read. */
  readonly keys: S3Keys | null;
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly style: string | undefined;
}

/** Where a bucket needs no region; servers of one's own accept this one too. */
const usualRegion = 'us-east-1';

/**
 * Keys and region of a remote, in the order in which DVC and the AWS tools look: the remote's own settings, a profile
 * that it names, the environment, the profile of the environment or the default one.
 * @param settings of the remote @throws Fault `remote-unusable` where there are no keys, or of a sort that is not read
 */
export const awsSettings = (remote: string, settings: Section, environment: Environment): AwsSettings => {
  const named = settings['profile'];
  const name = named ?? environment['AWS_PROFILE'] ?? 'default';
  const profile = readProfile(name, settings, environment);
  if (named !== undefined && Object.keys(profile).length === 0)
    throw remoteUnusable(remote, `there is no profile “${named}” in ~/.aws`, 'Add it by `aws configure --profile`.');
  return {
    keys: chooseKeys({ remote, name, settings, profile, environment }),
    region:
      firstOf(settings['region'], environment['AWS_REGION'], environment['AWS_DEFAULT_REGION'], profile['region']) ??
      usualRegion,
    endpoint: firstOf(
      settings['endpointurl'],
      environment['AWS_ENDPOINT_URL_S3'],
      environment['AWS_ENDPOINT_URL'],
      profile['endpoint_url'],
    ),
    style: profile['addressing_style'],
  };
};

const firstOf = (...values: readonly (string | undefined)[]): string | undefined =>
  values.find((value) => value !== undefined);

interface KeySources {
  readonly remote: string;
  /** Of the profile. */
  readonly name: string;
  readonly settings: Section;
  readonly profile: Section;
  readonly environment: Environment;
}

const chooseKeys = ({ remote, name, settings, profile, environment }: KeySources): S3Keys | null => {
  if (settings['allow_anonymous_login'] === 'true') return null;
  // A profile that the remote names comes before the environment.
  const fromEnvironment = settings['profile'] === undefined ? keysOf(environment, 'AWS_') : null;
  return keysOf(settings, '') ?? fromEnvironment ?? keysOf(profile, 'aws_') ?? refuseMissing(remote, name, profile);
};

/** Two files: `credentials` has sections by name, `config` by `profile <name>`; the first holds where both speak. */
const readProfile = (name: string, settings: Section, environment: Environment): Section => {
  const home = join(homeOf(environment), '.aws');
  const credentials =
    settings['credentialpath'] ?? environment['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, 'credentials');
  const config = settings['configpath'] ?? environment['AWS_CONFIG_FILE'] ?? join(home, 'config');
  const inConfig = sectionsOf(config);
  return { ...(inConfig[`profile ${name}`] ?? inConfig[name]), ...sectionsOf(credentials)[name] };
};

const sectionsOf = (path: string): Readonly<Record<string, Section>> =>
  existsSync(path) ? parseIni(readFileSync(path, 'utf8')) : {};

/** The same three settings go by three spellings. */
const keysOf = (from: Environment, prefix: '' | 'AWS_' | 'aws_'): S3Keys | null => {
  const read = (name: string) => from[prefix === 'AWS_' ? `${prefix}${name.toUpperCase()}` : `${prefix}${name}`];
  const [accessKeyId, secretAccessKey, sessionToken] = ['access_key_id', 'secret_access_key', 'session_token'].map(
    read,
  );
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
};

const unread = [
  'sso_session',
  'sso_start_url',
  'role_arn',
  'credential_process',
  'web_identity_token_file',
  'login_session',
];

const refuseMissing = (remote: string, name: string, profile: Section): never => {
  const sort = unread.find((key) => profile[key] !== undefined);
  if (sort !== undefined)
    throw remoteUnusable(
      remote,
      `the profile “${name}” gets its keys by ${sort}, which Trainyard does not do by itself`,
      `Run \`aws configure export-credentials --profile ${name} --format env\` and set what it prints before the sidecar starts.`,
    );
  throw remoteUnusable(
    remote,
    'there are no keys for it',
    `Run \`trainyard data remote add ${remote} <url> --set access_key_id=… --set secret_access_key=…\`, or set up a profile by \`aws configure\`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY before the sidecar starts.`,
  );
};
