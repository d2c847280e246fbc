import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from audiotok.audio import SAMPLE_RATE, read_audio
from tests.audio.sounds import voice, with_ffmpeg, with_soundfile
from train.corpora import audio_parts as parts
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding import codes as encode
from train.encoding import distortions as distort
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import encode_clips


class FakeCodec:
    """Two layers of codes that follow from the samples; counts what it is given."""

    n_layers, codebook_size = 2, 1024

    def __init__(self, fingerprint="first", patience=np.inf):
        self.fingerprint, self.patience = fingerprint, patience
        self.encoded = 0

    def measure(self, samples):
        return np.abs(samples).max()

    def encode_relative(self, samples, alternatives):
        if self.encoded + 1 > self.patience:
            raise KeyboardInterrupt
        self.encoded += 1
        return [self.encode(samples) + len(references) for references in alternatives]

    def encode(self, samples):
        frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
        loudness = (np.abs(frames).mean(axis=1) * 1000).astype(np.int64)
        return np.stack([loudness, loudness[::-1]])


def write(path, seconds=0.5, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).uniform(-0.9, 0.9, int(seconds * SAMPLE_RATE))
    envelope = np.linspace(0.1, 1, len(noise))
    soundfile.write(path, noise * envelope, SAMPLE_RATE)
    return path


def record(*paths, text="words"):
    name = "+".join(path.stem for path in paths) or "text"
    parts = tuple(map(Part, paths))
    return ClipVariant(Record(name, parts, text, ("anger",), "", "train", "corpus"))


@pytest.fixture
def records(tmp_path):
    lengths = (0.5, 0.9, 0.5, 0.7)
    return [record(write(tmp_path / "in" / f"{i}.wav", s, i)) for i, s in enumerate(lengths)]


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "codes"


def test_every_record_gets_the_codes_of_its_clip_in_its_place(records, cache):
    codec = FakeCodec()
    clips = encode_clips(records, codec, cache)
    assert list(clips.codes) == records
    assert clips.failed == []
    for item in records:
        assert clips.codes[item].dtype == np.int64
        expected = codec.encode(item.audio[0].read())
        np.testing.assert_array_equal(clips.codes[item], expected)


def test_a_real_codec_gives_what_it_gives_one_by_one(records, cache, codec):
    first = encode_clips(records, codec, cache)
    again = encode_clips(records, codec, cache)
    for item in records:
        expected = codec.encode(item.audio[0].read())
        np.testing.assert_array_equal(first.codes[item], expected)
        np.testing.assert_array_equal(again.codes[item], expected)


def test_a_second_run_neither_encodes_nor_decodes(records, cache, monkeypatch):
    before = encode_clips(records, FakeCodec(), cache)
    monkeypatch.setattr(parts, "read_audio", lambda *_: pytest.fail("decoded again"))
    codec = FakeCodec()
    after = encode_clips(records, codec, cache)
    assert codec.encoded == 0
    for item in records:
        np.testing.assert_array_equal(before.codes[item], after.codes[item])


def test_a_moved_or_doubled_clip_is_not_encoded_again(records, cache, tmp_path):
    encode_clips(records, FakeCodec(), cache)
    moved = shutil.move(records[0].audio[0].path, tmp_path / "moved.wav")
    copied = shutil.copy(records[1].audio[0].path, tmp_path / "copied.wav")
    codec = FakeCodec()
    clips = encode_clips([record(moved), record(copied), *records[1:]], codec, cache)
    assert codec.encoded == 0
    assert len(clips.codes) == 5
    twice = FakeCodec()
    encode_clips([record(copied), records[1]], twice, tmp_path / "other cache")
    assert twice.encoded == 1


def test_a_changed_clip_is_encoded_again(records, cache):
    before = encode_clips(records, FakeCodec(), cache).codes[records[0]]
    write(records[0].audio[0].path, 0.6, seed=9)
    codec = FakeCodec()
    after = encode_clips(records, codec, cache).codes[records[0]]
    assert codec.encoded == 1
    assert after.shape[1] > before.shape[1]


def test_codecs_do_not_share_codes(records, cache):
    encode_clips(records, FakeCodec(), cache)
    other = FakeCodec("second")
    encode_clips(records, other, cache)
    assert other.encoded == len(records)
    back = FakeCodec()
    encode_clips(records, back, cache)
    assert back.encoded == 0


def test_the_files_of_a_clip_sound_one_after_the_other(records, cache):
    first, second = records[0].audio[0].path, records[1].audio[0].path
    there, back = record(first, second), record(second, first)
    codec = FakeCodec()
    clips = encode_clips([there, back], codec, cache)
    joined = np.concatenate([read_audio(path).samples for path in (first, second)])
    np.testing.assert_array_equal(clips.codes[there], codec.encode(joined))
    assert not np.array_equal(clips.codes[there], clips.codes[back])


def test_intervals_of_a_recording_are_clips_of_their_own(cache, tmp_path):
    long = np.random.default_rng(0).uniform(-0.5, 0.5, 700 * 8000).astype(np.float32)
    path = tmp_path / "long.wav"
    soundfile.write(path, long, 8000, subtype="FLOAT")  # longer than a clip may be
    bounds = [(300.0, 300.5), (300.5, 301.25), (699.5, 900.0), (700.0, 701.0), (5.0, 4.0)]
    items = [
        ClipVariant(Record(str(start), (Part(path, start, end),), "", ("anger",), "", "test", "c"))
        for start, end in bounds
    ]
    clips = encode_clips(items, FakeCodec(), cache)
    for item, (start, end) in zip(items[:3], bounds, strict=False):
        expected = read_audio((8000, long[int(start * 8000) : int(end * 8000)])).samples
        np.testing.assert_array_equal(clips.codes[item], FakeCodec().encode(expected))
    reasons = dict(clips.failed)
    assert list(reasons) == ["c/700.0", "c/5.0"]
    assert "long.wav: there is no sound at 700 s" in reasons["c/700.0"]
    again = FakeCodec()
    found = encode_clips([items[1], items[0]], again, cache).codes
    assert again.encoded == 0
    np.testing.assert_array_equal(found[items[0]], clips.codes[items[0]])


def test_a_file_keeps_its_place_in_the_index_without_an_interval(records, cache):
    """An index that was written before there were intervals is still known."""
    encode_clips(records[:1], FakeCodec(), cache)
    path = records[0].audio[0].path
    status = path.stat()
    times = status.st_mtime_ns, status.st_ctime_ns
    facts = [[[str(path.resolve()), status.st_size, *times]]]
    signature = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    assert next(cache.glob("*.txt")).read_text().startswith(signature)


def test_a_part_may_be_short_but_not_the_whole(records, cache, tmp_path):
    short = write(tmp_path / "short.wav", 0.05)
    alone, joined = record(short), record(short, records[0].audio[0].path)
    clips = encode_clips([alone, joined], FakeCodec(), cache)
    assert list(clips.codes) == [joined]
    ((name, reason),) = clips.failed
    assert name == "corpus/short"
    assert "0.2 s are needed" in reason


def test_an_unreadable_clip_is_named_and_the_others_go_on(records, cache, tmp_path):
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"this is no sound at all" * 9)
    bad = [record(noise), record(tmp_path / "gone.flac"), record(records[0].audio[0].path, noise)]
    text_only = record()
    for _ in range(2):
        clips = encode_clips([*bad, text_only, *records], FakeCodec(), cache)
        assert list(clips.codes) == records
        assert text_only not in clips.codes
        reasons = dict(clips.failed)
        assert list(reasons) == ["corpus/noise", "corpus/gone", "corpus/0+noise"]
        assert "noise.wav" in reasons["corpus/0+noise"]
        assert "no audio file" in reasons["corpus/gone"]


def test_a_silent_reference_takes_no_clip_with_it(records, cache, tmp_path):
    soundfile.write(tmp_path / "silent.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    clip, silent = records[0], record(tmp_path / "silent.wav")
    beside_silence = replace(clip, references=(silent.record,))
    beside_voice = replace(clip, references=(records[1].record,))
    wanted = [clip, beside_silence, beside_voice, silent]
    for _ in range(2):  # as much when it is cached
        found = encode_clips(wanted, FakeCodec(), cache)
        assert list(found.codes) == [clip, beside_voice]
        assert [name for name, _ in found.failed] == ["corpus/silent"]


def test_a_killed_run_goes_on_where_it_stopped(records, cache):
    with pytest.raises(KeyboardInterrupt):
        encode_clips(records, FakeCodec(patience=3), cache)
    codec = FakeCodec()
    clips = encode_clips(records, codec, cache)
    assert codec.encoded == 1
    assert list(clips.codes) == records


@pytest.mark.parametrize("damage", ["cut", "emptied", "other content", "out of range"])
def test_a_broken_entry_is_encoded_again(records, cache, damage):
    encode_clips(records, FakeCodec(), cache)
    entry = sorted(cache.rglob("*.npy"))[0]
    if damage == "cut":
        entry.write_bytes(entry.read_bytes()[:-8])
    elif damage == "emptied":
        entry.write_bytes(b"")
    else:
        shape = (3, 5) if damage == "other content" else (2, 5)
        np.save(entry, np.full(shape, 5000, dtype=np.int64))
    for expected in (1, 0):
        codec = FakeCodec()
        clips = encode_clips(records, codec, cache)
        assert codec.encoded == expected
        assert max(codes.max() for codes in clips.codes.values()) < 1000


def test_an_index_cut_short_costs_no_encoding(records, cache):
    encode_clips(records, FakeCodec(), cache)
    index = next(cache.glob("*.txt"))
    index.write_text(index.read_text()[:-20])
    for _ in range(2):
        codec = FakeCodec()
        assert list(encode_clips(records, codec, cache).codes) == records
        assert codec.encoded == 0


def test_ways_of_hearing_a_clip_share_its_latents_and_are_kept_apart(records, cache):
    reference = (records[1].record,)
    ways = [records[0], replace(records[0], references=reference)]
    changed = [replace(way, change="noise 5 dB") for way in ways]
    codec = FakeCodec()
    codes = encode_clips([*ways, *changed], codec, cache).codes
    assert codec.encoded == 2  # as recorded, and with noise
    np.testing.assert_array_equal(codes[ways[1]], codes[ways[0]] + 1)
    np.testing.assert_array_equal(codes[changed[1]], codes[changed[0]] + 1)
    assert not np.array_equal(codes[changed[0]], codes[ways[0]])
    again = FakeCodec()
    found = encode_clips([*changed, *ways], again, cache).codes
    assert again.encoded == 0
    for way in [*ways, *changed]:
        np.testing.assert_array_equal(found[way], codes[way])


def test_intervals_are_taken_from_any_format(tmp_path):
    path = tmp_path / "long.m4a"
    path.write_bytes(with_ffmpeg(voice(20.0, 48_000), "ipod", "aac", 48_000))
    whole = Part(path).read()

    part = Part(path, 12.0, 13.5).read()

    assert len(part) == 1.5 * SAMPLE_RATE
    inside = slice(1_600, -1_600)  # the high-pass settles at the ends
    expected = whole[12 * SAMPLE_RATE :][: len(part)]
    np.testing.assert_allclose(part[inside], expected[inside], atol=0.01)


def test_a_joined_recording_has_intervals_in_both_of_its_parts(tmp_path):
    path = tmp_path / "joined.flac"
    path.write_bytes(2 * with_soundfile(voice(4.0), "FLAC"))

    np.testing.assert_array_equal(Part(path, 5.0, 6.0).read(), Part(path, 1.0, 2.0).read())


def test_the_first_channel_alone_is_heard(tmp_path):
    path = tmp_path / "clip.flac"
    left = voice(1.0)
    path.write_bytes(with_soundfile(np.stack([left, 0.5 * left[::-1]], axis=1), "FLAC"))
    alone = tmp_path / "left.flac"
    alone.write_bytes(with_soundfile(left, "FLAC"))

    np.testing.assert_array_equal(Part(path, first_channel=True).read(), Part(alone).read())


def test_a_telephone_recording_is_encoded(cache, tmp_path):
    path = tmp_path / "voicemail.wav"
    path.write_bytes(with_soundfile(voice(1.0, 8_000), "WAV", "GSM610", 8_000))

    clips = encode_clips([record(path)], FakeCodec(), cache)

    assert clips.failed == []
    assert len(clips.codes) == 1


@pytest.mark.parametrize("error", [RuntimeError("odd"), MemoryError(), ValueError("odd")])
def test_a_clip_that_no_one_foresaw_does_not_end_the_run(error, records, cache, monkeypatch):
    real = parts.read_audio

    def read(source, *rest):
        if source == records[1].audio[0].path:
            raise error
        return real(source, *rest)

    monkeypatch.setattr(parts, "read_audio", read)

    clips = encode_clips(records, FakeCodec(), cache)

    assert [name for name, _ in clips.failed] == [f"corpus/{records[1].record.id}"]
    assert list(clips.codes) == [records[0], *records[2:]]


def test_what_another_code_heard_is_not_taken_for_what_this_one_hears(records, cache, monkeypatch):
    """The index leads from files to samples: by another augmentation or decoder it leads astray."""
    changed = [replace(item, change="noise 5 dB") for item in records[:1]]
    before = encode_clips(changed, FakeCodec(), cache).codes[changed[0]]
    monkeypatch.setitem(distort.DISTORTIONS, "noise 5 dB", lambda samples, _: samples / 2)
    digests = {encode.SOUND_CODE: "new", encode.CODING_CODE: "same"}
    original = encode.code_digest
    monkeypatch.setattr(encode, "code_digest", lambda *names: digests.get(names) or original(names))
    after = encode_clips(changed, FakeCodec(), cache).codes[changed[0]]
    assert after.max() < before.max()


def test_codes_of_another_code_are_encoded_again(records, cache, monkeypatch):
    encode_clips(records, FakeCodec(), cache)
    monkeypatch.setattr(encode, "code_digest", lambda *names: str(len(names)))
    codec = FakeCodec()
    encode_clips(records, codec, cache)
    assert codec.encoded == len(records)
    encode_clips(records, codec, cache)
    assert codec.encoded == len(records)
