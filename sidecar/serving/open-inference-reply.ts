import { datatypeOf, toBytes } from './datatypes.ts';
import type { OutputTensor } from './inference-messages.ts';
import type { InferRequest, WantedOutput } from './open-inference-request.ts';
import { JSON_TYPE, Refusal, type Reply } from './reply.ts';
import type { ServedModel } from './served-model.ts';

/** One output on its way out: its description in JSON, and its bytes when they go behind it. */
interface WrittenOutput {
  readonly json: string;
  readonly bytes: Buffer | null;
}

/**
 * The reply to an inference request: JSON, with the raw tensors behind it where they were asked for.
 * @throws Refusal 500 when a number is not finite and JSON was asked for, since JSON cannot say NaN
 */
export const inferReply = (
  request: InferRequest,
  id: string,
  outputs: readonly OutputTensor[],
  { served }: ServedModel,
): Reply => {
  const written = request.wanted.map((wanted) => writeOutput(wanted, outputs, served.features.classes));
  const json =
    `{"model_name":${JSON.stringify(served.model)},"model_version":"${served.version}","id":${JSON.stringify(id)},` +
    `"outputs":[${written.map((output) => output.json).join(',')}]}`;
  const binary = written.flatMap(({ bytes }) => bytes ?? []);
  if (binary.length === 0) return { status: 200, type: JSON_TYPE, body: json };
  const head = Buffer.from(json);
  return {
    status: 200,
    type: 'application/octet-stream',
    body: Buffer.concat([head, ...binary]),
    headers: { 'inference-header-content-length': String(head.length) },
  };
};

const writeOutput = (
  wanted: WantedOutput,
  outputs: readonly OutputTensor[],
  classes: readonly string[],
): WrittenOutput => {
  const tensor = outputs.find(({ name }) => name === wanted.name);
  if (tensor === undefined) throw new Error(`The output ${wanted.name} is missing from a run.`);
  if (wanted.classes > 0) return writeBest(wanted, tensor, classes);
  const head = `{"name":${JSON.stringify(tensor.name)},"shape":[${tensor.dims.join(',')}],"datatype":"${datatypeOf(tensor.type)}"`;
  if (wanted.binary) {
    const bytes = toBytes(tensor.data);
    return { json: `${head},"parameters":{"binary_data_size":${bytes.length}}}`, bytes };
  }
  return { json: `${head},"data":[${numbersInJson(tensor)}]}`, bytes: null };
};

const numbersInJson = (tensor: OutputTensor): string => {
  if (tensor.type === 'bool')
    return Array.from(tensor.data as Uint8Array, (value) => (value === 0 ? 'false' : 'true')).join(',');
  const { data } = tensor;
  for (let index = 0; index < data.length; index++) {
    const value = data[index];
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Refusal(
        500,
        `The model answered ${value} in “${tensor.name}”, which JSON cannot hold; ask for binary output to see it.`,
      );
    }
  }
  return data.join(',');
};

/** Triton's classification extension: for each row the best classes, as `score:index:label`. */
const writeBest = (wanted: WantedOutput, tensor: OutputTensor, classes: readonly string[]): WrittenOutput => {
  const rows = tensor.dims[0] ?? 0;
  const width = rows === 0 ? 0 : tensor.data.length / rows;
  const count = Math.min(wanted.classes, width);
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const scores = Array.from(tensor.data.subarray(row * width, (row + 1) * width), Number);
    const best = scores.map((_, index) => index).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
    for (const index of best.slice(0, count)) {
      const label = classes[index];
      texts.push(`${(scores[index] ?? 0).toFixed(6)}:${index}${label === undefined ? '' : `:${label}`}`);
    }
  }
  const head = `{"name":${JSON.stringify(tensor.name)},"shape":[${rows},${count}],"datatype":"BYTES"`;
  if (!wanted.binary) return { json: `${head},"data":${JSON.stringify(texts)}}`, bytes: null };
  const bytes = Buffer.concat(texts.flatMap(lengthAndText));
  return { json: `${head},"parameters":{"binary_data_size":${bytes.length}}}`, bytes };
};

const lengthAndText = (text: string): Buffer[] => {
  const content = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return [length, content];
};
