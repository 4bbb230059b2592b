import { extname, join } from 'node:path';
import { Fault } from '../../faults.ts';
import { announcedDigest } from '../../fetch/announced-digest.ts';
import { cacheFolder } from '../../fetch/cache-folder.ts';
import { digestOf } from '../../fetch/checksum.ts';
import { download, parseAddress } from '../../fetch/download.ts';
import { nameOfAddress, recallDigest, rememberDigest, type KnownDigest } from '../../fetch/known-digests.ts';
import type { JobContext } from '../job.ts';
import { pretrainedNames, pretrainedSource, type PretrainedSource } from './pretrained-sources.ts';

/** A file of weights on this machine. */
export interface Weights {
  readonly path: string;
  readonly sha256: string;
}

/**
 * Brings the weights that `model.pretrained` asks for: the published ones of a model, or those at an address. An
 * address may end with `#sha256=…`, which is then checked. Without one, the digest that the server announces or else
 * that of the first download is remembered, and another file at the same address is refused from then on.
 *
 * @throws Fault `download-failed`, or `configuration-invalid` for a model without published weights
 */
export const fetchWeights = async (
  name: string,
  pretrained: true | string,
  context: JobContext,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Weights> => {
  const source = pretrained === true ? published(name, environment) : parse(pretrained);
  const folder = join(cacheFolder(environment), 'weights');
  const weights =
    source.sha256 === null
      ? await fetchByFirstUse(source.url, folder, context)
      : await fetchPinned(source.url, source.sha256, folder, context);
  context.log('info', `weights from ${source.url}, sha256 ${weights.sha256}`);
  return weights;
};

const fetchPinned = async (url: string, sha256: string, folder: string, context: JobContext): Promise<Weights> => {
  const path = await bring({ url, sha256, folder, name: sha256.slice(0, 16) }, context);
  return { path, sha256 };
};

const fetchByFirstUse = async (asked: string, folder: string, context: JobContext): Promise<Weights> => {
  const known = recallDigest(folder, asked) ?? (await firstSource(asked, context));
  const path = await bring({ ...known, folder, name: nameOfAddress(asked) }, context);
  if (known.sha256 !== null) {
    rememberDigest(folder, { asked, url: known.url, sha256: known.sha256 });
    return { path, sha256: known.sha256 };
  }
  const sha256 = await digestOf(path, 'sha256');
  context.log(
    'warn',
    `${asked} has no checksum; it is remembered as sha256 ${sha256}. End the address with #sha256=${sha256} to be sure of it on every machine.`,
  );
  rememberDigest(folder, { asked, url: known.url, sha256 });
  return { path, sha256 };
};

/** A branch of a repository is replaced by the commit that it is at, so that the file and its digest belong together. */
const firstSource = async (
  asked: string,
  context: JobContext,
): Promise<Pick<KnownDigest, 'url'> & { readonly sha256: string | null }> => {
  const { host } = parseAddress(asked);
  context.progress(null, `asking ${host} for the weights`);
  const announced = await announcedDigest(asked, context.signal);
  if (announced === null) return { url: asked, sha256: null };
  const { sha256, commit } = announced;
  const url = commit === null ? asked : asked.replace(/\/resolve\/[^/]+\//, `/resolve/${commit}/`);
  context.log('info', `${host} announces sha256 ${sha256}; it is remembered, and other bytes are refused`);
  return { url, sha256 };
};

interface Order {
  readonly url: string;
  readonly sha256: string | null;
  readonly folder: string;
  readonly name: string;
}

const bring = ({ url, sha256, folder, name }: Order, context: JobContext): Promise<string> =>
  download({
    url,
    ...(sha256 === null ? {} : { checksum: { algorithm: 'sha256', digest: sha256 } }),
    folder,
    name: `${name}${extname(new URL(url).pathname)}`,
    signal: context.signal,
    progress: (bytes, total) => context.progress(null, `fetching weights, ${inMegabytes(bytes)}${of(total)} MB`),
  });

const inMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
const of = (total: number | null): string => (total === null ? '' : ` of ${inMegabytes(total)}`);

const published = (name: string, environment: NodeJS.ProcessEnv): PretrainedSource => {
  const source = pretrainedSource(name, environment);
  if (source !== null) return source;
  throw new Fault('configuration-invalid', `There are no published weights for ${name}.`, {
    hint: `\`pretrained: true\` knows ${pretrainedNames.join(', ')}. Give the path or address of a .safetensors or .onnx file, or set pretrained: false.`,
  });
};

const parse = (text: string): PretrainedSource => {
  const [url = '', fragment = ''] = text.split('#');
  const sha256 = /^sha256=([0-9a-f]{64})$/.exec(fragment.toLowerCase())?.[1] ?? null;
  if (URL.canParse(url) && (fragment === '' || sha256 !== null)) return { url, sha256 };
  throw new Fault('configuration-invalid', `model.pretrained is no address that can be fetched: ${text}`, {
    hint: 'Write https://host/file.safetensors, with #sha256= and 64 hexadecimal digits behind it if you know them.',
  });
};
