/** `<category>-<id>`. The category has no hyphen, so the first one ends it. */
export type StreamName = `${string}-${string}`;

export const streamName = (category: string, id: string): StreamName => `${category}-${id}`;

export const categoryOf = (stream: string): string => stream.slice(0, stream.indexOf('-'));

export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);
