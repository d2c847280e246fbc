"""What the page says before anyone has asked anything."""

HEADER = """
<header class="at-header"><h1>audiotok</h1>
<p>Say a sentence, and see how your voice changes what a language model makes of it.</p></header>
<p id="at-insecure" class="at-message" hidden>The microphone is off, because this page came over
plain http from another machine and browsers give it only to localhost or https. You can still
upload a clip or pick an example; to record, start the app with <code>--share</code>, put a
certificate in front of it, or use it on Hugging Face Spaces.</p>
"""
SHOW_INSECURE = """
() => { document.getElementById('at-insecure').hidden = window.isSecureContext; }
"""

# A second short of what is accepted, for recorders that take a moment to stop.
STOP_IN_TIME = """
() => {
  clearTimeout(window.stopInTime);
  window.stopInTime = setTimeout(() => {
    const stop = document.querySelector('#at-audio .stop-button');
    if (stop && stop.offsetParent) stop.click();
  }, 59_000);
}
"""

EMPTY = """
<p class="at-empty">Record, upload or pick a clip, then press <b>Analyse</b>:
the verdict appears here.</p>
"""

ATTENTION = """
<p class="at-lead">The model decides from what one position of its input has gathered. Here is what
that position attends to: words, tokens of the voice, and the markers around them.</p>
"""

GONE = "The analysis has been deleted meanwhile; press Analyse again."

FOOTER = """
<footer class="at-footer">
<p>Recordings are used for this analysis and deleted; nothing is sent anywhere.</p>
<p>A label is a guess about how an utterance sounds, not a fact about a person.</p></footer>
"""
