import { endpointTables } from './migrations/0002-endpoints.ts';
import { forgottenData } from './migrations/0003-forgotten-data.ts';
import { runTables } from './migrations/0001-runs.ts';

/** Schema changes in order, each run once in its own transaction. A released one is never edited. */
export const migrations: readonly string[] = [runTables, endpointTables, forgottenData];
