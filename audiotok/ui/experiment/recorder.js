// Records one sentence; it stops by itself, and says why where it cannot.

const WANTED = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/webm', 'audio/ogg;codecs=opus'];
const LEAST_MS = 400;
const BITS_PER_S = 64_000;

/** What went wrong, by the name of its sentence. */
export class RecorderError extends Error {}

/** Begin to record; `onTick` gets the seconds left. Gives {stop, done}: done gives the Blob. */
export async function record(seconds, onTick) {
  if (!navigator.mediaDevices?.getUserMedia) throw new RecorderError('error_insecure');
  const stream = await microphone();
  const type = WANTED.find((each) => MediaRecorder.isTypeSupported(each));
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_S });
  const parts = [];
  let lost = false;
  recorder.addEventListener('dataavailable', (event) => parts.push(event.data));
  const [track] = stream.getAudioTracks();
  const stop = () => { if (recorder.state !== 'inactive') recorder.stop(); };
  track.addEventListener('ended', () => { lost = true; stop(); });

  const begun = performance.now();
  const left = () => Math.max(0, seconds - (performance.now() - begun) / 1_000);
  const clock = setInterval(() => onTick(Math.ceil(left())), 200);
  const end = setTimeout(stop, seconds * 1_000);
  const done = new Promise((keep, refuse) => {
    recorder.addEventListener('stop', () => {
      clearInterval(clock);
      clearTimeout(end);
      stream.getTracks().forEach((each) => each.stop());
      if (lost) refuse(new RecorderError('error_unplugged'));
      else if (performance.now() - begun < LEAST_MS) refuse(new RecorderError('error_short'));
      else keep(new Blob(parts, { type }));
    });
    recorder.addEventListener('error', () => { lost = true; stop(); });
  });
  recorder.start();
  onTick(seconds);
  return { stop, done };
}

async function microphone() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    const missing = ['NotFoundError', 'NotReadableError', 'OverconstrainedError'];
    throw new RecorderError(missing.includes(error.name) ? 'error_no_microphone' : 'error_denied');
  }
}

/** A Blob as base64, which the state of the page can keep. */
export function asBase64(blob) {
  return new Promise((keep, refuse) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => keep(reader.result.slice(reader.result.indexOf(',') + 1)));
    reader.addEventListener('error', () => refuse(new RecorderError('error_unexpected')));
    reader.readAsDataURL(blob);
  });
}
