/** How each verdict is shown: a sign and a word beside the colour. */
export const verdicts = {
  stable: { sign: '✓', word: 'stable', tone: 'good' },
  drifting: { sign: '▲', word: 'drifting', tone: 'doubt' },
  cannot_tell: { sign: '?', word: 'cannot tell', tone: 'muted' },
} as const;
