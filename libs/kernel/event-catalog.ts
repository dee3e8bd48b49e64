import type { NewEvent, RecordedEvent } from './event.ts';
import type { JsonObject } from './json.ts';

/** What the kernel needs of a schema (zod's satisfy it). */
export interface Schema<Value> {
  safeParse(input: unknown): { success: true; data: Value } | { success: false; error: { message: string } };
}

/** One older version of an event type: how it looked, and the pure step that lifts its data to the next version. */
export interface FormerVersion {
  readonly data: Schema<JsonObject>;
  readonly upcast: (data: JsonObject) => JsonObject;
}

/** One event type: its current version, the schema of its data and its personal fields, and all versions before (`former[0]` is version 1). */
export interface EventType<Data = unknown> {
  readonly version: number;
  readonly summary: string;
  readonly data: Schema<Data>;
  readonly personal?: Schema<JsonObject>;
  readonly former?: readonly FormerVersion[];
}

export type EventCatalog = { readonly [type: string]: EventType };

type DataOf<T> = T extends { data: { safeParse(input: unknown): infer R } } ? (R extends { success: true; data: infer D } ? D : never) : never;

/** The union of all recorded events of a catalog; narrows by `type`. */
export type EventOf<Catalog> = { [Type in keyof Catalog & string]: RecordedEvent<Type, DataOf<Catalog[Type]>> }[keyof Catalog & string];

/** The union of all new events of a catalog. */
export type NewEventOf<Catalog> = { [Type in keyof Catalog & string]: NewEvent<Type, DataOf<Catalog[Type]>> }[keyof Catalog & string];

/** Why an event cannot be read: its stream is then denied, never skipped. */
export class UndecodableEvent extends Error {
  readonly stream: string;
  readonly revision: number;
  constructor(event: RecordedEvent, reason: string) {
    super(`event ${event.revision} of stream ${event.stream} (${event.type} v${event.version}): ${reason}`);
    this.name = 'UndecodableEvent';
    this.stream = event.stream;
    this.revision = event.revision;
  }
}

/**
 * Reads a stored event as its current version: checks it against the schema of the version it was written in, then lifts it step by step.
 * @throws UndecodableEvent for an unknown type, a version newer than this program, or data that its schema refuses
 */
export function decodeEvent(catalog: EventCatalog, event: RecordedEvent): RecordedEvent {
  const known = Object.hasOwn(catalog, event.type) ? catalog[event.type] : undefined;
  if (known === undefined) throw new UndecodableEvent(event, 'unknown type');
  if (!Number.isInteger(event.version) || event.version < 1 || event.version > known.version) throw new UndecodableEvent(event, 'unknown version');
  let data = event.data;
  for (let version = event.version; version < known.version; version++) {
    const former = known.former?.[version - 1];
    if (former === undefined) throw new UndecodableEvent(event, `no step from version ${version}`);
    const parsed = former.data.safeParse(data);
    if (!parsed.success) throw new UndecodableEvent(event, parsed.error.message);
    data = former.upcast(parsed.data);
  }
  const parsed = known.data.safeParse(data);
  if (!parsed.success) throw new UndecodableEvent(event, parsed.error.message);
  return event.version === known.version ? event : { ...event, version: known.version, data };
}
