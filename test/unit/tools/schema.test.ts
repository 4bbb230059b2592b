import { expect, test } from 'vitest';
import { checkTrainingSchema, trainingSchema } from '../../../tools/schema.ts';

test('the schema describes what a person may write: every block may be left out', () => {
  const schema = JSON.parse(trainingSchema()) as {
    $schema: string;
    required?: string[];
    properties: Record<string, unknown>;
  };
  expect(schema.$schema).toContain('draft-07');
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(['model', 'data', 'optimizer', 'training', 'gates']),
  );
  expect(schema.required ?? []).not.toContain('optimizer');
});

test('the schema in media/ is the one of the contract', async () => {
  await expect(checkTrainingSchema()).resolves.toBeUndefined();
});
