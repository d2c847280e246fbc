"""Every sentence that the experiment and the class board show, by name.

Texts map names to text; ``{braces}`` take values. In other languages they are what the catalogue of
``audiotok.language`` makes of the English ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from audiotok.language import translation
from audiotok.spanish import looks_spanish

Texts = Mapping[str, str]

ENGLISH: Texts = MappingProxyType(
    {
        "language": "en",
        # The page of the experiment
        "title": "The experiment",
        "lead": "One neutral sentence, several moods: who can tell them, the words or the voice?",
        "home": "All of audiotok",
        "to_board": "Teachers: a board for your class",
        "preparing": "Preparing the model, once …",
        "choose": "Choose a sentence",
        "choose_why": "Its words alone say nothing of a mood; that is the point.",
        "words_little": "The words-only model learned from English and reads little Spanish, so "
        "its verdict is marked. For a neutral sentence that is no loss: its words should not tell.",
        "own": "Or one of your own",
        "own_placeholder": "Something that fits any mood",
        "warn_words": "These words alone already read {mood} to the model. The experiment shows "
        "more with a sentence that fits any mood.",
        "use_anyway": "Use it anyway",
        "change_sentence": "Change the sentence",
        "rounds": "Rounds",
        "neutral_first": "First record my neutral voice (optional): the model then hears what "
        "differs from it.",
        "start": "Start",
        "in_class": "Your rounds join the board of class {code}: what was meant, guessed and "
        "heard. No sound, no name.",
        "leave_class": "Leave the class",
        "privacy": "Recordings are used for this analysis and never kept. A label is a guess about "
        "how an utterance sounds, not a fact about a person.",
        # A round
        "round_of": "Round {number} of {count}",
        "round_neutral": "Your neutral voice",
        "say_neutral": "Say it plainly, as if you read it out:",
        "mood_hidden": "Your mood. Only you look!",
        "tap_to_see": "Tap to see it",
        "tap_to_cover": "Tap to cover it",
        "say_it": "Now say it in that mood:",
        "record": "Record",
        "stop": "Stop ({seconds} s left)",
        "heard_wait": "The model is listening …",
        "waiting_turn": "Many are speaking at once; yours is kept and its turn comes.",
        "guess_ask": "Hand it over: which mood was that?",
        "guess_none": "Nobody guesses",
        "again": "Say it again",
        "meant": "Meant",
        "guessed": "Guessed",
        "not_guessed": "nobody guessed",
        "by_words": "Heard by words alone",
        "by_voice": "Heard with the voice",
        "unsure": "nothing in particular; if it must choose",
        "next": "Next round",
        "see_end": "See what came out",
        "stop_early": "End here",
        # The end
        "guide": "Teacher's guide",
        "end_title": "What came out",
        "another": "Another sentence",
        "on_board": "All your rounds are on the board.",
        "to_send": "{count} of your rounds wait for the board; they are sent as soon as it "
        "answers.",
        "take_along": "Take it along",
        # Figures and tables
        "chance": "chance",
        "words": "words alone",
        "voice": "with the voice",
        "people": "people",
        "you": "you",
        "rows_meant": "rows: what was meant · columns: what was heard",
        "accuracy": "How often right",
        "all_moods": "all moods",
        "by_mood": "By mood",
        "by_sentence": "By sentence",
        "n_rounds": "{count} rounds",
        "n_round": "1 round",
        "no_rounds": "No round yet.",
        "interval_note": "Brackets and whiskers: where the true share lies by 95 % confidence "
        "(Wilson), as if rounds did not depend on each other.",
        "closing": "Chance is 1 in {moods}; {shares}.",
        "closing_open": "Chance is 1 in {moods}; {shares}. "
        "What the voice adds could still be chance.",
        "share": "{judge} {share}",
        "share_interval": "{judge} {share} [{low}–{high}]",
        "percent": "{number} %",
        # The class board
        "board_title": "Class board",
        "board_lead": "Everyone speaks, and all finished rounds come together here. No sound, no "
        "names.",
        "new_class": "New class",
        "join_ask": "The code of your class",
        "join": "Join",
        "join_title": "Join a class",
        "board_join": "Students open this address or scan it:",
        "board_code": "Class code",
        "board_local": "Only this machine can open this address. Start the app with --https (or "
        "--share) so that phones in the room can.",
        "board_plain": "Phones get no microphone over plain http. Start the app with --https (or "
        "--share).",
        "board_wait": "The first round appears here by itself.",
        "all_sentences": "All sentences",
        "end_class": "End class",
        "end_sure": "End this class and delete its rounds? Take them along first.",
        "ended": "This class has ended, and its rounds are deleted.",
        "board_expires": "The board forgets the class {hours} hours after it began.",
        "full_screen": "Whole screen",
        # What goes wrong
        "error_offline": "The server does not answer. Your rounds are kept here; it is asked again "
        "every few seconds.",
        "error_unexpected": "Something went wrong on our side; please try again.",
        "error_busy": "Very many are speaking at once; your recording is kept and sent again.",
        "error_denied": "The browser gave no microphone. Allow it for this page and press Record "
        "again.",
        "error_no_microphone": "There is no microphone here. Plug one in and press Record again.",
        "error_unplugged": "The microphone went away in the middle. Plug it in and say it again; "
        "your round is kept.",
        "error_insecure": "Browsers give the microphone only to localhost or https. Start the app "
        "with --https, or use --share.",
        "error_short": "That was too short to hear anything; say the whole sentence.",
        "error_resumed": "Welcome back; you are where you left.",
        "error_clip_large": "This recording is too large; say just the sentence.",
        "error_request": "This request is not one that the page makes; reload it and try again.",
        "error_sentence": "A sentence has 1 to {most} characters that can be seen; change it.",
        "error_rounds": "These are not rounds of this experiment; reload the page and start anew.",
        "error_code": "There is no class with the code {code}; look at it again, or it has ended.",
        "error_class_gone": "This class has ended or is not known any more. Your rounds stay here; "
        "take them along.",
        "error_guesses": "Too many wrong codes come from where you are; yours is tried again by "
        "itself in a few seconds.",
        "error_posts": "Too many rounds arrive at once; yours is kept and sent again.",
        "error_class_full": "The board of this class is full; your rounds stay here.",
        "error_classes_full": "This server holds as many classes as it can; try again later.",
        "error_new_classes": "Many classes were opened from here just now; wait a minute.",
        # Moods, as one says them
        "happiness": "happy",
        "sadness": "sad",
        "anger": "angry",
        "fear": "fearful",
        "disgust": "disgusted",
        "surprise": "surprised",
        "neutral": "neutral",
        "negative": "negative",
        "positive": "positive",
    }
)

# What is offered, where the words alone amount to nothing to the model at hand.
SENTENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "I will be there in ten minutes.",
            "The meeting has been moved to Tuesday.",
            "There is somebody at the door.",
            "Dinner is at seven.",
            "The bag is on the table.",
            "They are coming back tomorrow.",
            "It is eleven o'clock.",
            "You can take the second door on the left.",
        ),
        "es": (
            "Nos vemos dentro de diez minutos.",
            "La reunión se ha pasado al martes.",
            "Hay alguien en la puerta.",
            "La cena es a las siete.",
            "La bolsa está encima de la mesa.",
            "Vuelven mañana por la tarde.",
            "Son las once de la mañana.",
            "Es la segunda puerta a la izquierda.",
            "El autobús sale de la plaza.",
            "Las llaves están en el cajón.",
        ),
    }
)
MOODS = ("happiness", "sadness", "anger", "fear", "disgust", "surprise", "negative", "positive")


@cache
def texts_for(code: str) -> Texts:
    """Return all texts in a language, such as ``es``."""
    if code == ENGLISH["language"]:
        return ENGLISH
    # A mood is what somebody has here, and its name a noun: *enfado*, whoever it is that speaks.
    told = {name: name if name in MOODS else text for name, text in ENGLISH.items()}
    spoken = {name: translation(text, code) for name, text in told.items()}
    return MappingProxyType(spoken | {"language": code})


def with_little_read(texts: Texts, sentences: Iterable[str]) -> Texts:
    """Return texts in which words alone are marked, where one of the sentences is in Spanish."""
    if not any(map(looks_spanish, sentences)):
        return texts
    marked = {"words": f"{texts['words']} *", "by_words": f"{texts['by_words']} *"}
    note = f"{texts['interval_note']} * {texts['words_little']}"
    return MappingProxyType({**texts, **marked, "interval_note": note})


def sentences_for(texts: Texts) -> tuple[str, ...]:
    """Return the neutral sentences of a catalogue's language."""
    return SENTENCES[texts["language"]]


def mood_name(mood: str, texts: Texts = ENGLISH) -> str:
    """Return a mood as one says it, or the label where the catalogue has none."""
    return texts.get(mood, mood)


def percent(share: float, texts: Texts = ENGLISH) -> str:
    """Return a share as a whole percentage."""
    return texts["percent"].format(number=round(100 * share))
