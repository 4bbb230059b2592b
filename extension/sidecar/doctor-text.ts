import type { Finding } from '../../sidecar/contract/routes.ts';

const signs: Readonly<Record<Finding['state'], string>> = { ok: '✓', warning: '!', fault: '✗' };

/** The health check as Markdown: what is wrong first, each with what to do. */
export const doctorText = (findings: readonly Finding[]): string => {
  const order: readonly Finding['state'][] = ['fault', 'warning', 'ok'];
  const sorted = order.flatMap((state) => findings.filter((finding) => finding.state === state));
  const bad = findings.filter(({ state }) => state !== 'ok').length;
  const verdict = bad === 0 ? 'Everything is well.' : `${bad} of ${findings.length} need attention.`;
  const lines = sorted.map(({ name, state, text, hint }) => {
    const advice = hint === null ? '' : `\n  ${hint}`;
    return `- ${signs[state]} **${name}** ${text}${advice}`;
  });
  return `# Trainyard health check\n\n${verdict}\n\n${lines.join('\n')}\n`;
};
