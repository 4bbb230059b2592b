import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { reportFault, requestInvalid, unauthorized } from '../faults.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The bearer token, compared in constant time; a request that a web page could have sent is refused whatever it carries. */
export const guard = (token: string): RequestHandler => {
  const expected = digest(`Bearer ${token}`);
  return (request, response, next) => {
    if (request.headers.origin !== undefined) {
      response.status(403).json(reportFault(requestInvalid('Requests from web pages are refused.')));
      return;
    }
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      response.status(401).json(reportFault(unauthorized()));
      return;
    }
    next();
  };
};
