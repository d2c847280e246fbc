() => {
  // Pauses don't count: each recorder has a clock that runs only while it records.
  window.MediaRecorder = class extends window.MediaRecorder {
    constructor(...given) {
      super(...given);
      let left = RECORDS_MS, since = 0, timer = 0;
      const run = () => {
        since = performance.now();
        timer = setTimeout(() => this.state === 'inactive' || this.stop(), left);
      };
      const hold = () => {
        clearTimeout(timer);
        left = Math.max(0, left - (performance.now() - since));
      };
      this.addEventListener('start', () => { left = RECORDS_MS; run(); });
      this.addEventListener('resume', run);
      this.addEventListener('pause', hold);
      this.addEventListener('stop', () => clearTimeout(timer));
    }
  };

  // A microphone that is denied or missing is said, but only to those who want to record.
  const media = navigator.mediaDevices, denied = document.getElementById('at-denied');
  const ask = media?.getUserMedia.bind(media);
  if (media) media.getUserMedia = async (wanted) => {
    try {
      const stream = await ask(wanted);
      denied.hidden = true;
      return stream;
    } catch (error) {
      denied.hidden = !navigator.userActivation.hasBeenActive;
      throw error;
    }
  };

  // Browsers call .webm, .mp4 or .3gp video and .caf or .amr nothing at all, and Gradio takes what
  // is called audio. So uploads are called that before Gradio sees them; the server looks inside.
  const named = new WeakSet();
  const asAudio = (files) => {
    const all = new DataTransfer();
    for (const file of files) all.items.add(new File([file], file.name, { type: 'audio/unknown' }));
    return all;
  };
  const inRecorder = (event) => event.target.closest?.('.at-recorder');
  document.addEventListener('click', (event) => {
    if (inRecorder(event) && event.target.type === 'file') event.target.accept = CHOOSABLE;
  }, true);
  document.addEventListener('change', (event) => {
    if (!inRecorder(event) || event.target.type !== 'file') return;
    event.target.files = asAudio(event.target.files).files;
  }, true);
  document.addEventListener('drop', (event) => {
    if (!inRecorder(event) || named.has(event) || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const again = new DragEvent('drop', {
      bubbles: true, cancelable: true, dataTransfer: asAudio(event.dataTransfer.files),
    });
    named.add(again);
    event.target.dispatchEvent(again);
  }, true);
}
