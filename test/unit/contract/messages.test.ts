import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SidecarEvent } from '../../../sidecar/contract/events.ts';
import { FaultCode, FaultReport } from '../../../sidecar/contract/fault.ts';
import { Address, Greeting, Invitation } from '../../../sidecar/contract/greeting.ts';
import { Run, RunSummary } from '../../../sidecar/contract/run.ts';
import { reportFault, reviveFault } from '../../../sidecar/faults.ts';
import { runOf } from '../../support/run.ts';

const text = fc.string({ unit: 'grapheme' });
const pid = fc.integer({ min: 1, max: 4_194_304 });
/** The way that everything goes: JSON on a socket. */
const travelled = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const greetings = fc.record({
  product: fc.constant('trainyard' as const),
  contract: fc.integer(),
  version: text,
  startId: text,
  workspace: text,
  pid,
  socket: text,
  node: text,
  sqlite: text,
  onnxruntime: text,
});

test('a greeting arrives as it was said, and a stranger is not taken for a sidecar', () => {
  fc.assert(
    fc.property(greetings, (greeting) => {
      expect(Greeting.parse(travelled(greeting))).toEqual(greeting);
    }),
  );
  fc.assert(
    fc.property(greetings, fc.constantFrom(...Object.keys(Greeting.shape)), (greeting, missing) => {
      const without = Object.fromEntries(Object.entries(greeting).filter(([key]) => key !== missing));
      expect(Greeting.safeParse(without).success).toBe(false);
      expect(Greeting.safeParse({ ...greeting, product: 'another' }).success).toBe(false);
    }),
  );
});

test('an invitation without a long token, or with no time to stay, is none', () => {
  const good = { contract: 1, token: 'x'.repeat(32), workspace: '/w' };
  expect(Invitation.parse(good)).toEqual(good);
  for (const change of [
    { token: 'x'.repeat(31) },
    { idleMs: 0 },
    { idleMs: 1.5 },
    { workspace: null },
    { contract: '1' },
  ]) {
    expect(Invitation.safeParse({ ...good, ...change }).success).toBe(false);
  }
});

test('an address survives its file', () => {
  const addresses = fc.record({ startId: text, pid, socket: text, token: text, contract: fc.integer() });
  fc.assert(
    fc.property(addresses, (address) => {
      expect(Address.parse(travelled(address))).toEqual(address);
    }),
  );
});

const faults = fc.record(
  {
    code: fc.constantFrom(...FaultCode.options),
    message: text,
    hint: text,
    places: fc.array(
      fc.record(
        { file: text, line: pid, column: pid, path: fc.array(fc.oneof(text, fc.nat())) },
        { requiredKeys: ['file'] },
      ),
      { minLength: 1 },
    ),
  },
  { requiredKeys: ['code', 'message'] },
);

test('a fault that was reported, sent and revived says the same', () => {
  fc.assert(
    fc.property(faults, (fault) => {
      expect(reportFault(reviveFault(FaultReport.parse(travelled(fault))))).toEqual(fault);
    }),
  );
});

test('every kind of event arrives as it was sent', () => {
  const run = RunSummary.parse(runOf(1));
  const line = { at: 2, stage: 'train', level: 'info', text: 'a line' };
  const point = { name: 'train_loss', step: 3, epoch: 0.5, value: -1e-300, at: 4 };
  const kinds = [
    { type: 'runChanged', run },
    { type: 'metricsLogged', run: 'r1', points: [point] },
    { type: 'lineLogged', run: 'r1', line },
    { type: 'driftMeasured', endpoint: 'digits', alarm: false, rows: 200, summary: 'quiet' },
    { type: 'driftAlarmRaised', endpoint: 'digits', features: ['brightness'], sentence: 'darker' },
    { type: 'driftAlarmCleared', endpoint: 'digits', sentence: 'as before' },
  ];
  for (const [at, kind] of kinds.entries()) {
    const event = { ...kind, seq: at + 1, at: 5 };
    expect(SidecarEvent.parse(travelled(event))).toEqual(event);
    expect(SidecarEvent.safeParse({ ...event, seq: 0 }).success).toBe(false);
  }
  expect(SidecarEvent.safeParse({ type: 'somethingElse', seq: 1, at: 1 }).success).toBe(false);
});

test('a value that JSON cannot hold is no metric: the place that made it is told, not the reader', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const event = {
      type: 'metricsLogged',
      run: 'r1',
      seq: 1,
      at: 1,
      points: [{ name: 'x', step: 0, epoch: 0, value, at: 0 }],
    };
    expect(SidecarEvent.safeParse(event).success).toBe(false);
    expect(SidecarEvent.safeParse(travelled(event)).success).toBe(false);
  }
});

test('a whole run survives JSON, and a list shows a part of it', () => {
  const run = runOf(3);
  expect(Run.parse(travelled(run))).toEqual(run);
  const summary = RunSummary.parse(run);
  expect(run).toMatchObject(summary);
  expect(summary).not.toHaveProperty('training');
});
