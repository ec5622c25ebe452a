/**
 * Six emoji that both sides of a call see alike if, and only if, nobody sits in the middle: computed from the DTLS
 * fingerprints of both ends. PBKDF2 makes every guess expensive for somebody who looks for a certificate that fits.
 */

const ROUNDS = 100_000;

/** 64 things that are told apart at a glance. */
const THINGS = ('🐶🐱🦁🐴🦄🐷🐘🐰🐼🐓🐧🐢🐟🐙🦋🌷🌳🌵🍄🌏🌙⛅🔥🍌🍎🍓🌽🍕🎸🎂💙🙂🤖🎩👓🔧🎅👍☔⌛⏰🎁💡📕📷'
  + '📎🍦🔒🔑🔨📞🏁🚂🚲🚗🚀🏆⚽🎺🔔⚓🎧📁📌');

/** All fingerprints of a description as one text: it names the RTCPeerConnection that made it. */
export function fingerprints(description) {
  const lines = Array.from((description?.sdp ?? '').matchAll(/^a=fingerprint:(.+?)\s*$/gm), ([, line]) => line);
  return [...new Set(lines.map((line) => line.toLowerCase()))].sort().join(' ');
}

/** `{emoji, numbers}`, six of each; null as long as one of the two descriptions is missing. */
export async function safetyPhrase(local, remote) {
  const ends = [fingerprints(local), fingerprints(remote)].sort();
  if (!ends[0] || !crypto.subtle) return null;
  const bytes = (text) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey('raw', bytes(ends.join('\n')), 'PBKDF2', false, ['deriveBits']);
  const way = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes('ringback safety phrase 1'), iterations: ROUNDS };
  const numbers = Array.from(new Uint8Array(await crypto.subtle.deriveBits(way, key, 48)), (byte) => byte % 64);
  return { emoji: numbers.map((number) => [...THINGS][number]), numbers };
}
