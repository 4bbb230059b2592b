import type { Codec } from './codec.ts';
import type { ImageShape } from './inference-messages.ts';
import { InferenceDown } from './inference.ts';
import { asObject, parseJson } from './json-body.ts';
import type { Outcome } from './outcomes.ts';
import { badRequest } from './reply.ts';
import { toRows, type Rows } from './rows.ts';
import type { ServedModel } from './served-model.ts';

/**
 * A request as a person writes it: a picture as the body, `{"image": "<base64>"}`, or `{"rows": […]}`.
 * @param type media type without parameters
 * @throws Refusal 400
 */
export const parsePrediction = async (body: Buffer, type: string, model: ServedModel, codec: Codec): Promise<Rows> => {
  if (type.startsWith('image/')) return pictureRows(body, model);
  const document = asObject(parseJson(body), 'The request');
  const { image, rows } = document;
  if ((image === undefined) === (rows === undefined)) {
    throw badRequest('The request must have exactly one of “rows” and “image”.');
  }
  if (image === undefined) return toRows(rows, model, codec);
  if (typeof image !== 'string' || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(image)) {
    throw badRequest('“image” must be a PNG or JPEG file in base64.');
  }
  return pictureRows(Buffer.from(image, 'base64'), model);
};

const pictureRows = async (bytes: Buffer, model: ServedModel): Promise<Rows> => {
  const shape = imageShape(model);
  try {
    const pixels = await model.decode(new Uint8Array(bytes), shape);
    return { input: Float32Array.from(pixels), rows: 1 };
  } catch (error) {
    if (error instanceof InferenceDown) throw error;
    throw badRequest(`The picture cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
};

const imageShape = ({ served }: ServedModel): ImageShape => {
  const [channels, height, width] = served.features.inputShape;
  if (channels === undefined || height === undefined || width === undefined) {
    throw badRequest('This model takes rows of a table, not pictures. Send {"rows": [{"column": value, …}]}.');
  }
  return { channels, height, width };
};

/** What a person reads: a label and how sure the model is; or the number. `ids` name the rows for labels to come. */
export const predictionAnswer = (
  outcomes: readonly Outcome[],
  ids: readonly string[],
  { served }: ServedModel,
): unknown => ({
  model: served.model,
  version: served.version,
  predictions: outcomes.map((outcome, row) => ({ id: ids[row], ...readable(outcome, served.features.classes) })),
});

const readable = ({ predicted, confidence, probabilities }: Outcome, classes: readonly string[]): object =>
  confidence === null
    ? { value: predicted }
    : {
        label: classes[predicted],
        confidence,
        probabilities: Object.fromEntries(classes.map((name, index) => [name, probabilities[index] ?? 0])),
      };

/** Names of the rows of one request: its id, or for several rows the id and the position behind a slash. */
export const rowIds = (id: string, rows: number): readonly string[] =>
  rows === 1 ? [id] : Array.from({ length: rows }, (_, row) => `${id}/${row}`);
