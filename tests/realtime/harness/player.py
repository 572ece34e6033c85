"""A process that plays, and reports what is in it: modules, and the machine code in its memory. Prints JSON."""

import ctypes
import hashlib
import json
import sys

from synthhost.realtime.image import load_image
from tests.realtime.harness.song import engine_with_song


def main():
    image = load_image()
    engine = engine_with_song(image, seconds=2)
    sound = engine.render(2 * 48_000, 64)
    addresses = {name: image.address(name) for name in image.manifest["entries"]}
    code, spans = {}, json.loads(sys.stdin.read())
    for name, (before, size) in spans.items():
        code[name] = ctypes.string_at(addresses[name] - before, size).hex()
    packages = sorted({name.split(".")[0] for name in sys.modules})
    report = {"packages": packages, "modules": sorted(sys.modules), "addresses": addresses, "code": code}
    report |= {"manifest": image.manifest["sha256"], "loaded": hashlib.sha256(image.code).hexdigest()}
    report["peak"] = float(abs(sound).max())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
