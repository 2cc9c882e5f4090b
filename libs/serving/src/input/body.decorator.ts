import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { IoDescriptor } from 'bentonest/io';
import type { FastifyRequest } from 'fastify';
import { traceOf } from '../http/request-trace.js';
import { decodeBody } from './decode-body.js';

/**
 * The parameter of a generated handler that gets the decoded body. As a parameter decorator it runs
 * after guards, so that a caller who is refused costs no decoding.
 */
export const DecodedBody = createParamDecorator(
  (input: IoDescriptor, context: ExecutionContext) => {
    const request = context.getArgByIndex<FastifyRequest>(0);
    const trace = traceOf(request.raw);
    if (trace === undefined) return decodeBody(input, request);
    return trace.measure('decode', () => decodeBody(input, request));
  },
);
