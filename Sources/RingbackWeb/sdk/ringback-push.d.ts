/** Calls that ring while no page is open, by Web Push: `ringback-push.js`. */

import type { Call, Ringback } from './ringback.js';

export interface PushOptions {
  /**
   * The service worker, by default the one beside this module. It must have the origin of the page: a page of another
   * origin serves a file of its own with `importScripts('https://calls.example.org/sdk/ringback-push-worker.js')`.
   */
  worker?: string | URL;
  /** The page that a click opens, by default the current one. It must call `followPush`. */
  page?: string | URL;
  /** The texts of notifications; a name follows `incoming` and `missed`. */
  words?: { incoming?: string; missed?: string; elsewhere?: string; accept?: string; decline?: string };
}

export function isPushSupported(): boolean;
/** Registers this device for pushes. Must be called from a click. @throws if the user or the browser does not allow it */
export function enablePush(ringback: Ringback, options?: PushOptions): Promise<PushSubscription>;
export function disablePush(ringback: Ringback, options?: Pick<PushOptions, 'worker'>): Promise<void>;
/**
 * Accepts the call whose notification was clicked, and removes notifications of calls that no longer ring. Returns a
 * function that ends it.
 */
export function followPush(
  ringback: Ringback, options?: Pick<PushOptions, 'worker'> & { accept?: (call: Call) => void }): () => void;
