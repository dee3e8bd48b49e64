import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isStoreFailure } from './sqlite-error.ts';

/** Work for the database. Returns what is to be done once it is durable. */
type Work = () => () => void;

export interface Job {
  readonly work: Work;
  readonly reject: (error: unknown) => void;
}

/** Runs jobs in one durable transaction and answers what is to be done after it. @throws the error that ended the store */
type Transact = (jobs: readonly Job[]) => readonly (() => void)[];

/**
 * One transaction for many jobs of which none can harm another. Nearly no job throws, so they first run without savepoints (each costs as much as
 * a small write). Should one throw, all of it is undone and run once more with a savepoint around each. Work must therefore touch nothing but the database.
 */
export function createTransact(database: DatabaseSync): Transact {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  const savepoint = database.prepare('SAVEPOINT job');
  const release = database.prepare('RELEASE job');
  const undo = database.prepare('ROLLBACK TO job');

  return (jobs) => {
    try {
      begin.run();
      const done = together(jobs);
      if (done !== null) {
        commit.run();
        return done;
      }
      rollback.run();
      begin.run();
      const doneApart = jobs.map((job) => apart(job, { savepoint, release, undo }));
      commit.run();
      return doneApart;
    } catch (error) {
      // SQLite has often rolled back by itself; a second failure changes nothing.
      if (database.isOpen && database.isTransaction) attempt(rollback);
      throw error;
    }
  };
}

function together(jobs: readonly Job[]): readonly (() => void)[] | null {
  const done: (() => void)[] = [];
  for (const job of jobs) {
    try {
      done.push(job.work());
    } catch (error) {
      if (isStoreFailure(error)) throw error;
      return null;
    }
  }
  return done;
}

function apart(job: Job, { savepoint, release, undo }: { savepoint: StatementSync; release: StatementSync; undo: StatementSync }): () => void {
  savepoint.run();
  let done: () => void;
  try {
    done = job.work();
  } catch (error) {
    if (isStoreFailure(error)) throw error;
    undo.run();
    done = () => job.reject(error);
  }
  release.run();
  return done;
}

function attempt(statement: StatementSync): void {
  try {
    statement.run();
  } catch {
    // The store is ended anyway.
  }
}
