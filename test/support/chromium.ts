import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Why browser tests cannot run here; false when they can. */
export const browserMissing: string | false = existsSync(CHROMIUM) ? false : `NO BROWSER: ${CHROMIUM} is not there, so nothing that a person sees was tested; install chromium or name one in CHROMIUM`;

/** A headless browser that talks to nobody but us. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
