import type { Order, Word } from '../../../sidecar/work/messages.ts';

/** A child that misbehaves as its job is called, and speaks the same protocol as the real one. */
const say = (word: Word): void => void process.send?.(word, undefined, undefined, () => undefined);
const staying = () => setInterval(() => undefined, 1_000);

const jobs: Readonly<Record<string, () => void>> = {
  'ends without a word': () => process.exit(7),
  'is killed': () => process.kill(process.pid, 'SIGKILL'),
  'runs out of memory': () => process.abort(),
  'is deaf': staying,
  'talks on after its result': () => {
    for (const note of ['a', 'b', 'c']) say({ type: 'progress', fraction: 0.5, note });
    say({ type: 'result', output: [1, new Map([['two', new Float32Array([3])]])] });
    say({ type: 'progress', fraction: 0.9, note: 'too late' });
    say({ type: 'fault', fault: { code: 'internal', message: 'too late' } });
  },
  'writes to its console': () => {
    process.stdout.write('to stdout\n');
    process.stderr.write('to stderr\n');
    setTimeout(() => say({ type: 'result', output: null }), 300);
  },
  'heeds an abort': staying,
  'compare-data': () => {
    const names = Object.keys(process.env).filter((name) => name.startsWith('MALLOC_'));
    say({ type: 'result', output: [...names.sort(), ...process.execArgv] });
  },
};

process.on('message', (order: Order) => {
  if (order.type === 'begin') {
    say({ type: 'log', level: 'info', text: String(process.pid) });
    jobs[order.job]?.();
  } else if (process.env['LANG'] !== 'deaf')
    say({ type: 'fault', fault: { code: 'cancelled', message: 'Cancelled.' } });
});
process.on('disconnect', () => process.exit(0));
say({ type: 'ready' });
