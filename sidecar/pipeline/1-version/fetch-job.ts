import { fetchBuiltIn, type FetchOrder } from '../../datasets/fetch-built-in.ts';
import type { Job } from '../job.ts';

/** Brings a built-in data set. @returns the folder that holds its files */
export const fetchJob: Job<FetchOrder, string> = (order, context) => fetchBuiltIn(order, context);
