import { z } from 'zod';
import type { JsonObject } from './json.ts';

/** Schemas that several event catalogs share. The only file of the kernel that knows zod. */

export const jsonObject = z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>;

/** RFC 3339, UTC, milliseconds: the fixed-width form that compares as a string. */
export const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
