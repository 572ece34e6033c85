"""synthhost on Windows Python: PortAudio's real ASIO code against a virtual driver, under Wine.

Each test starts `inside.py` or synthhost itself in Wine and reads what it prints. Nothing measured here is a measurement
of Windows: the scheduler is this machine's.
"""

import concurrent.futures
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from synthhost.demo.score import write_midi

pytestmark = [pytest.mark.slow, pytest.mark.wine]
HERE = pathlib.Path(__file__).parent
PROJECT = HERE.parent.parent
PACKAGES = {"wine64": "wine64", "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32", "unzip": "unzip"}
SETTINGS = ("NULLASIO_", "EXPECT_REOPENED", "SYNTHHOST_NO_ASIO", "WINE_PYTHONPATH")


def missing_packages():
    """Debian packages that are needed and not there."""
    path = os.pathsep.join(["/usr/lib/wine", os.environ["PATH"]])
    return [name for program, name in PACKAGES.items() if not shutil.which(program, path=path)]


def python_with_pip():
    """A Python of the version that there is for Windows, with a pip: ours, the one that ours was made from, or another."""
    for python in (sys.executable, getattr(sys, "_base_executable", ""), "python3.11", "/usr/bin/python3.11"):
        code = "import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))"
        if shutil.which(python) and subprocess.run([python, "-c", code], capture_output=True).returncode == 0:
            return python
    return None


class Windows:
    """Windows Python in a folder that setup.sh made."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *command, limit_s=180, status=0, cwd=None, **settings):
        """Run Python with a command line and settings of the virtual driver. Returns what it wrote."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)} | settings
        process = subprocess.run(
            [self.folder / "wpython", *command],
            capture_output=True,
            text=True,
            timeout=limit_s,
            env=environment,
            cwd=cwd,
        )
        assert status in (None, process.returncode), process.stdout + process.stderr
        return process.stdout

    def wine(self, *command):
        """Run a program of Wine's own."""
        line = '. "$0" && exec wine64 "$@"'
        subprocess.run(
            ["bash", "-c", line, self.folder / "environment.sh", *command], check=True, capture_output=True
        )

    def synthhost(self, *words, **more):
        """Run a command of synthhost."""
        return self.run("-m", "synthhost", *words, **more)

    def checks(self, *jobs):
        """Run checks of inside.py, one after the other in one process; what each found."""
        jobs = [(name, arguments, settings) for name, *arguments, settings in jobs]
        output = self.run(self.path(HERE / "inside.py"), json.dumps(jobs))
        return [json.loads(line) for line in output.splitlines()[-len(jobs) :]]

    @staticmethod
    def path(path):
        """A file's name on Windows' drive Z:, which is this machine's root."""
        return "Z:" + str(path).replace("/", "\\")


@pytest.fixture(scope="session")
def windows():
    """Windows Python with synthhost's image built; set up in the user's cache, or in the folder SYNTHHOST_WINE."""
    if missing_packages():
        pytest.skip(f"not installed: apt install --no-install-recommends {' '.join(missing_packages())}")
    python = python_with_pip()
    if python is None:
        pytest.skip("no Python 3.11 with a pip is installed: apt install python3.11 python3-pip")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = pathlib.Path(os.environ.get("SYNTHHOST_WINE") or cache / "synthhost" / "wine")
    environment = {**os.environ, "PYTHON": python}
    setup = subprocess.run(
        [HERE / "setup.sh", folder], env=environment, capture_output=True, text=True, timeout=600
    )
    assert setup.returncode == 0, setup.stdout + setup.stderr
    print(setup.stdout)
    return Windows(folder)


@pytest.fixture(scope="session")
def demo(windows, tmp_path_factory):
    """The README's one command, in a copy of the project, with an environment of its own. It takes a minute, so it runs
    beside the tests that measure no time: a future of what it said and of its folder."""
    copy = tmp_path_factory.mktemp("demo") / "project"
    made = (".*", "__pycache__", "tests")
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(*made))
    command = (windows.path(copy / "bootstrap.py"), "demo", "--silent", "--seconds", "6")
    run = functools.partial(windows.run, *command, limit_s=400, cwd=copy, WINE_PYTHONPATH="")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        yield pool.submit(run), copy
    shutil.rmtree(copy)


# ---- the machine code ---------------------------------------------------------------------------


def test_the_image_is_built_and_leaves_nothing_undefined(windows):
    facts = json.loads(windows.synthhost("image", "check", "--json"))
    assert facts["ok"] and set(facts["undefined_symbols"]) <= {"memset", "memcpy"}


@pytest.mark.usefixtures("demo")  # begins now
def test_the_demos_song_sounds_as_on_linux(windows, tmp_path):
    """To -120 dB; the bits differ where the processor's features do."""
    import soundfile

    song, here, there = (tmp_path / name for name in ("song.mid", "here.wav", "there.wav"))
    write_midi(song)
    options = ("--bits", "float")
    subprocess.run([sys.executable, "-m", "synthhost", "render", song, "-o", here, *options], check=True)
    windows.synthhost("render", windows.path(song), "-o", windows.path(there), *options)
    (linux, rate), (other, other_rate) = soundfile.read(here), soundfile.read(there)
    assert rate == other_rate and linux.shape == other.shape and abs(linux).max() > 0.05
    assert abs(linux - other).max() < 1e-6 * abs(linux).max()


# ---- the commands -------------------------------------------------------------------------------


def test_devices_lists_the_asio_driver(windows):
    facts = json.loads(windows.synthhost("devices", "--json"))
    assert [(d["api"], d["name"]) for d in facts["outputs"]["devices"]] == [("ASIO", "Null ASIO")]


def test_asio_can_be_left_aside(windows):
    facts = json.loads(windows.synthhost("devices", "--json", "--no-asio"))
    assert facts["outputs"]["devices"] == []


@pytest.mark.parametrize("way", [("virtual",), ("portaudio", "--device", "ASIO", "--buffer", "128")])
def test_play_plays(windows, way):
    lines = windows.synthhost("play", "--audio", *way, "--seconds", "2", "--json-status").splitlines()
    end = json.loads(lines[-1])
    frames = end["buffer_frames"]
    assert end["event"] == "end" and end["callback_sizes"] == [frames]
    assert end["blocks"] * frames > 1.5 * end["rate_hz"]
    assert end["broken"] == 0 and end["events_dropped"] == 0


# ---- buffers and sample formats -----------------------------------------------------------------


def driver(least, largest, preferred, granularity):
    """Settings of the virtual driver's buffer."""
    names = ("NULLASIO_MIN", "NULLASIO_MAX", "NULLASIO_PREF", "NULLASIO_GRAN")
    return dict(zip(names, map(str, (least, largest, preferred, granularity)), strict=True))


def test_the_wanted_buffer_is_the_drivers(windows):
    """In powers of two, in steps of 16; a driver with one buffer gives that one, and timing counts with it."""
    powers, steps = driver(64, 2048, 512, -1), driver(48, 1024, 144, 16)
    cases = [(frames, frames, kind) for kind in (powers, steps) for frames in (64, 128, 256)]
    cases += [
        (asked, only, driver(only, only, only, 0))
        for asked, only in ((192, 64), (64, 128), (128, 256), (64, 192))
    ]
    found = windows.checks(*[("buffer", asked, settings) for asked, _, settings in cases])
    for (asked, expected, settings), facts in zip(cases, found, strict=True):
        assert facts["host"] == facts["told"] == facts["steady_frames"] == expected, (asked, settings, facts)
        assert facts["callback"] == [expected] and facts["alive"], (asked, settings, facts)


def test_every_sample_format_is_right_and_never_wraps(windows):
    kinds = ("int16", "int24", "int32", "float32", "float64")
    levels = ((0.25, 0.25), (-0.25, -0.25), (4.0, 1.0), (-4.0, -1.0))
    cases = [(kind, level, expected) for kind in kinds for level, expected in levels]
    found = windows.checks(*[("played", level, {"NULLASIO_TYPE": kind}) for kind, level, _ in cases])
    for (kind, level, expected), heard in zip(cases, found, strict=True):
        for value in heard.values():
            if (
                kind.startswith("float") and abs(level) > 1
            ):  # may be more than full scale, never of the other sign
                assert 1.0 <= value / expected <= 4.0001, (kind, level, heard)
            else:
                assert value == pytest.approx(expected, abs=1e-4), (kind, level, heard)


# ---- drivers that fail --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("init", "installed ASIO drivers that find no card: Null ASIO"),
        ("hang", "the ASIO driver Null ASIO does not answer"),
    ],
)
def test_a_driver_that_cannot_begin_is_named(windows, failure, words):
    (found,) = windows.checks(("refused", {"NULLASIO_FAIL": failure}))
    assert words in found["said"]
    assert found["seconds"] < 15


def test_what_a_driver_refuses_is_said_in_a_sentence(windows):
    buffers, start, rate, twice = windows.checks(
        ("refused", {"NULLASIO_FAIL": "buffers"}),
        ("refused", {"NULLASIO_FAIL": "start"}),
        ("refused", 32_000, {}),
        ("opened_twice", {}),
    )
    assert "its driver refuses this buffer" in buffers["said"]
    assert "its driver reports a fault of the card" in start["said"]
    assert "it does not take 32000 Hz; it offers --rate 44100, --rate 48000" in rate["said"]
    assert "it is in use by another program" in twice["said"]
    assert twice["goes_on"]


# ---- the whole --------------------------------------------------------------------------------


def test_bootstrap_demo_sets_itself_up_and_plays(demo):
    future, copy = demo
    said = future.result()
    assert "bit for bit" in said and "the sound went on" in said
    assert json.loads((copy / "demo" / "report.json").read_text())


# ---- drivers that change under way --------------------------------------------------------------


def test_a_card_in_trouble_is_opened_again(windows):
    """A reset that the driver wishes, another sample rate, a stall: a new note sounds within two seconds."""
    cases = [
        ({"NULLASIO_RESET_AT": "200"}, "has asked for no sound", 1),
        ({"NULLASIO_RATECHG_AT": "200"}, "but was opened with 44100 Hz", 2),
        ({"NULLASIO_STALL_AT": "200", "NULLASIO_STALL_MS": "300"}, "has asked for no sound", 1),
        ({"NULLASIO_STALL_AT": "200", "NULLASIO_STALL_MS": "1200"}, "has asked for no sound", 1),
    ]
    found = windows.checks(*[("trouble", {"EXPECT_REOPENED": "1", **settings}) for settings, *_ in cases])
    for (settings, words, voices), facts in zip(cases, found, strict=True):
        assert words in facts["told"][0] and "is back" in facts["told"][1], facts
        assert facts["reopened"] == 1 and facts["rate_hz"] == 44_100, facts
        assert facts["heard"] > 0.01, facts
        assert facts["voices"] == voices, facts  # what was held before a gap of more than 0.2 s is released
        assert facts["second_note_s"] - 200 * 128 / 44_100 < 2.0, (settings, facts)


def test_a_short_stall_is_counted_and_held_notes_go_on(windows):
    (found,) = windows.checks(("trouble", {"NULLASIO_STALL_AT": "200", "NULLASIO_STALL_MS": "150"}))
    assert found["reopened"] == 0 and found["lost_blocks"] >= 30
    assert found["heard"] > 0.01 and found["voices"] == 2


# ---- every host API -----------------------------------------------------------------------------

ALSA = """
pcm.!default { type null }
ctl.!default { type null }
"""


@pytest.fixture
def mixers(windows, tmp_path):
    """The environment in which Wine's MME, DirectSound and WASAPI have a device: one that swallows sound, at its own pace."""
    config = tmp_path / "alsa.conf"
    config.write_text(ALSA)
    windows.wine("reg", "add", r"HKCU\Software\Wine\Drivers", "/v", "Audio", "/d", "alsa", "/f")
    yield {"ALSA_CONFIG_PATH": str(config)}
    windows.wine("reg", "add", r"HKCU\Software\Wine\Drivers", "/v", "Audio", "/d", "", "/f")


def test_every_host_api_plays_and_is_compared(windows, mixers, tmp_path):
    """That they play, not how well: the device behind Wine's mixer keeps no time, and is given to nobody alone."""
    listed = json.loads(windows.synthhost("devices", "--json", **mixers))["outputs"]["devices"]
    devices = {device["api"].removeprefix("Windows "): device for device in listed}
    assert set(devices) == {"ASIO", "MME", "DirectSound", "WASAPI", "WASAPI exclusive"}
    findings = json.loads(windows.synthhost("doctor", "--json", **mixers))
    assert not [finding for finding in findings if finding["state"] == "bad"]
    assert any(finding["what"] == "ASIO drivers: Null ASIO" for finding in findings)
    names = [f"{devices[api]['api']}: {devices[api]['name']}" for api in ("MME", "DirectSound", "WASAPI")]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: plays(windows, mixers, name), names))
    picture, data = tmp_path / "compare.png", tmp_path / "compare.json"
    files = ("--png", windows.path(picture), "--json", windows.path(data))
    words = ("--compare", "--loopback", "--keys", "10")
    said = windows.synthhost("latency", *words, *files, limit_s=400, COLUMNS="150", **mixers)
    assert "this is no measurement of Windows" in said and "Computed, not measured" in said
    comparison = json.loads(data.read_text())
    rows = {row["way"]: row for row in comparison["rows"]}
    assert set(rows) == {*devices, "ASIO: Null ASIO", "virtual"} - {"ASIO"}
    assert "it cannot be had alone" in rows.pop("WASAPI exclusive")["trouble"]
    assert not [row for row in rows.values() if row["trouble"]], rows
    assert all(row["voices"] > 0 for row in rows.values())
    assert [row["way"] for row in rows.values() if row["acoustic_s"]] == ["ASIO: Null ASIO"]
    assert rows["MME"]["reported_s"] > 0.05 > rows["ASIO: Null ASIO"]["reported_s"]
    assert comparison["machine"]["wine"] and picture.read_bytes().startswith(b"\x89PNG")


def plays(windows, mixers, name):
    """The claim: a device is opened, asks for sound and is closed without a complaint."""
    options = ("--device", name, "--buffer", "128", "--seconds", "1", "--json-status")
    lines = windows.synthhost("play", "--audio", "portaudio", *options, **mixers).splitlines()
    end = json.loads(lines[-1])
    assert end["event"] == "end" and end["device"] == name and end["blocks"] > 20 and not end["broken"], end


# ---- from key to sound --------------------------------------------------------------------------


def best_of(measure, claim, attempts=3):
    """The floors are the product's; a shared machine can miss them by itself, but not always."""
    for attempt in range(attempts):
        found = measure()
        try:
            return claim(*found)
        except AssertionError:
            if attempt == attempts - 1:
                raise


def test_a_compiled_callback_keeps_its_time_beside_a_busy_python_thread(windows):
    """And a Python callback does not."""

    def claim(compiled, python):
        print("\nblocks of 128 frames that were late beside a busy Python thread")
        for name, found in (("compiled callback", compiled), ("Python callback", python)):
            share = found["late"] / found["blocks"]
            print(f"  {name}: {found['late']} of {found['blocks']} ({share:.1%}); {found}")
        assert compiled["late"] <= 0.01 * compiled["blocks"]
        assert python["late"] > 0.05 * python["blocks"]

    best_of(lambda: windows.checks(("callback", "compiled", {}), ("callback", "python", {})), claim)


def test_key_to_sound_takes_two_buffers_always(windows):
    """At 128 frames with steady timing, beside a busy Python thread too; and `synthhost latency` finds the same."""

    def claim(idle, busy, measured):
        print(f"\nkey to sound by the driver's log, idle: {idle}\n  beside a busy Python thread: {busy}")
        print(f"  the same by synthhost latency: {measured}")
        for found in (idle, busy):
            assert found["heard"] == found["keys"]
        assert idle["median_ms"] <= 2 * idle["buffer_ms"] + 1.0
        assert idle["p99_ms"] - idle["min_ms"] <= 1.5
        for name in ("median_ms", "p99_ms"):
            assert busy[name] <= idle[name] + 1.0
        assert measured["median_ms"] == pytest.approx(busy["median_ms"], abs=0.3)
        assert not measured["hardware"] and not measured["missed"]

    jobs = (("key_to_sound", 0, {}), ("key_to_sound", 1, {}), ("measured", 1, {}))
    best_of(lambda: windows.checks(*jobs), claim)


def test_a_cable_from_output_to_input_tells_the_same(windows):
    """Heard in the card's own input, through one stream of both directions."""
    words = ("--loopback", "--device", "ASIO", "--keys", "30", "--json")
    heard = json.loads(
        windows.synthhost("latency", *words, status=None)
    )  # one key over 10 ms is no matter here
    assert heard["counts"] == {"keys": 30, "heard": 30}
    assert heard["key_to_sound_s"]["median"] == pytest.approx(2 * 128 / 44_100, abs=0.0003)
    assert heard["round_trip_s"] == pytest.approx(heard["reported_s"], abs=0.0001)
