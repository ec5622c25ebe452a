/** Fills `<select>`s with the devices of this machine. Browsers give names only with permission. */

const KINDS = { microphone: 'audioinput', camera: 'videoinput', speaker: 'audiooutput' };

/** `selects`: `{microphone: [select, chosenId], …}`. */
export async function listDevices(selects, defaultWords) {
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? [];
  for (const [device, [select, chosen]] of Object.entries(selects)) {
    const found = devices.filter(({ kind, deviceId }) => kind === KINDS[device] && deviceId && deviceId !== 'default');
    const options = [{ deviceId: '', label: defaultWords }, ...found];
    select.replaceChildren(...options.map(({ deviceId, label }, index) => new Option(label || `${index}`, deviceId)));
    select.value = found.some(({ deviceId }) => deviceId === chosen) ? chosen : '';
  }
}
