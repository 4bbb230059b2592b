import { hash } from 'node:crypto';
import type { Hash } from '../contract/ids.ts';

/** SHA-256 of bytes in memory. Hexadecimal digits of a digest are a `Hash` by construction. */
export const sha256Of = (bytes: Uint8Array | string): Hash => hash('sha256', bytes, 'hex') as Hash;

/** MD5 of bytes in memory; only DVC's formats ask for it, nothing is trusted because of it. */
export const md5Of = (bytes: Uint8Array | string): string => hash('md5', bytes, 'hex');
