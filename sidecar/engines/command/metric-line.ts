/** One measured number of a command's `metrics.jsonl`. */
export interface CommandMetric {
  readonly name: string;
  readonly step: number;
  readonly epoch?: number;
  readonly value: number;
}

/** Fields that tell when, not what. */
const times = new Set(['step', 'epoch', 'time', 'timestamp', 'at']);

/**
 * Reads one line of `metrics.jsonl`: `{"name": "loss", "value": 0.2, "step": 3}`, or any number of metrics at once,
 * `{"step": 3, "loss": 0.2, "accuracy": 0.9}`. `epoch` may stand in either; a line without `step` counts as step
 * `position`. A line that is neither gives what is wrong with it, as a clause.
 */
export const readMetricLine = (line: string, position: number): CommandMetric[] | { readonly problem: string } => {
  const fields = parseObject(line);
  if (fields === undefined) return { problem: `is not a JSON object: ${line.slice(0, 80)}` };
  const { step = position, epoch } = fields;
  if (!isCount(step)) return { problem: `has a step that is no whole number from 0 on: ${JSON.stringify(step)}` };
  if (epoch !== undefined && !isNumber(epoch))
    return { problem: `has an epoch that is no number: ${JSON.stringify(epoch)}` };
  const metrics = namedValues(fields).map(([name, value]): CommandMetric => ({
    name,
    step,
    value,
    ...(epoch === undefined ? {} : { epoch }),
  }));
  return metrics.length > 0 ? metrics : { problem: 'holds no finite number to keep' };
};

const namedValues = (fields: Readonly<Record<string, unknown>>): [string, number][] => {
  const pairs =
    typeof fields['name'] === 'string' && 'value' in fields
      ? [[fields['name'], fields['value']] as const]
      : Object.entries(fields).filter(([name]) => !times.has(name));
  return pairs.filter((pair): pair is [string, number] => isNumber(pair[1]));
};

const parseObject = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const isCount = (value: unknown): value is number => isNumber(value) && Number.isInteger(value) && value >= 0;
