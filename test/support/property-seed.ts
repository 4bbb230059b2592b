import { configureGlobal } from 'fast-check';

/**
 * Property tests try the same cases wherever they run, so that a change and not chance turns them red.
 * `PROPERTY_SEED=random` looks for new ones; a failure then names its seed, and `PROPERTY_SEED=<seed>` repeats it.
 */
const wanted = process.env['PROPERTY_SEED'] ?? '20261126';
if (wanted !== 'random') configureGlobal({ seed: Number(wanted) });
