"""What the page says before anyone has asked anything."""

from __future__ import annotations

from audiotok.language import mark
from audiotok.ui.templates import render, render_line

SHOW_INSECURE = """
() => { document.getElementById('at-insecure').hidden = window.isSecureContext; }
"""

NEUTRAL_VOICE = mark("Your neutral voice (optional)")
NEUTRAL_VOICE_IN_USE = mark("Your neutral voice: in use")
NEUTRAL_HINT = mark(
    "Say any sentence plainly, and verdicts become relative to your own voice. This clip stays "
    "while you record others, until you remove it or leave."
)

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

WRITING = mark("Writing down the words …")
LISTENING = mark("Listening to the voice …")
LOADING = mark("Loading the model, once …")

ATTENTION = mark(
    "The model decides from the mean of what all positions of its input have gathered. Here is "
    "what they attend to on average: words, tokens of the voice, and the markers around them."
)

MOMENTS = mark(
    "Each moment of the clip is left out in turn, and the model is asked again. The higher its "
    "bar, the more the label loses without it: this is what made the difference, not only where "
    "the model looked."
)

PARTS = mark(
    "The probability is a sum that can be taken apart: the words read alone, the voice read with "
    "them, and how often each token of the voice sounds. Here they are laid end to end, in "
    "log-odds, in which they add up exactly."
)

FLOW = mark(
    "Attention is followed from layer to layer, back from what the verdict reads to the tokens it "
    "began with (<i>attention rollout</i>). This shows where information could pass, not whether "
    "it changed anything."
)

KNOCKOUT = mark(
    "Here attention itself is cut, along one path and in a few layers at a time, and the model is "
    "asked again (<i>attention knock-out</i>). Unlike a picture of attention this is causal: what "
    "changes, changes because of the cut."
)

FLAT = mark(
    "What if the same words were said flatly? The tokens of pitch and energy are replaced by the "
    "speaker's median ones, all others stay, and the model is asked again."
)

SWAP = mark(
    "What if A had said its words in the voice of B? The tokens of one are read with the words of "
    "the other, so that words and voice are told apart."
)
TAKE_GONE = mark("These takes are not kept any more; speak or pick them again.")

MAP = mark(
    "The whole attention of a layer and head: each row is a word or sound that attends, each "
    "column one that is attended to. Attention shows where the model looks; what changes the "
    "verdict is on the tabs before."
)

PATH = mark(
    "A lasso with a weaker penalty keeps more tokens: one after another they enter its path. The "
    "slider lights up what a smaller selection would have kept of this clip, in all views; beside "
    "it stands how well selections of each size do with speakers that no model met."
)

EMBEDDINGS = mark(
    "To the language model each audio token is a word with an embedding of its own. Here they lie "
    "among the model's words, seen from the side on which they differ most (<i>principal "
    "components</i>); those of this clip are in full colour."
)

GONE = mark("The analysis has been deleted meanwhile; press Analyse again.")


def lead(text: str) -> str:
    """Return a paragraph that says what a view shows."""
    return render_line('<p class="at-lead">{{ say_html(text) }}</p>', text=text)


def header() -> str:
    """Return title, languages, and what is said where there is no microphone."""
    return render("header.html")


def links() -> str:
    """Return the ways to the experiment, the board and the teacher's guide."""
    return render("links.html")


def empty() -> str:
    """Return what stands where the verdict will stand."""
    return render("empty.html")


def stale() -> str:
    """Return what is said when the verdict is no longer of what stands there."""
    return render("stale.html")


def footer() -> str:
    """Return what becomes of recordings, and what a label is."""
    return render("footer.html")
