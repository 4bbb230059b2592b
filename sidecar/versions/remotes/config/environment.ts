import { homedir } from 'node:os';

export type Environment = Readonly<Record<string, string | undefined>>;

export const homeOf = (environment: Environment): string => environment['HOME'] ?? homedir();
