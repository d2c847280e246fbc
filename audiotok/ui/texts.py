"""What the page says before anyone has asked anything."""

HEADER = """
<header class="at-header"><h1>audiotok</h1>
<p>Say a sentence, and see how your voice changes what a language model makes of it.</p></header>
<p id="at-insecure" class="at-message" hidden>The microphone is off, because this page came over
plain http from another machine and browsers give it only to localhost or https. You can still
upload a clip or pick an example; to record, start the app with <code>--share</code>, put a
certificate in front of it, or use it on Hugging Face Spaces.</p>
<p id="at-denied" class="at-message" role="alert" hidden>The microphone cannot be used: allow it in
the browser's address bar or plug one in, or upload a clip.</p>
"""
EXPERIMENT_LINK = """
<p class="at-experiment"><a href="experiment">Play the experiment</a>, alone or
<a href="board">with a class</a>.</p>
"""
SHOW_INSECURE = """
() => { document.getElementById('at-insecure').hidden = window.isSecureContext; }
"""

NEUTRAL_VOICE = "Your neutral voice (optional)"
NEUTRAL_VOICE_IN_USE = "Your neutral voice: in use"
NEUTRAL_HINT = """
<p class="at-lead">Say any sentence plainly, and verdicts become relative to your own voice. This
clip stays while you record others, until you remove it or leave.</p>
"""

STALE = """
<p id="at-stale" class="at-message" role="status" hidden>Something has changed since this verdict;
press <b>Analyse</b> for a new one.</p>
"""
# Both get the clip, the text, the task and the reference. What has changed back is not stale.
SAY_JUDGED = """
(clip, text, task, reference) => {
  window.judged = JSON.stringify([clip?.path, task, reference?.path]);
  document.getElementById('at-stale').hidden = true;
}
"""
SAY_STALE = """
(clip, text, task, reference) => {
  const shown = document.querySelector('#at-verdict .at-verdict');
  const same = window.judged === JSON.stringify([clip?.path, task, reference?.path]);
  const stale = shown && !(same && shown.dataset.text === text.trim());
  document.getElementById('at-stale').hidden = !stale;
}
"""

WRITING = "Writing down the words …"
LISTENING = "Listening to the voice …"
LOADING = "Loading the model, once …"

EMPTY = """
<div class="at-empty"><p>Press <b>Record</b> and say <q>I will be there in ten minutes.</q></p>
<p>Say it gladly, then sadly: here you see what the words say, and what your voice makes of
them.</p></div>
"""

ATTENTION = """
<p class="at-lead">The model decides from the mean of what all positions of its input have gathered.
Here is what they attend to on average: words, tokens of the voice, and the markers around
them.</p>
"""

MOMENTS = """
<p class="at-lead">Each moment of the clip is left out in turn, and the model is asked again. The
higher its bar, the more the label loses without it: this is what made the difference, not only
where the model looked.</p>
"""

PARTS = """
<p class="at-lead">The probability is a sum that can be taken apart: the words read alone, the voice
read with them, and how often each token of the voice sounds. Here they are laid end to end, in
log-odds, in which they add up exactly.</p>
"""

FLAT = """
<p class="at-lead">What if the same words were said flatly? The tokens of pitch and energy are
replaced by the speaker's median ones, all others stay, and the model is asked again.</p>
"""

FLOW = """
<p class="at-lead">Attention is followed from layer to layer, back from what the verdict reads to
the tokens it began with (<i>attention rollout</i>). This shows where information could pass, not
whether it changed anything.</p>
"""

KNOCKOUT = """
<p class="at-lead">Here attention itself is cut, along one path and in a few layers at a time, and
the model is asked again (<i>attention knock-out</i>). Unlike a picture of attention this is causal:
what changes, changes because of the cut.</p>
"""

MAP = """
<p class="at-lead">The whole attention of a layer and head: each row is a word or sound that
attends, each column one that is attended to. Attention shows where the model looks; what changes
the verdict is on the tabs before.</p>
"""

SWAP = """
<p class="at-lead">What if A had said its words in the voice of B? The tokens of one are read with
the words of the other, so that words and voice are told apart.</p>
"""
TAKE_GONE = "These takes are not kept any more; speak or pick them again."

GONE = "The analysis has been deleted meanwhile; press Analyse again."

FOOTER = """
<footer class="at-footer">
<p>Recordings are used for this analysis and deleted; nothing is sent anywhere.</p>
<p>A label is a guess about how an utterance sounds, not a fact about a person.</p></footer>
"""
