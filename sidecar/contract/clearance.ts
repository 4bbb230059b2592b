import { z } from 'zod';

export const Verdict = z.enum(['pass', 'fail', 'cannot_tell']);
export type Verdict = z.infer<typeof Verdict>;

/** The judgement of one gate rule. */
export const GateVerdict = z.object({
  rule: z.string().describe('The rule in words, for example `accuracy ≥ 0.97`.'),
  index: z.number().int().nonnegative().describe('Position in `gates:`.'),
  verdict: Verdict,
  reason: z.string().describe('One sentence with the figures that decided.'),
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  limit: z.number().nullable(),
});
export type GateVerdict = z.infer<typeof GateVerdict>;

/** What the stage `gate` gives: permission to go on, with the reasons. */
export const Clearance = z.object({
  verdicts: z.array(GateVerdict),
  note: z.string().nullable().describe('Said when there is nothing to judge, so that silence is never a pass.'),
});
export type Clearance = z.infer<typeof Clearance>;
