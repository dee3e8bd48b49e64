/** `node:http` without what an `import` of it brings along: to name its exports Node loads undici, some MiB that nothing here uses. */
export const { createServer, request } = process.getBuiltinModule('node:http');
