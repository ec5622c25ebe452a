/** Six emoji, equal on both sides unless the call is intercepted; see docs/browser-sdk.md. */

import { fingerprints } from './peer.js';

/** Makes searching for a matching certificate expensive. */
const ROUNDS = 100_000;

/** 64 emoji that are easy to distinguish. */
const THINGS = ('🐶🐱🦁🐴🦄🐷🐘🐰🐼🐓🐧🐢🐟🐙🦋🌷🌳🌵🍄🌏🌙⛅🔥🍌🍎🍓🌽🍕🎸🎂💙🙂🤖🎩👓🔧🎅👍☔⌛⏰🎁💡📕📷'
  + '📎🍦🔒🔑🔨📞🏁🚂🚲🚗🚀🏆⚽🎺🔔⚓🎧📁📌');

/** The fingerprints of both ends; null before descriptions are exchanged. */
export function bothFingerprints({ peerConnection }) {
  const { currentLocalDescription: local, currentRemoteDescription: remote } = peerConnection ?? {};
  return local && remote ? [fingerprints(local), fingerprints(remote)].sort().join('\n') : null;
}

/** `{emoji, numbers}` of a call, six of each; null without fingerprints. */
export async function safetyPhrase(call) {
  const ends = bothFingerprints(call);
  if (!ends || !crypto.subtle) return null;
  const bytes = (text) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey('raw', bytes(ends), 'PBKDF2', false, ['deriveBits']);
  const way = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes('ringback safety phrase 1'), iterations: ROUNDS };
  const numbers = Array.from(new Uint8Array(await crypto.subtle.deriveBits(way, key, 48)), (byte) => byte % 64);
  return { emoji: numbers.map((number) => [...THINGS][number]), numbers };
}
