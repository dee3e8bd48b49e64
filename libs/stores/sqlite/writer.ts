import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '#ports/store-errors.ts';
import { BUSY_TIMEOUT_MS } from './database.ts';
import { createTransact, type Job } from './transaction.ts';

/**
 * Pages in the write-ahead log (4 KiB each) at which they are moved into the database even under load, and the fewest that a pause is used for.
 * Moved often enough for the log to be written over itself: to sync a file that grows takes twice as long.
 */
const CHECKPOINT_AT_LATEST = 4_096;
const CHECKPOINT_IN_PAUSE = 1_000;
const PAUSE_MS = 100;

/**
 * The only way into the database. What is queued during one turn of the event loop is one commit, and no promise resolves before it.
 * The first error of the disk or the database ends the writer for good: the outcome of a failed commit or fsync is unknown and repeating it proves nothing.
 */
export interface Writer {
  /**
   * Runs `work` in the next commit, synchronously, alone on the connection. It may run twice, so it touches nothing but the database; if it throws,
   * nothing of it is written and its promise rejects. `committed` runs after the commit and before any promise of it resolves.
   * @throws StoreUnavailable when the writer has failed, fails in this commit, or is closed
   */
  enqueue<T>(work: () => T, committed?: (value: T) => void): Promise<T>;
  /**
   * For use in `committed`: brings the database file up to date and empties the write-ahead log before the promises of this commit resolve, so that
   * overwritten bytes are in neither. If another connection is reading, that is made up for in a pause.
   */
  scrub(): void;
  /** Calls `listener` after each commit and when the writer ends; answers how to stop that. */
  onChange(listener: () => void): () => void;
  /** A writer that has failed stays so when it is closed. */
  readonly state: 'open' | 'failed' | 'closed';
  /** Commits what is queued and closes the database. */
  close(): void;
}

export function createWriter(database: DatabaseSync, onFatal: (error: Error) => void): Writer {
  const transact = createTransact(database);
  const look = database.prepare('PRAGMA wal_checkpoint(NOOP)');
  const passive = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const truncate = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  const listeners = new Set<() => void>();
  let state: Writer['state'] = 'open';
  let fatal: Error | null = null;
  let queue: Job[] = [];
  let scheduled: NodeJS.Immediate | null = null;
  /** Pages that were in the log when it was tidied last. */
  let tidiedAt = 0;
  let scrubOwed = false;
  let scrubAsked = false;
  const pause = setTimeout(() => inPause(), PAUSE_MS).unref();

  const unavailable = (): StoreUnavailable =>
    fatal === null ? new StoreUnavailable('the embedded store is closed') : new StoreUnavailable('the embedded store has failed and takes no more writes', { cause: fatal });

  function fail(error: unknown, jobs: readonly Job[]): void {
    fatal = error instanceof Error ? error : new Error(String(error));
    state = 'failed';
    for (const job of [...jobs, ...queue]) job.reject(unavailable());
    queue = [];
    notify();
    onFatal(fatal);
  }

  function flush(): void {
    scheduled = null;
    const jobs = queue;
    if (jobs.length === 0) return;
    queue = [];
    try {
      for (const done of transact(jobs)) done();
    } catch (error) {
      fail(error, jobs);
      return;
    }
    notify();
    pause.refresh();
    tidyLog(scrubAsked ? 0 : CHECKPOINT_AT_LATEST);
  }

  function pagesSinceTidied(): number {
    const pages = Number(look.get()?.['log']);
    // Once all of it was moved, the log starts over.
    if (pages < tidiedAt) tidiedAt = 0;
    return pages - tidiedAt;
  }

  /** Moves what is in the log, if that is at least so many pages. */
  function tidyLog(least: number): void {
    try {
      const pages = pagesSinceTidied();
      if (pages < least) return;
      tidiedAt += pages;
      scrubAsked = false;
      if (scrubOwed) scrubOwed = !truncated();
      else passive.get();
      if (scrubOwed) pause.refresh();
    } catch (error) {
      fail(error, []);
    }
  }

  /** False, at once, while another connection reads: waiting for it would stop everything else. */
  function truncated(): boolean {
    database.exec('PRAGMA busy_timeout = 0');
    const { busy } = truncate.get() ?? {};
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return busy === 0;
  }

  function inPause(): void {
    if (state === 'open') tidyLog(scrubOwed ? 0 : CHECKPOINT_IN_PAUSE);
  }

  function notify(): void {
    for (const listener of [...listeners]) listener();
  }

  return {
    enqueue: (work, committed) =>
      new Promise((resolve, reject) => {
        if (state !== 'open') {
          reject(unavailable());
          return;
        }
        const job: Job = {
          work: () => {
            const value = work();
            return () => {
              committed?.(value);
              resolve(value);
            };
          },
          reject,
        };
        queue.push(job);
        scheduled ??= setImmediate(flush);
      }),
    scrub: () => {
      scrubOwed = true;
      scrubAsked = true;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get state() {
      return state;
    },
    close: () => {
      if (!database.isOpen) return;
      if (scheduled !== null) clearImmediate(scheduled);
      flush();
      clearTimeout(pause);
      scrubOwed = true;
      if (state === 'open') tidyLog(0);
      if (state === 'open') state = 'closed';
      notify();
      // The listeners or onFatal may have closed it.
      if (database.isOpen) database.close();
    },
  };
}
