/** JSON Schemas of the bodies, for the OpenAPI document. */

const object = (properties: object, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const list = (items: object) => ({ type: 'array', items });
const text = { type: 'string' };
const number = { type: 'number' };
const whole = { type: 'integer', minimum: 0 };
const row = { description: 'A list of numbers, or an object with the columns by name; null is a missing value.' };

const tensor = object(
  {
    name: text,
    shape: list(whole),
    datatype: text,
    data: { type: 'array', description: 'Row-major, nested or flat.' },
    parameters: { type: 'object' },
  },
  ['name', 'shape', 'datatype'],
);

export const schemas = {
  inferRequest: object(
    { id: text, inputs: { ...list(tensor), minItems: 1, maxItems: 1 }, outputs: list(object({ name: text })) },
    ['inputs'],
  ),
  inferResponse: object({ model_name: text, model_version: text, id: text, outputs: list(tensor) }),
  invocation: {
    oneOf: [
      object({ dataframe_split: object({ columns: list(text), data: list({ type: 'array' }) }) }),
      object({ dataframe_records: list({ type: 'object' }) }),
      object({ instances: list(row) }),
      object({ inputs: { description: 'A list of rows, or lists of values by name.' } }),
    ],
  },
  invocationAnswer: object({ predictions: { type: 'array', description: 'One entry a row: class name or number.' } }),
  prediction: {
    oneOf: [
      object({ rows: { ...list(row), minItems: 1 } }),
      object({ image: { ...text, description: 'PNG or JPEG, base64.' } }),
    ],
  },
  predictionAnswer: object({
    model: text,
    version: whole,
    predictions: list(
      object(
        {
          id: { ...text, description: 'Names this row when its label is posted.' },
          label: text,
          confidence: number,
          probabilities: { type: 'object', additionalProperties: number },
          value: { ...number, description: 'Instead of a label, for regression.' },
        },
        ['id'],
      ),
    ),
  }),
  labels: object({ labels: list(object({ id: text, label: { type: ['string', 'number'] } })) }),
  labelReceipt: object({
    accepted: whole,
    unknown: list(text),
    realized: object({
      rows: whole,
      accuracy: { type: ['number', 'null'] },
      low: { type: ['number', 'null'] },
      high: { type: ['number', 'null'] },
    }),
  }),
  error: object({ error: text }),
} as const;
