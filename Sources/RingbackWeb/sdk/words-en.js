/** The texts of `<ringback-call>` in English. */

export const duration = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, index) => index ? String(part).padStart(2, '0') : String(part)).join(':');
};

/** The ring time of a call in seconds. */
export const ringTime = ({ createdAt, expiresAt, ringSeconds }) =>
  expiresAt ? Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / 1_000) : ringSeconds;

const missed = ({ name }) => `You missed a call from ${name}.`;
const talked = ({ info }) => info?.talkSeconds >= 1 ? ` You talked for ${duration(info.talkSeconds)}.` : '';
const DEVICES = { microphone: 'microphone', camera: 'camera', screen: 'screen' };
const and = (devices) => devices.map((device) => DEVICES[device]).join(' and ');

export const en = {
  accept: 'Accept',
  voiceOnly: 'Voice only',
  acceptVoice: 'Accept with voice only',
  decline: 'Decline',
  declineWith: 'Decline with a message',
  message: 'Message',
  messageHint: 'I’ll call you back in ten minutes',
  send: 'Send',
  hangUp: 'Hang up',
  cancel: 'Cancel',
  mute: 'Mute',
  unmute: 'Unmute',
  muteLong: 'Mute the microphone',
  cameraOn: 'Camera on',
  cameraOffShort: 'Camera off',
  cameraLong: 'Turn the camera off',
  screen: 'Screen',
  screenLong: 'Share your screen',
  devices: 'Devices',
  devicesLong: 'Devices: microphone and camera',
  quality: 'Quality',
  qualityLong: 'Show the quality of the call',
  pip: 'Small window',
  pipLong: 'Show the video in a small window',
  more: 'More',
  moreLong: 'More: devices, quality, small window',
  sound: 'Turn the sound on',
  close: 'Close',
  microphoneLabel: 'Microphone',
  cameraLabel: 'Camera',
  speakerLabel: 'Speaker',
  defaultDevice: 'Default',
  myVideo: 'Your own video',
  theirVideo: (name) => `The video of ${name}`,
  theirScreen: (name) => `The screen of ${name}`,
  callWith: (name) => `Call with ${name}`,
  inCall: (name) => `In a call with ${name}`,
  isCalling: (isVideo) => isVideo ? 'is calling you, with video' : 'is calling you',
  isCallingToo: 'is calling. Accepting ends this call.',
  andMore: (count) => `, and ${count} more`,
  calls: (name) => `${name} is calling you`,
  waitingForDevices: 'Waiting for your camera and microphone…',
  calling: (name) => `Calling ${name}…`,
  ringing: 'Ringing…',
  connecting: 'Connecting…',
  returning: 'Rejoining the call…',
  dropped: (name) => `${name} dropped out. Waiting for them to come back…`,
  shaky: 'The connection is unstable. Looking for a better path…',
  reconnecting: 'Reconnecting to the server… your call continues',
  isMuted: (name) => `${name} is muted`,
  noMicrophone: (name) => `${name} has no microphone`,
  unheard: 'You can’t be heard: no microphone',
  sharing: 'You are sharing your screen',
  stopSharing: 'Stop',
  cameraOff: 'Camera off',
  noCamera: 'No camera',
  askingForCamera: 'Asking for the camera',
  safety: 'Safety phrase',
  safetyLong: (name) => `Read these six aloud and have ${name} do the same. If they match, no one intercepts the call, `
    + 'not even this server.',
  safetyChanged: 'The connection was re-established and has a new safety phrase. Compare it again.',
  callAgain: 'Call again',
  callBack: 'Call back',
  done: 'Done',
  safetyNames: 'dog,cat,lion,horse,unicorn,pig,elephant,rabbit,panda,rooster,penguin,turtle,fish,octopus,butterfly,tulip,tree,'
    + 'cactus,mushroom,globe,moon,cloud,fire,banana,apple,strawberry,corn,pizza,guitar,cake,heart,smile,robot,hat,glasses,'
    + 'spanner,Santa,thumbs up,umbrella,hourglass,alarm clock,gift,light bulb,book,camera,paperclip,ice cream,lock,key,hammer,'
    + 'telephone,flag,train,bicycle,car,rocket,trophy,ball,trumpet,bell,anchor,headphones,folder,pin',
  roundTrip: 'Round trip',
  loss: 'Packets lost',
  received: 'Received',
  sent: 'Sent',
  picture: 'Video',
  path: 'Path',
  direct: 'direct',
  relayed: 'relayed',
  noPicture: 'none',
  lastMinutes: (what, value) => `${what}: now ${value}; the line shows the last minutes`,
  /** `how`: whether the user is heard and seen; by default, derived from `devices`. */
  trouble: ({ code, devices }, how) => {
    const cause = {
      denied: `This page may not use the ${and(devices)}; the icon in the address bar changes that.`,
      missing: `No ${devices.map((device) => DEVICES[device]).join(' and no ')} was found.`,
      busy: `Another program is using the ${and(devices)}.`,
      insecure: 'Browsers allow the camera and microphone only on pages over https or on localhost.',
      lost: `The ${and(devices)} was disconnected.`,
    }[code] ?? `The ${and(devices)} could not be started.`;
    if (devices.includes('screen')) return cause;
    const { isHeard = !devices.includes('microphone'), isSeen = !devices.includes('camera') } = how ?? {};
    if (isHeard && isSeen) return cause;
    const consequence = isHeard ? 'You are heard, but not seen.' : isSeen ? 'You are seen, but not heard.'
      : 'You can see and hear, but are not seen or heard.';
    return `${cause} ${consequence}`;
  },
  /** How a call ended, as this user saw it. `view`: info, name, isCaller, isMine (ended by this user), reason. */
  ended: (view) => {
    const { reason, name, isCaller, isMine, info } = view;
    const within = ringTime(info ?? {}) ? ` within ${ringTime(info)} seconds` : '';
    switch (reason) {
      case 'accepted_elsewhere': return 'Answered on another device.';
      case 'declined_elsewhere': return 'Declined on another device.';
      case 'merged': return `You and ${name} called each other.`;
      case 'completed': return (isMine ? 'You hung up.' : `${name} hung up.`) + talked(view);
      case 'canceled': return isCaller ? 'You canceled the call.' : missed(view);
      case 'declined':
        if (!isCaller) return 'You declined the call.';
        return info?.message ? `${name} declined: “${info.message}”` : `${name} declined the call.`;
      case 'busy': return isCaller ? `${name} is busy in another call.` : missed(view);
      case 'no_answer': return isCaller ? `${name} did not answer${within}.` : missed(view);
      case 'unreachable':
        return isCaller ? `${name} could not be reached. They may be offline; try again later.` : missed(view);
      case 'connect_timeout': return 'The call was answered, but the connection was not established in time.';
      case 'connection_lost': return `The connection to ${name} was lost and could not be restored.${talked(view)}`;
      case 'ice_failed':
        return 'No connection between the two networks was possible (ICE failed). A TURN server would help.';
      case 'media_failed': return 'Audio or video could not be set up.';
      case 'unsupported': return 'One of the two browsers does not support this kind of call.';
      case 'admin': return 'The call was ended by an administrator.';
      case 'user_not_found': return `${name} no longer exists on this server.`;
      case 'call_self': return 'You cannot call yourself.';
      case 'rate_limited': return 'Too many calls in a short time. Wait a moment, then try again.';
      case 'origin_not_allowed': return 'The call server does not allow calls from this page.';
      case 'unanswered': return 'The server could not be reached in time.';
      default: return 'The call has ended.';
    }
  },
};
