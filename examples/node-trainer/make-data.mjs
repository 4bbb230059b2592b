// Writes data/grain.csv: 1,200 kernels of three grains as a sorting machine might measure them. The numbers are invented
// and seeded, so this gives the same file every time.
import { writeFileSync } from 'node:fs';

let state = 20260;
const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
// The low bits of this generator are poor; a sum of twelve draws needs only the high ones.
const normal = () => Array.from({ length: 12 }, uniform).reduce((a, b) => a + b) - 6;

const barley = { kind: 'barley', length: 8.1, width: 3.4, mass: 42 };
const oat = { kind: 'oat', length: 9.3, width: 2.8, mass: 34 };
const wheat = { kind: 'wheat', length: 6.4, width: 3.2, mass: 40 };

const rows = Array.from({ length: 1200 }, () => {
  const draw = uniform();
  const { kind, length, width, mass } = draw < 0.45 ? barley : draw < 0.8 ? oat : wheat;
  const size = 1 + 0.06 * normal();
  const cells = [
    (length * size + 0.55 * normal()).toFixed(2),
    (width * size + 0.22 * normal()).toFixed(2),
    (mass * size ** 3 + 3.5 * normal()).toFixed(1),
    (0.5 + 0.12 * normal()).toFixed(3),
  ];
  return [...cells, kind].join(',');
});

writeFileSync(
  new URL('data/grain.csv', import.meta.url),
  `${['length_mm,width_mm,mass_mg,brightness,kind', ...rows].join('\n')}\n`,
);
