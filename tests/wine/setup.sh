#!/usr/bin/env bash
# Make a Windows under Wine that can run synthhost: CPython for Windows, our dependencies' Windows wheels, and a virtual
# ASIO driver. Only packages of Debian and PyPI; nothing outside FOLDER is changed.
#
#   tests/wine/setup.sh FOLDER          about a minute the first time, a moment when everything is there
#   FOLDER/wpython -m synthhost ...     this checkout, on Windows Python
#
# Needs: apt-get install --no-install-recommends wine64 gcc-mingw-w64-x86-64-win32 unzip
# PYTHON names a Python of the version that the wheel below is for; its pip is used and its library copied.

set -euo pipefail
shopt -s nullglob
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ $# -eq 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
mkdir -p "$1" && cd "$1" && folder=$PWD

PYTHON=${PYTHON:-python3.11}
CC=$(command -v x86_64-w64-mingw32-gcc-win32 || command -v x86_64-w64-mingw32-gcc) || CC=
version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$version" = 3.11 ] || { echo "setup.sh: needs Python 3.11 (PYTHON=...), this is $version"; exit 3; }
for program in wine64:wine64 unzip:unzip "${CC:-x86_64-w64-mingw32-gcc}:gcc-mingw-w64-x86-64-win32"; do
    [ -x /usr/lib/wine/"${program%%:*}" ] || command -v "${program%%:*}" >/dev/null ||
        { echo "setup.sh: ${program%%:*} is missing: apt-get install --no-install-recommends ${program##*:}"; exit 3; }
done

step() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

# Say whether a step's inputs changed since it was done: `due NAME INPUT...`, and after it `done_with NAME`.
due() {
    local name=$1
    shift
    due_sum=$(cat "$@" | sha256sum)
    [ "$(cat ".done-$name" 2>/dev/null)" != "$due_sum" ]
}
done_with() { echo "$due_sum" >".done-$1"; }

# Run a command that has much to say; show it only when it fails.
quietly() { "$@" >step.log 2>&1 || { echo "setup.sh: failed: $*"; tail -20 step.log; exit 3; }; }

# Windows wheels of pyproject.toml. pip reads conditions of dependencies as for the machine it runs on, so colorama, which
# click wants on Windows, is named here; pip is for bootstrap.py.
pip_for_windows() {
    "$PYTHON" -m pip "$@" --quiet --disable-pip-version-check --platform win_amd64 --python-version "$version" \
        --implementation cp --only-binary=:all:
}
"$PYTHON" - "$root/pyproject.toml" >wanted.txt.new <<'PY'
import sys, tomllib
project = tomllib.load(open(sys.argv[1], "rb"))["project"]
print(*project["dependencies"], *project["optional-dependencies"]["rtmidi"], "colorama", "pip", sep="\n")
PY
mv wanted.txt.new wanted.txt

# ---- how to start it ----------------------------------------------------------------------------

cat >environment.sh <<END
export WINEPREFIX=$folder/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe="
export PATH=/usr/lib/wine:\$PATH
export PYTHONPATH="\${WINE_PYTHONPATH-Z:$root}" PYTHONDONTWRITEBYTECODE= PYTHONUTF8=1
END
cat >wpython <<END
#!/usr/bin/env bash
# Windows Python. Without a console Wine gives it good handles only for a file as stdin and pipes as stdout and stderr. Services
# that the first program starts keep its stderr open as long as another program runs: nobody waits for them.
. '$folder/environment.sh'
exec 3> >(exec cat >&2)
reader=\$!
wine64 '$folder/python/python.exe' "\$@" </dev/null 2>&3 3>&- | cat 3>&-
status=\${PIPESTATUS[0]}
exec 3>&-
sleep 0.2
kill "\$reader" 2>/dev/null
exit "\$status"
END
chmod +x wpython
. ./environment.sh

# ---- Wine's folder, made while pip works --------------------------------------------------------

prefix() {
    [ -f .done-prefix ] && return
    rm -rf prefix
    wine64 wineboot -i && wine64 winecfg -v win10
    wine64 reg add 'HKCU\Software\Wine\Drivers' /v Audio /d '' /f # this machine's sound cards are not the test's
    wineserver -w
    rm -f .done-driver
    touch .done-prefix
} >prefix.log 2>&1
step "Wine's folder"
prefix &
prefix_job=$!

# ---- CPython for Windows ------------------------------------------------------------------------
# The interpreter's DLLs and extension modules (PSF licence) come as the panda3d wheel redistributes them, the library's
# Python files from this machine's Python, python.exe from
# pylauncher.c; bcryptprimitives.c stands in for a DLL that Wine lacks; python3.dll, for extensions of any
# Python's version, only forwards.

interpreter=panda3d==1.10.16
if due python "$here"/{pylauncher,bcryptprimitives}.c <(echo "$interpreter" "$("$PYTHON" -V)"); then
    step "CPython"
    rm -rf python wheel && mkdir -p python/DLLs python/Lib/site-packages
    quietly pip_for_windows download --no-deps -d wheel "$interpreter"
    unzip -qoj wheel/panda3d-*.whl 'deploy_libs/*' -d wheel
    rm -f wheel/api-ms-win-*
    mv wheel/*.pyd python/DLLs/ && mv wheel/*.dll python/ && rm -rf wheel
    library=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
    tar -C "$library" --exclude=__pycache__ --exclude=site-packages --exclude=dist-packages --exclude=lib-dynload \
        --exclude='config-*' --exclude=./test --exclude=idle_test --exclude=./idlelib --exclude=./tkinter \
        --exclude=./turtledemo --exclude=./lib2to3 -cf - . | tar -C python/Lib -xf -
    "$CC" -O2 -Wall -municode -static -o python/python.exe "$here/pylauncher.c"
    mkdir -p python/Lib/venv/scripts/nt && cp python/python.exe python/Lib/venv/scripts/nt/ # what venv puts into Scripts
    "$CC" -O2 -Wall -shared -static -o python/bcryptprimitives.dll "$here/bcryptprimitives.c" -ladvapi32
    {
        echo "EXPORTS"
        x86_64-w64-mingw32-objdump -p python/python311.dll | sed -nE 's/^\s*\[ *[0-9]+\].* (_?Py\w+)$/\1 = python311.\1/p'
    } >python3.def
    "$CC" -shared -nostdlib -Wl,--entry=0 -o python/python3.dll -x c /dev/null -x none python3.def
    rm -f .done-wheels
    done_with python
fi

if due wheels wanted.txt; then
    step "wheels"
    rm -rf python/Lib/site-packages
    quietly pip_for_windows install --no-compile --target python/Lib/site-packages -r wanted.txt
    done_with wheels
fi

# ---- the virtual ASIO driver --------------------------------------------------------------------

step "Wine's folder is ready"
wait "$prefix_job" || { echo "setup.sh: Wine cannot make its folder:"; tail -5 prefix.log; exit 3; }
if due driver "$here/nullasio.c" "$here/nullasio.def" .done-prefix; then
    step "driver"
    mkdir -p prefix/drive_c/nullasio
    "$CC" -O2 -Wall -shared -static -o prefix/drive_c/nullasio/nullasio64.dll "$here/nullasio.c" "$here/nullasio.def" \
        -lole32 -luuid -lwinmm -ladvapi32
    wine64 regsvr32 /s 'C:\nullasio\nullasio64.dll' >>prefix.log 2>&1
    done_with driver
fi
step "ready"
